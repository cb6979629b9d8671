"""The `flask` commands."""

from __future__ import annotations

from datetime import UTC, datetime

import click
from email_validator import EmailNotValidError, validate_email
from flask import current_app
from flask.cli import AppGroup, with_appcontext
from flask_migrate import upgrade
from sqlalchemy import select

from . import limits, outbox
from .accounts import staffing
from .accounts.actor import SYSTEM
from .accounts.models import Role
from .backups.commands import backup, restore
from .database import db
from .demo.commands import demo
from .doctor.commands import doctor
from .errors import Invalid
from .jobs import JOBS, OUTBOX, noted
from .match_commands import match
from .profiles.commands import profiles
from .registry.commands import names
from .registry.vocabulary import Department, Desk, load_reference_tables
from .supporters import services as supporters
from .supporters.commands import import_group

outbox_group = AppGroup("outbox", help="Mail that waits to be sent.")
jobs_group = AppGroup("jobs", help="What the passing of days brings.")
staff_group = AppGroup("staff", help="Members of staff and their roles.")


@click.command("setup")
@with_appcontext
def setup() -> None:
    """Bring the database up to date and load the reference tables; the same again changes nothing."""
    click.echo("1/2 データベースを更新しています…")
    upgrade()
    click.echo("2/2 分野・地域・窓口を読み込んでいます…")
    load_reference_tables(
        support_centre_name=current_app.config["SUPPORT_CENTRE_NAME"], city_desk_name=current_app.config["DESK_NAME"]
    )
    db.session.commit()


@outbox_group.command("deliver")
@click.option("--limit", default=100, show_default=True, help="At most so many mails in this run.")
def deliver(limit: int) -> None:
    """Send what is due."""
    with noted(OUTBOX) as running:
        counts = outbox.deliver_due(now=datetime.now(UTC), transport=outbox.transport_from_config(), limit=limit)
        running.outcome = " ".join(f"{state}={count}" for state, count in sorted(counts.items()))
    click.echo(running.outcome)


@jobs_group.command("run")
def run_jobs() -> None:
    """Bring supporters back whose pause is over, turn the fiscal year; the same again changes nothing."""
    now, renews = datetime.now(UTC), current_app.config["REGISTRATIONS_RENEW"]
    with noted(JOBS) as running:
        turned = supporters.turn_the_year(renews=renews, now=now)
        rested = supporters.resume_rested(now=now)
        limits.forget_old(now=now)
        db.session.commit()
        told = f"{'期間を延ばした' if renews else '期間が終わった'}登録 {turned}　お休みを終えた登録 {rested}"
        running.outcome = told
    click.echo(told)


@staff_group.command("add")
@click.argument("email")
@click.option("--name", required=True)
@click.option("--role", type=click.Choice([role.value for role in Role]), required=True)
@click.option("--desk", help="Code of the desk of a coordinator: kyodo, saporant, center:小郡 …")
@click.option("--department", help="Name of the department of a clerk; made when it is not there yet.")
def add_staff(email: str, name: str, role: str, desk: str | None, department: str | None) -> None:
    """Give somebody a role; a new account's password is chosen through 「パスワードを忘れた」."""
    now = datetime.now(UTC)
    try:
        email = validate_email(email, check_deliverability=False).normalized.lower()
    except EmailNotValidError as error:
        raise click.UsageError(f"{email}: {error}") from None
    place = db.session.scalar(select(Desk).where(Desk.code == desk)) if desk else None
    if (desk and place is None) or (role == Role.COORDINATOR and place is None):
        codes = ", ".join(db.session.scalars(select(Desk.code).order_by(Desk.id)))
        raise click.UsageError(f"A coordinator needs --desk, one of: {codes}")
    unit = _department(department) if department else None
    if role == Role.CLERK and unit is None:
        raise click.UsageError("A clerk needs --department.")
    user = staffing.account_of(email, name=name, by=SYSTEM, now=now)
    where = {"desk_id": place.id if place else None, "department_id": unit.id if unit else None}
    try:
        staffing.give_role(user, Role(role), **where, by=SYSTEM, now=now)
    except Invalid as refused:
        raise click.ClickException(refused.message) from None
    db.session.commit()
    click.echo(f"{email}: {Role(role).label}")


def _department(name: str) -> Department:
    department = db.session.scalar(select(Department).where(Department.name == name))
    if department is None:
        department = Department(name=name)
        db.session.add(department)
        db.session.flush()
    return department


COMMANDS: tuple[click.Command, ...] = (
    backup,
    demo,
    doctor,
    import_group,
    jobs_group,
    match,
    names,
    outbox_group,
    profiles,
    restore,
    setup,
    staff_group,
)
