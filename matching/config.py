"""Settings, read once from the environment. In production the application refuses to start without its secrets."""

from __future__ import annotations

import os
import re
import secrets
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from click import ClickException
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

ROOT = Path(__file__).resolve().parent.parent
MAX_FORM_BYTES = 1024 * 1024


class UnusableSetting(ClickException):
    """A setting that is missing where it would not be safe to start without it, or that cannot be read.

    Click's, so that a command says this sentence and nothing else.
    """


def _secret(name: str, instance: Path) -> str:
    """A secret from the environment, or one kept in the instance folder and made at the first start."""
    if value := os.environ.get(name):
        return value
    if os.environ.get("MUSUBI_ENV") == "production":
        raise UnusableSetting(f"Set {name} before starting in production.")
    path = instance / f"{name.lower()}.txt"
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text().strip()
    value = secrets.token_urlsafe(48)
    with os.fdopen(descriptor, "w") as file:
        file.write(value)
    return value


def _number(name: str, default: int) -> int:
    value = os.environ.get(name) or str(default)
    if not re.fullmatch("[0-9]{1,9}", value):
        raise UnusableSetting(f"{name} must be a whole number, not {value!r}.")
    return int(value)


def _database(instance: Path) -> str:
    """The address of the database; it is not repeated where it cannot be used, because it may hold a password."""
    address = os.environ.get("DATABASE_URL") or f"sqlite:///{instance / 'musubi.sqlite'}"
    todo = "Set DATABASE_URL to sqlite:////path/to/file or postgresql+psycopg://user@host/name"
    try:
        dialect = make_url(address).get_dialect()
        if dialect.name not in ("sqlite", "postgresql"):
            raise UnusableSetting(f"{todo}; {dialect.name} is not supported.")
        dialect.import_dbapi()
    except ImportError as error:
        raise UnusableSetting(f"{todo}; its driver is not installed ({error}).") from error
    except (ArgumentError, ValueError) as error:
        raise UnusableSetting(f"{todo}; what is set cannot be read.") from error
    return address


def load(instance: Path) -> dict[str, Any]:
    """All settings of the application; every one of them may come from the environment."""
    env = os.environ.get
    instance.mkdir(parents=True, exist_ok=True)
    public_url = env("PUBLIC_URL", "http://127.0.0.1:5000")
    is_https = public_url.startswith("https:")
    if env("MUSUBI_ENV") == "production" and "PUBLIC_URL" not in os.environ:
        raise UnusableSetting("Set PUBLIC_URL before starting in production: links in mails begin with it.")
    return {
        "SECRET_KEY": _secret("SECRET_KEY", instance),
        "SECURITY_PASSWORD_SALT": _secret("SECURITY_PASSWORD_SALT", instance),
        "SQLALCHEMY_DATABASE_URI": _database(instance),
        "DEMO": False,
        "PUBLIC_URL": public_url,
        "TRUSTED_PROXIES": _number("TRUSTED_PROXIES", 0),
        "CITY_NAME": env("CITY_NAME", "山口市"),
        "SUPPORT_CENTRE_NAME": env("SUPPORT_CENTRE_NAME", "さぽらんて"),
        "DESK_NAME": env("DESK_NAME", "協働推進課"),
        "DESK_TELEPHONE": env("DESK_TELEPHONE", ""),
        "MAIL_SENDER": env("MAIL_SENDER", "kyodo-musubi@localhost"),
        "MAIL_BACKEND": env("MAIL_BACKEND", "file"),
        "MAIL_FOLDER": env("MAIL_FOLDER", str(instance / "mail")),
        "SMTP_HOST": env("SMTP_HOST", "localhost"),
        "SMTP_PORT": _number("SMTP_PORT", 25),
        "SMTP_USER": env("SMTP_USER", ""),
        "SMTP_PASSWORD": env("SMTP_PASSWORD", ""),
        "SMTP_STARTTLS": env("SMTP_STARTTLS", "1") == "1",
        "MAIL_HOLD_SECONDS": _number("MAIL_HOLD_SECONDS", 300),
        "REGISTRATIONS_RENEW": env("REGISTRATIONS_RENEW", "1") == "1",
        "LINK_DAYS": _number("LINK_DAYS", 30),
        "MAX_CONTENT_LENGTH": MAX_FORM_BYTES,
        "MAX_FORM_MEMORY_SIZE": MAX_FORM_BYTES,
        # Behind https, a prefix that browsers take from this very host only.
        "SESSION_COOKIE_NAME": "__Host-session" if is_https else "session",
        "REMEMBER_COOKIE_NAME": "__Host-remember_token" if is_https else "remember_token",
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_COOKIE_SECURE": is_https,
        "REMEMBER_COOKIE_SECURE": is_https,
        "REMEMBER_COOKIE_HTTPONLY": True,
        "REMEMBER_COOKIE_DURATION": timedelta(days=30),
        "REMEMBER_COOKIE_SAMESITE": "Lax",
        "WTF_CSRF_TIME_LIMIT": 12 * 60 * 60,
        "BABEL_DEFAULT_LOCALE": "ja",
        "BABEL_DEFAULT_TIMEZONE": "Asia/Tokyo",
        "BOOTSTRAP_SERVE_LOCAL": True,
    }


def own_hosts(public_url: str) -> list[str]:
    """Names by which a browser may call us: the public one, and this machine's own, which a proxy may use."""
    return [urlsplit(public_url).hostname or "localhost", "localhost", "127.0.0.1"]
