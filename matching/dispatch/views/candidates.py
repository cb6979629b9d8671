"""The candidates of a case: ranked with reasons, the top three side by side, and somebody added by hand."""

from __future__ import annotations

from collections.abc import Sequence

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import select
from werkzeug.wrappers import Response

from ...accounts.permissions import Permission, current_actor, requires
from ...database import db, row_id
from ...help_requests.models import HelpRequest
from ...profiles.encoding import card_from_json
from ...profiles.models import Profile
from ...registry.models import Party, Registry
from ..forms import AddForm, SearchForm
from ..services import searching, shortlisting
from .base import bp, case_of, load_request, utcnow


@bp.get("/requests/<int:request_id>/candidates")
@requires(Permission.REQUEST_HANDLE, load_request)
def candidates(help_request: HelpRequest) -> str:
    page = case_of(help_request)
    earlier = shortlisting.earlier_shortlists(help_request)
    return render_template("dispatch/candidates.html", case=page, handles=True, earlier=earlier)


@bp.post("/requests/<int:request_id>/candidates")
@requires(Permission.REQUEST_HANDLE, load_request)
def search_again(help_request: HelpRequest) -> Response:
    shown = request.form.get("shown", 0, type=int)
    shortlisting.search_again(help_request, shown=shown, by=current_actor(), now=utcnow())
    db.session.commit()
    flash(_("候補を探しました。"), "success")
    return redirect(url_for(".candidates", request_id=help_request.id), code=303)


@bp.route("/requests/<int:request_id>/candidates/add", methods=["GET", "POST"])
@requires(Permission.REQUEST_HANDLE, load_request)
def add(help_request: HelpRequest) -> tuple[str, int] | str | Response:
    search, form = SearchForm(request.args), AddForm()
    profile_id = row_id(request.values.get("profile", 0, type=int))
    chosen = searching.registrant(help_request, profile_id, now=utcnow()) if profile_id else None
    status = 200
    if form.is_submitted():
        status = 422
        if form.validate():
            candidate = form.try_to(
                lambda: shortlisting.add_by_hand(
                    help_request, chosen, missed_because=form.missed_because.data, by=current_actor(), now=utcnow()
                )
            )
            if candidate:
                db.session.commit()
                flash(_("%(name)sさんを候補に加えました。", name=candidate.party.name), "success")
                return redirect(url_for(".candidates", request_id=help_request.id), code=303)
    words = (search.q.data or "") if search.validate() else ""
    found = searching.find_registrants(help_request, words, now=utcnow()) if words else []
    page = render_template(
        "dispatch/add_candidate.html",
        help_request=help_request,
        search=search,
        words=words,
        found=_shown(found),
        profile_id=profile_id,
        chosen=next(iter(_shown([chosen])), None) if chosen else None,
        form=form,
    )
    return page, status


def _shown(profiles: Sequence[Profile]) -> list[dict[str, object]]:
    ids = [profile.party_id for profile in profiles]
    parties = {party.id: party for party in db.session.scalars(select(Party).where(Party.id.in_(ids)))}
    return [
        {
            "id": profile.id,
            "party": parties[profile.party_id],
            "registry": Registry(profile.registry_name),
            "skills": [phrase.text for phrase in card_from_json(profile.content.card, key="").phrases],
        }
        for profile in profiles
    ]
