"""What can go wrong, and the one place that turns it into a page people understand."""

from __future__ import annotations

from flask import Flask, current_app, render_template
from flask_babel import get_locale
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import IntegrityError, OperationalError, SQLAlchemyError
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.exceptions import HTTPException

from .database import db
from .workflow import NotAllowed


class MatchingError(Exception):
    """A rule of the house said no; the message is for the person at the screen."""

    status = 409
    title = _l("この操作はできませんでした")
    advice = _l("前の画面に戻り、いまの状態を確かめてください。")

    def __init__(self, message: str, *, advice: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        if advice is not None:
            self.advice = advice


class Stale(MatchingError):
    """Somebody else changed it after this page was opened."""

    title = _l("ほかの人が先に更新しました")
    advice = _l("前の画面を開き直し、新しい内容を確かめてから、もう一度操作してください。")

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or _("この画面を開いたあとに、内容が変わりました。今回の操作は行っていません。"))


class Refused(MatchingError):
    """A link that is forged, expired or already used."""

    status = 410
    title = _l("このリンクは使えません")
    advice = _l("お手数ですが、案内をお送りした窓口へご連絡ください。")


class Invalid(MatchingError):
    """A value that a service cannot accept; ``field`` names the form field that shows the message."""

    status = 422
    title = _l("入力内容を確かめてください")

    def __init__(self, message: str, *, field: str | None = None) -> None:
        super().__init__(message)
        self.field = field


PAGES = {
    400: (_l("送信された内容を読み取れませんでした"), _l("前の画面に戻り、もう一度お試しください。")),
    401: (_l("ログインが必要です"), _l("ログインしてから、もう一度開いてください。")),
    403: (_l("このページを見る権限がありません"), _l("必要なときは、管理者へお問い合わせください。")),
    404: (
        _l("ページが見つかりません"),
        _l("アドレスにまちがいがないか、確かめてください。ページが終わったか、移ったのかもしれません。"),
    ),
    405: (_l("この操作はできませんでした"), _l("前の画面に戻り、ボタンから操作してください。")),
    409: (_l("この操作はできませんでした"), _l("前の画面を開き直し、いまの状態を確かめてください。")),
    410: (_l("このページは、もうありません"), _l("最初のページからお進みください。")),
    413: (_l("送信された内容が大きすぎます"), _l("文章やファイルを小さくして、もう一度お試しください。")),
    429: (_l("短い時間に何度も操作されました"), _l("しばらく待ってから、もう一度お試しください。")),
    500: (
        _l("申し訳ありません。うまく動きませんでした"),
        _l("時間をおいて、もう一度お試しください。入力した内容は保存されていません。"),
    ),
    503: (_l("いま混み合っています"), _l("少し待ってから、もう一度お試しください。")),
}


def page(status: int, title: str, message: str, advice: str) -> tuple[str, int]:
    """What went wrong and what to do next. Its head tells who is signed in; without a database it has no head."""
    told = {"status": status, "title": title, "message": message, "advice": advice}
    try:
        return render_template("errors/error.html", **told), status
    except SQLAlchemyError:
        db.session.rollback()
        bare = current_app.jinja_env.get_template("errors/bare.html")
        return bare.render(**told, locale=str(get_locale() or "ja")), status


def init_app(app: Flask) -> None:
    @app.errorhandler(MatchingError)
    def _refused(error: MatchingError) -> tuple[str, int]:
        db.session.rollback()
        return page(error.status, str(error.title), error.message, str(error.advice))

    @app.errorhandler(NotAllowed)
    def _not_allowed(error: NotAllowed) -> tuple[str, int]:
        db.session.rollback()
        message = _(
            "いまの状態は「%(state)s」です。この状態では「%(action)s」はできません。",
            state=_(error.state.label),
            action=_(error.action.label),
        )
        return page(409, str(MatchingError.title), message, str(MatchingError.advice))

    @app.errorhandler(StaleDataError)
    def _stale(error: StaleDataError) -> tuple[str, int]:
        db.session.rollback()
        stale = Stale()
        return page(stale.status, str(stale.title), stale.message, str(stale.advice))

    @app.errorhandler(IntegrityError)
    def _constraint(error: IntegrityError) -> tuple[str, int]:
        app.logger.warning("constraint refused a write: %s", error.orig)
        db.session.rollback()
        message = _("同じ操作がすでに行われたか、ほかの記録と食い違っています。今回の操作は行っていません。")
        return page(409, str(MatchingError.title), message, str(MatchingError.advice))

    @app.errorhandler(OperationalError)
    def _busy(error: OperationalError) -> tuple[str, int]:
        app.logger.exception("the database could not answer")
        db.session.rollback()
        title, advice = PAGES[503]
        return page(503, str(title), _("いま記録を読み書きできません。今回の操作は行っていません。"), str(advice))

    @app.errorhandler(CSRFError)
    def _csrf(error: CSRFError) -> tuple[str, int]:
        db.session.rollback()
        message = _("画面を開いてから時間がたったか、別の画面から送信されました。今回の操作は行っていません。")
        return page(400, str(PAGES[400][0]), message, str(PAGES[400][1]))

    @app.errorhandler(HTTPException)
    def _http(error: HTTPException) -> tuple[str, int] | HTTPException:
        status = error.code or 500
        if status < 400:
            return error
        db.session.rollback()
        title, advice = PAGES.get(status, PAGES[500 if status >= 500 else 400])
        return page(status, str(title), "", str(advice))
