"""協働むすび: a talent and organization matching database for a Japanese city."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from flask import Flask, Response, abort, request
from flask.sessions import SecureCookieSessionInterface, SessionMixin
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import BadHost
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.routing import IntegerConverter
from werkzeug.sansio.utils import host_is_trusted

from . import config as settings
from . import errors, extensions, i18n, limits
from .database import LARGEST_ID, db, with_reading_apart


class RowId(IntegerConverter):
    """``<int:…>`` in our URLs."""

    def __init__(self, *args: Any, **kw: Any) -> None:
        super().__init__(*args, **{"max": LARGEST_ID, **kw})


CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)


def _is_form_again(response: Response) -> bool:
    """A form that was sent and is shown once more, such as its next step. Browsers keep it, or their Back button would
    answer with an error of their own instead of what was typed."""
    return request.method == "POST" and response.mimetype == "text/html" and not response.location


class Sessions(SecureCookieSessionInterface):
    """Flask's, whose `Vary: Cookie` would make the browser ask again for a form that it may not send again."""

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        super().save_session(app, session, response)
        if _is_form_again(response):
            response.vary.discard("Cookie")


class Application(Flask):
    """Flask's, whose views let others write while they have long to read."""

    def dispatch_request(self) -> ResponseReturnValue:
        from .accounts.permissions import forget_actor

        return with_reading_apart(super().dispatch_request, before_again=forget_actor)


def create_app(overrides: dict[str, Any] | None = None, *, instance: Path | None = None) -> Flask:
    """The application: config, extensions, i18n, errors, blueprints, commands, in that order."""
    instance = instance or settings.ROOT / "instance"
    app = Application(
        __name__,
        instance_path=str(instance),
        template_folder=str(settings.ROOT / "templates"),
        static_folder=str(settings.ROOT / "static"),
        static_url_path="/static",
    )
    app.url_map.converters["int"] = RowId
    app.session_interface = Sessions()
    app.config.from_mapping(settings.load(instance))
    app.config.from_mapping(overrides or {})
    _trust_proxies(app)
    _refuse_other_hosts(app)
    _refuse_files(app)
    _init_extensions(app)
    i18n.init_app(app)
    errors.init_app(app)
    _register_blueprints(app)
    _register_commands(app)
    _set_headers(app)
    return app


def _trust_proxies(app: Flask) -> None:
    """Who calls, and by https or not, as exactly so many proxies of our own tell it; from anybody else it is a claim."""
    if hops := app.config["TRUSTED_PROXIES"]:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops)  # type: ignore[method-assign]


def _refuse_other_hosts(app: Flask) -> None:
    """A Host header of somebody's choice answers 400. Not TRUSTED_HOSTS: without a URL adapter no page can be drawn."""

    @app.before_request
    def _refuse() -> None:
        if isinstance(request.routing_exception, BadHost):  # too broken even for a page, which has links
            abort(Response(f"{errors.PAGES[400][0]}\n", 400, mimetype="text/plain"))
        if not host_is_trusted(request.host, settings.own_hosts(app.config["PUBLIC_URL"])):
            abort(400)


def _refuse_files(app: Flask) -> None:
    """No form asks for a file: one that is sent under the name of a text is nothing that a field can read."""

    @app.before_request
    def _refuse() -> None:
        if request.files:
            abort(400)


def _init_extensions(app: Flask) -> None:
    from . import models  # noqa: F401  (every table must exist before the mapper is configured)
    from .accounts import permissions
    from .accounts import security as accounts_security
    from .profiles import warming

    db.init_app(app)
    extensions.migrate.init_app(
        app, db, directory=str(settings.ROOT / "migrations"), render_as_batch=True, compare_type=True
    )
    extensions.csrf.init_app(app)
    extensions.bootstrap.init_app(app)
    limits.init_app(app)
    permissions.init_app(app)
    accounts_security.init_app(app)
    warming.init_app(app)


def _register_blueprints(app: Flask) -> None:
    from . import directory, home
    from .concepts.suggesting import bp as suggestions
    from .concepts.views import bp as concepts
    from .councils.views import bp as councils
    from .dispatch.views import blueprints as dispatch
    from .groups.views import bp as groups
    from .help_requests.views import bp as help_requests
    from .people.views import bp as people
    from .registry.views import bp as registry
    from .supporters.views import bp as supporters

    rooms = (people, concepts, suggestions, registry, supporters, groups, councils, help_requests, *dispatch)
    for blueprint in (home.bp, directory.bp, *rooms):
        app.register_blueprint(blueprint)
    if app.config["DEMO"]:
        from .demo.views import bp as demo

        app.register_blueprint(demo)
    app.context_processor(home.navigation)


def _register_commands(app: Flask) -> None:
    from .cli import COMMANDS

    for command in COMMANDS:
        app.cli.add_command(command)


def _set_headers(app: Flask) -> None:
    @app.after_request
    def _headers(response: Response) -> Response:
        response.headers.setdefault("Content-Security-Policy", CSP)
        response.headers.setdefault("X-Content-Type-Options", "nosniff")
        response.headers.setdefault("Referrer-Policy", "same-origin")
        response.headers.setdefault("Permissions-Policy", "camera=(), microphone=(), geolocation=()")
        response.headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        if app.config["PUBLIC_URL"].startswith("https:"):
            response.headers.setdefault("Strict-Transport-Security", "max-age=31536000")
        if response.mimetype == "text/html":
            # Flask-Security writes one that no browser understands.
            response.headers["Cache-Control"] = "private, no-cache" if _is_form_again(response) else "no-store"
        if request.endpoint == "security.logout":
            response.headers["Clear-Site-Data"] = '"cache"'  # what was typed, on a computer that others use next
        return response
