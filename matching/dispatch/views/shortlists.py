"""One frozen list: as it was made, why in this order, and a new one with one condition less; and how lists come about."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from ...accounts.permissions import Permission, current_actor, may, public, requires
from ...database import db
from ...engine.ranking import WEIGHTS
from ...i18n import today
from ...registry.models import Registry
from ..models import Candidate, Shortlist
from ..services import explaining, shortlisting
from ..services.reading import candidates_of
from .base import bp, load_shortlist, utcnow


def _shown(shortlist: Shortlist) -> tuple[list[Candidate], int]:
    """Whom this reader may see of it today, and how many of the others they might learn of."""
    sees_councils = may(current_actor(), Permission.COUNCIL_CANDIDATE)
    shown = candidates_of(shortlist, on=today(utcnow()), sees_councils=sees_councils)
    theirs = [c for c in shortlist.candidates if sees_councils or c.of_registry is not Registry.COUNCIL]
    return shown, len(theirs) - len(shown)


@bp.get("/shortlists/<int:shortlist_id>")
@requires(Permission.REQUEST_HANDLE, load_shortlist)
def shortlist(shortlist: Shortlist) -> str:
    """A list as it was made, however long ago; the current one is worked with on the page of its case."""
    candidates, gone = _shown(shortlist)
    return render_template("dispatch/shortlist.html", shortlist=shortlist, candidates=candidates, gone=gone)


@bp.get("/shortlists/<int:shortlist_id>/why")
@requires(Permission.REQUEST_HANDLE, load_shortlist)
def why(shortlist: Shortlist) -> str:
    numbers, (candidates, _gone) = explaining.numbers_of(shortlist), _shown(shortlist)
    return render_template(
        "dispatch/why.html",
        shortlist=shortlist,
        why=explaining.why(shortlist, candidates),
        weighings=explaining.weighings(numbers) if numbers else [],
        numbers=numbers,
    )


@bp.post("/shortlists/<int:shortlist_id>/relax")
@requires(Permission.REQUEST_HANDLE, load_shortlist)
def relax(shortlist: Shortlist) -> Response:
    condition = request.form.get("without", "")[:100]
    made = shortlisting.relax(shortlist, condition, by=current_actor(), now=utcnow())
    db.session.commit()
    flash(_("条件を1つ外して、候補を探しました。依頼の内容は変えていません。"), "success")
    return redirect(url_for(".candidates", request_id=made.request_id), code=303)


@bp.get("/how-we-search")
@public
def how_we_search() -> str:
    """For everybody: what counts when people are searched for, without anybody's data."""
    numbers = explaining.numbers(WEIGHTS)
    return render_template(
        "dispatch/how_we_search.html", weighings=explaining.weighings(numbers), numbers=numbers, version=WEIGHTS.version
    )
