"""What the environment says: secrets, addresses, switches, the way to the mail server."""

from __future__ import annotations

import os
import smtplib
import ssl
from collections.abc import Iterator
from email.utils import parseaddr
from urllib.parse import urlsplit

from flask import Flask

from .findings import Finding, doubtful, good, wrong

LEAST_SECRET, LEAST_LETTERS = 32, 12
HERE = ("localhost", "127.0.0.1", "::1")
A_NEW_ONE = 'python3 -c "import secrets; print(secrets.token_urlsafe(48))"'


def check(app: Flask) -> Iterator[Finding]:
    yield from _mode(app)
    yield from _secrets(app)
    yield from _address(app)
    yield from _mail(app)


def _mode(app: Flask) -> Iterator[Finding]:
    if os.environ.get("MUSUBI_ENV") != "production":
        yield wrong("本番の設定になっていません。", "MUSUBI_ENV=production を設定してください。")
    if app.debug:
        yield wrong(
            "デバッグが有効です。エラーの内容が外から見えます。",
            "FLASK_DEBUG を外し、--debug を付けずに起動してください。",
        )
    if app.config["DEMO"]:
        yield wrong("デモとして動いています。パスワードが公開されています。", "flask demo ではなく、本番の手順で起動してください。")  # fmt: skip


def _secrets(app: Flask) -> Iterator[Finding]:
    values = [app.config["SECRET_KEY"], app.config["SECURITY_PASSWORD_SALT"]]
    for name, value in zip(("SECRET_KEY", "SECURITY_PASSWORD_SALT"), values, strict=True):
        if len(value) < LEAST_SECRET or len(set(value)) < LEAST_LETTERS:
            todo = f"新しく作って設定してください：{A_NEW_ONE}"
            if name != "SECRET_KEY":
                todo += "　すでに使い始めているときは、全員がパスワードを決め直すことになります。"
            yield wrong(f"{name} が短いか、単純すぎます。", todo)
        else:
            yield good(f"{name} は十分に長く設定されています。")
    if values[0] == values[1]:
        yield wrong("SECRET_KEY と SECURITY_PASSWORD_SALT が同じです。", f"別の値にしてください：{A_NEW_ONE}")


def _address(app: Flask) -> Iterator[Finding]:
    url = app.config["PUBLIC_URL"]
    is_https, host = url.startswith("https:"), urlsplit(url).hostname or ""
    if host in HERE or not host:
        yield wrong(f"PUBLIC_URL（{url}）は、外から開けるアドレスではありません。", "メールのリンクになる、外から見たアドレスを設定してください。")  # fmt: skip
    elif not is_https:
        yield wrong(f"PUBLIC_URL（{url}）が https ではありません。", "https のアドレスにして、プロキシで TLS を終端してください。")  # fmt: skip
    else:
        yield good(f"PUBLIC_URL は {url} です。")
    hops = app.config["TRUSTED_PROXIES"]
    if is_https and not hops:
        yield doubtful(
            "TRUSTED_PROXIES が 0 です。プロキシの後ろでは、すべての人が同じところから来たように見え、"
            "ログインの回数の制限を共有してしまいます。",
            "前にあるプロキシの数（ふつうは 1）を設定してください。",
        )
    elif hops:
        yield good(f"前にあるプロキシは {hops} 台として扱います。")
    if not app.config["DESK_TELEPHONE"]:
        yield doubtful(
            "窓口の電話番号が設定されていません。案内やエラーの画面に電話番号が出ません。",
            "DESK_TELEPHONE を設定してください。",
        )


def _mail(app: Flask) -> Iterator[Finding]:
    config = app.config
    _name, _at, domain = parseaddr(config["MAIL_SENDER"])[1].rpartition("@")
    if "." not in domain:
        yield wrong(f"メールの差出人（{config['MAIL_SENDER']}）が、返事の届くアドレスではありません。", "MAIL_SENDER に、窓口のメールアドレスを設定してください。")  # fmt: skip
    if config["MAIL_BACKEND"] != "smtp":
        yield wrong(
            f"メールは外へ送られず、{config['MAIL_FOLDER']} にたまります。",
            "MAIL_BACKEND=smtp と SMTP_HOST などを設定してください。",
        )
        return
    host, port = config["SMTP_HOST"], config["SMTP_PORT"]
    if not config["SMTP_STARTTLS"] and host not in HERE:
        yield doubtful(
            f"メールサーバー {host} との間が暗号化されません。",
            "できるだけ SMTP_STARTTLS=1 にしてください。",
        )
    try:
        with smtplib.SMTP(host, port, timeout=5) as server:
            if config["SMTP_STARTTLS"]:
                server.starttls(context=ssl.create_default_context())
            if config["SMTP_USER"]:
                server.login(config["SMTP_USER"], config["SMTP_PASSWORD"])
            server.noop()
    except (OSError, smtplib.SMTPException) as error:
        yield wrong(
            f"メールサーバー {host}:{port} に送れる状態ではありません（{error}）。",
            "SMTP_HOST・SMTP_PORT・SMTP_USER・SMTP_PASSWORD・SMTP_STARTTLS を確かめてください。",
        )
    else:
        yield good(f"メールサーバー {host}:{port} が応答しました。")
