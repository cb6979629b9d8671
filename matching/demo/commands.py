"""`flask demo`: one command from nothing to a running city."""

from __future__ import annotations

import sys
import threading
import time as clock
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import click
from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import func, select
from sqlalchemy.orm import selectinload

from .. import config, create_app, outbox
from ..accounts.models import Role, User
from ..database import db
from ..dispatch.models import Inquiry
from ..dispatch.states import WAITING
from ..help_requests.models import HelpRequest
from ..help_requests.states import ENDED
from ..registry.models import Organization, Representation, RepresentationState
from ..registry.vocabulary import Department, Desk, load_reference_tables
from ..supporters import services as supporters
from ..supporters.models import Supporter
from ..workflow import N_
from .bodies import load_bodies
from .city import PASSWORD, City
from .people import load_people
from .stories import load_requests

DATABASE, MAIL = "demo.sqlite", "demo-mail"


def demo_app(folder: Path, *, port: int = 5000) -> Flask:
    """The product with its own database and mail folder, and the page that shows the mail."""
    return create_app(
        {
            "DEMO": True,
            "DESK_TELEPHONE": "083-000-0000",
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
        load_people(city)
        load_bodies(city)
        load_requests(city)
        city.live(_tell)
        db.session.commit()
        return True


def _tell(day: date, done: int, total: int) -> None:
    """How far the city has come: in place on a terminal, elsewhere a line now and then."""
    in_place = sys.stdout.isatty()
    if done == total or done % (10 if in_place else max(total // 10, 1)) == 0:
        start, ends = ("\r", done == total) if in_place else ("", True)
        click.echo(f"{start}  {day.year}年{day.month:2}月まで　人・団体・委員・依頼 {done}/{total}", nl=ends)


@dataclass(frozen=True)
class Account:
    """Somebody who can sign in, with the desk, department or organization that they belong to."""

    user: User
    place: str


def accounts() -> list[tuple[str, list[Account]]]:
    """Everybody who can sign in, by what they are here for: staff first; who has something to answer before others."""
    kinds: dict[str, list[Account]] = {label: [] for label in (*(role.label for role in Role), _SUPPORTER, _ACTS)}
    busy, acting, places = _with_something_to_answer(), _organizations(), _places()
    registered = set(db.session.scalars(select(Supporter.party_id)))
    users = db.session.scalars(select(User).options(selectinload(User.roles)).order_by(User.id)).all()
    for user in sorted(users, key=lambda user: (user.party_id not in busy, user.id)):
        if user.roles:
            grant = user.roles[0]
            place = places.get(("desk", grant.desk_id)) or places.get(("department", grant.department_id), "")
            kinds[grant.role.label].append(Account(user, place))
        elif user.party_id in registered:
            kinds[_SUPPORTER].append(Account(user, ""))
        else:
            kinds[_ACTS].append(Account(user, "・".join(acting.get(user.party_id, ()))))
    return [(kind, found) for kind, found in kinds.items() if found]


_SUPPORTER, _ACTS = N_("協働サポーター"), N_("代表者・担当者")


def _with_something_to_answer() -> set[int]:
    """People who are being asked to come, and people whose request is under way."""
    asked = select(Inquiry.party_id).where(Inquiry.state.in_(WAITING))
    asking = select(HelpRequest.contact_person_id).where(HelpRequest.state.not_in(ENDED))
    return {party for party in db.session.scalars(asked.union(asking)) if party}


def _organizations() -> dict[int | None, list[str]]:
    """The names of those for which a person acts."""
    query = (
        select(Representation.person_id, Organization.name)
        .join(Organization, Organization.id == Representation.organization_id)
        .where(Representation.state == RepresentationState.APPROVED)
    )
    names: dict[int | None, list[str]] = {}
    for person_id, name in db.session.execute(query.order_by(Representation.id)):
        names.setdefault(person_id, []).append(name)
    return names


def _places() -> dict[tuple[str, int | None], str]:
    places: dict[tuple[str, int | None], str] = {("desk", one.id): one.name for one in db.session.scalars(select(Desk))}
    places.update((("department", one.id), one.name) for one in db.session.scalars(select(Department)))
    return places


def _print_accounts(at_most: int = 2) -> None:
    """Staff, and two of every other kind."""
    staff = {role.label for role in Role}
    for kind, found in accounts():
        click.echo(f"  {kind}")
        shown = found if kind in staff else found[:at_most]
        for one in shown:
            click.echo(f"    {one.user.email:32} {one.user.name}{f'（{one.place}）' if one.place else ''}")
        if len(shown) < len(found):
            click.echo(f"    ほかに{len(found) - len(shown)}人")


def _work_now_and_then(app: Flask, *, every: float = 3.0, jobs_every: float = 3600.0) -> None:
    """What a city's timers do: `flask outbox deliver` all the time, `flask jobs run` once an hour."""
    jobs_due = 0.0
    while True:
        with app.app_context():
            try:
                outbox.deliver_due(now=datetime.now(UTC), transport=outbox.transport_from_config())
                if clock.monotonic() >= jobs_due:
                    now = datetime.now(UTC)
                    supporters.turn_the_year(renews=app.config["REGISTRATIONS_RENEW"], now=now)
                    supporters.resume_rested(now=now)
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
        _print_accounts()
    click.echo(f"3/3 ブラウザで開いてください: http://127.0.0.1:{port}/")
    click.echo(f"  ログインできる人の全員: http://127.0.0.1:{port}/demo")
    click.echo(f"  届いたメール: http://127.0.0.1:{port}/demo/mail　終えるときは Ctrl+C")
    threading.Thread(target=_work_now_and_then, args=(app,), daemon=True).start()
    create_server(app, host="127.0.0.1", port=port, threads=8).run()
