"""The box that finds, the list of people, and one party's whole picture."""

from __future__ import annotations

from datetime import UTC, date, datetime

from flask import Blueprint, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import joinedload
from werkzeug.wrappers import Response

from .. import audit
from ..accounts.permissions import Permission, current_actor, refuse, requires
from ..accounts.taking import take_home
from ..database import db
from ..exports import MOST, and_others
from ..i18n import label, today
from ..registry import services as registry
from ..registry.models import Party, Person, Registry
from ..registry.paging import in_parts, page_of_ids
from ..registry.vocabulary import Level
from . import finding, listing, publishing  # noqa: F401  (publishing hears news)
from .belonging import belonging_of
from .picture import picture_of
from .seeing import sees, sight_of

bp = Blueprint("people", __name__)
PER_PAGE = 50
SHOWN = (joinedload(Person.district),)


def _day() -> date:
    return today(datetime.now(UTC))


def _party(party_id: int) -> Party | None:
    return registry.load_party(Party, party_id)


@bp.get("/find")
@requires(Permission.PARTY_FIND)
def find() -> str | Response:
    actor = current_actor()
    found = finding.find(request.args.get("q", ""), by=actor, day=_day())
    if found.exact:
        return redirect(url_for("dispatch.case", request_id=found.exact.id), code=303)
    return render_template("people/find.html", found=found, sight=sight_of(actor), offers=finding.offers)


@bp.get("/people")
@requires(Permission.PERSON_LIST)
def index() -> str:
    actor, day = current_actor(), _day()
    sight = sight_of(actor)
    filters = listing.PeopleFilters(sight)
    found = listing.people_found(filters, by=actor, day=day)
    page = page_of_ids(found, Person, page=filters.page, per_page=PER_PAGE, options=SHOWN)
    belonging = belonging_of([person.id for person in page.items], sight=sight, day=day)
    return render_template("people/index.html", filters=filters, page=page, belonging=belonging)


@bp.get("/people/export")
@requires(Permission.PERSON_EXPORT, audited=True)
def export() -> Response:
    """The list as it is filtered, without contact data; taking it home is written down."""
    now, actor = datetime.now(UTC), current_actor()
    day, sight = today(now), sight_of(actor)
    filters = listing.PeopleFilters(sight)
    found = listing.people_found(filters, by=actor, day=day, most=MOST, far=None)
    people = list(in_parts(found.ids[:MOST], Person, options=SHOWN))
    belonging = belonging_of([person.id for person in people], sight=sight, day=day)
    columns = [(_("番号"), [str(person.id) for person in people])]
    columns.append((_("氏名"), [person.name for person in people]))
    columns.append((_("ふりがな"), [person.kana or "" for person in people]))
    columns.append((_("地域"), [person.district.name if person.district else "" for person in people]))
    whole = [belonging[person.id] for person in people]
    if sight.supporters:
        states = [label(one.supporter.state) if one.supporter else "" for one in whole]
        columns.append((label(Registry.SUPPORTER), states))
    if sight.organizations:
        named = [_("、").join(each.organization.name for each in one.acts_for) for one in whole]
        columns.append((_("担当している団体"), named))
    if sight.councils:
        columns.append((_("審議会等の数"), [str(one.seats) if one.seats else "" for one in whole]))
    rows = zip(*(values for _head, values in columns), strict=True)
    others = [and_others()] if found.more or len(found.ids) > MOST else []
    head = [name for name, _values in columns]
    return take_home(_("個人"), head, [*rows, *others], what="person", narrowed_by=filters.address, now=now)


@bp.get("/people/<int:party_id>")
@requires(Permission.PERSON_READ, _party, audited=True)
def show(party: Party) -> str | Response:
    """A person or an organization; that it was read is written down."""
    actor, now = current_actor(), datetime.now(UTC)
    if not sees(actor, party):
        return refuse(actor)
    audit.record(f"{party.kind.value}:read", party, by=actor, at=now)
    db.session.commit()
    picture = picture_of(party, by=actor, day=today(now))
    levels = {int(level.value): level for level in Level}
    return render_template("people/show.html", picture=picture, party=party, day=today(now), levels=levels)
