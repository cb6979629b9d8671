"""Language and dates as people read them: Japanese first, Asia/Tokyo, Western year with the era year."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from flask import Flask, Response, has_request_context, request
from flask_babel import Babel, get_locale
from flask_babel import gettext as _

from .workflow import Labelled

TOKYO = ZoneInfo("Asia/Tokyo")
LOCALES = ("ja", "en")
ERAS = (
    ("令和", date(2019, 5, 1)),
    ("平成", date(1989, 1, 8)),
    ("昭和", date(1926, 12, 25)),
    ("大正", date(1912, 7, 30)),
)
WEEKDAYS = "月火水木金土日"

babel = Babel()


def choose_locale() -> str:
    """English only where the reader asked for it with ?lang=en (kept in a cookie); never guessed from headers."""
    if not has_request_context():
        return "ja"
    for asked in (request.args.get("lang"), request.cookies.get("lang")):
        if asked in LOCALES:
            return asked
    return "ja"


def today(now: datetime) -> date:
    """The calendar day in Tokyo at this moment."""
    return now.astimezone(TOKYO).date()


def fiscal_year(day: date) -> int:
    """Japan's fiscal year: April to March."""
    return day.year if day.month >= 4 else day.year - 1


def era_year(year_or_day: date) -> str:
    """「令和8」: the era and its year on this day."""
    for name, begins in ERAS:
        if year_or_day >= begins:
            year = year_or_day.year - begins.year + 1
            return f"{name}{'元' if year == 1 else year}"
    return str(year_or_day.year)


def as_day(value: date | datetime | None) -> str:
    """2026年11月22日（日）"""
    if value is None:
        return _("未定")
    day = today(value) if isinstance(value, datetime) else value
    if str(get_locale()) == "en":
        return f"{day:%a} {day.day} {day:%b %Y}"
    return f"{day.year}年{day.month}月{day.day}日（{WEEKDAYS[day.weekday()]}）"


def as_wareki(value: date | datetime | None) -> str:
    """2026年（令和8年）11月22日（日）"""
    if value is None:
        return _("未定")
    day = today(value) if isinstance(value, datetime) else value
    if str(get_locale()) == "en":
        return as_day(day)
    return f"{day.year}年（{era_year(day)}年）{day.month}月{day.day}日（{WEEKDAYS[day.weekday()]}）"


def as_moment(value: datetime | None) -> str:
    """2026年11月22日（日）14:05, in Tokyo"""
    if value is None:
        return ""
    local = value.astimezone(TOKYO)
    return f"{as_day(local.date())}{' ' if str(get_locale()) == 'en' else ''}{local:%H:%M}"


def label(member: Labelled | None) -> str:
    """The translated words of an enum member."""
    return "" if member is None else _(member.label)


def init_app(app: Flask) -> None:
    babel.init_app(
        app,
        locale_selector=choose_locale,
        default_translation_directories=str(Path(__file__).parent / "translations"),
    )
    app.jinja_env.add_extension("jinja2.ext.i18n")
    app.jinja_env.filters.update(day=as_day, wareki=as_wareki, moment=as_moment, label=label)

    @app.after_request
    def _keep_asked_locale(response: Response) -> Response:
        if (asked := request.args.get("lang")) in LOCALES:
            secure = app.config["SESSION_COOKIE_SECURE"]
            response.set_cookie("lang", asked, max_age=365 * 86400, secure=secure, httponly=True, samesite="Lax")
        return response

    @app.context_processor
    def _locale() -> dict[str, str]:
        return {"locale": str(get_locale() or "ja")}
