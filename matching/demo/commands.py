"""`flask demo`: one command from nothing to a running city."""

from __future__ import annotations

import threading
import time as clock
from datetime import UTC, datetime
from pathlib import Path

import click
from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import func, select

from .. import config, create_app, outbox
from ..accounts.models import User
from ..database import db
from ..registry.vocabulary import load_reference_tables
from ..supporters import services as supporters
from ..supporters.models import Supporter
from .city import PASSWORD, City, load_people
from .stories import load_requests

DATABASE, MAIL = "demo.sqlite", "demo-mail"


def demo_app(folder: Path, *, port: int = 5000) -> Flask:
    """The product with its own database and mail folder, and the page that shows the mail."""
    return create_app(
        {
            "DEMO": True,
            "PUBLIC_URL": f"http://127.0.0.1:{port}",
            "SQLALCHEMY_DATABASE_URI": f"sqlite:///{folder / DATABASE}",
            "MAIL_BACKEND": "file",
            "MAIL_FOLDER": str(folder / MAIL),
        },
        instance=folder,
    )


def forget(folder: Path) -> None:
    """Remove the demo's own files, nothing else."""
    for path in [*folder.glob(f"{DATABASE}*"), *(folder / MAIL).glob("*.eml")]:
        path.unlink()


def load(app: Flask, *, now: datetime) -> bool:
    """Migrate and fill an empty database in one transaction; False when there is a city already."""
    with app.app_context():
        upgrade()
        if db.session.scalar(select(func.count()).select_from(User)):
            return False
        load_reference_tables(
            support_centre_name=app.config["SUPPORT_CENTRE_NAME"], city_desk_name=app.config["DESK_NAME"]
        )
        city = City(now=now)
        click.echo("  人と団体を登録しています…")
        load_people(city)
        click.echo("  依頼を進めています…")
        load_requests(city)
        db.session.commit()
        return True


def accounts() -> list[tuple[str, User]]:
    """Everybody who can sign in with what they are here for, staff first."""
    registered = set(db.session.scalars(select(Supporter.party_id)))
    users = db.session.scalars(select(User).order_by(User.id))
    return [(_roles_of(user) or (_SUPPORTER if user.party_id in registered else _REQUESTER), user) for user in users]


_SUPPORTER, _REQUESTER = "協働サポーター", "団体の代表者（依頼する人）"


def _roles_of(user: User) -> str:
    return "・".join(grant.role.label for grant in user.roles)


def _work_now_and_then(app: Flask, *, every: float = 3.0, jobs_every: float = 3600.0) -> None:
    """What a city's timers do: `flask outbox deliver` all the time, `flask jobs run` once an hour."""
    jobs_due = 0.0
    while True:
        with app.app_context():
            try:
                outbox.deliver_due(now=datetime.now(UTC), transport=outbox.transport_from_config())
                if clock.monotonic() >= jobs_due:
                    supporters.resume_rested(now=datetime.now(UTC))
                    db.session.commit()
                    jobs_due = clock.monotonic() + jobs_every
            except Exception:
                app.logger.exception("the demo could not do its work in the background")
        clock.sleep(every)


@click.command("demo")
@click.option("--port", default=5000, show_default=True, type=click.IntRange(1, 65535), help="Port on 127.0.0.1.")
@click.option("--reset", is_flag=True, help="Throw the demo city away and build it anew.")
def demo(port: int, reset: bool) -> None:
    """Build the invented city where there is none yet, and serve it on 127.0.0.1."""
    from waitress import create_server

    folder = config.ROOT / "instance"
    if reset:
        forget(folder)
    click.echo("1/3 データベースを用意しています…")
    app = demo_app(folder, port=port)
    made = load(app, now=datetime.now(UTC))
    click.echo("  架空の市を作りました。" if made else "  前に作った市をそのまま使います（--reset で作り直します）。")
    click.echo(f"2/3 ログインできる人（パスワードはどれも {PASSWORD}）")
    with app.app_context():
        for role, user in accounts():
            click.echo(f"  {user.email:36} {user.name}（{role}）")
    click.echo(f"3/3 ブラウザで開いてください: http://127.0.0.1:{port}/")
    click.echo(f"  届いたメール: http://127.0.0.1:{port}/demo/mail　終えるときは Ctrl+C")
    threading.Thread(target=_work_now_and_then, args=(app,), daemon=True).start()
    create_server(app, host="127.0.0.1", port=port, threads=8).run()
