"""The shortlist: freeze who was proposed and why; add somebody by hand."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select

from ... import audit
from ...accounts.actor import Actor
from ...concepts.services import knowledge
from ...database import db
from ...engine.lexicon import Lexicon
from ...engine.ranking import WEIGHTS
from ...engine.types import Reason
from ...errors import Invalid, MatchingError, Stale
from ...help_requests import services as help_requests
from ...help_requests.models import HelpRequest
from ...help_requests.states import RequestState
from ...i18n import today
from ...profiles import services as profiles
from ...profiles.models import Profile
from ...registry.models import Registry
from ..models import Candidate, CandidateState, Shortlist
from . import relaxing
from .explaining import numbers
from .searching import admitted, judge, look_for, registrant
from .standing import canonical_of

MOST_EARLIER = 50
S = RequestState
OPEN_TO_SEARCH = frozenset({S.ACCEPTED, S.INQUIRING, S.PROMISED, S.CONSULTING, S.AGREED})


def make_shortlist(request: HelpRequest, *, by: Actor, now: datetime, left_out: Sequence[str] = ()) -> Shortlist:
    """Search and freeze. An earlier list stays as it was, no longer current; candidates added by hand move along.

    Conditions that are ``left_out`` are so for this list only: the request stays as it is.
    """
    _check_open(request)
    earlier = current_shortlist(request)
    ask = relaxing.leave_out(help_requests.ask_of(request), left_out, request.needs)
    found = look_for(request, ask, now=now)
    result = found.result
    lexicon = knowledge().lexicon
    if earlier:
        earlier.is_current = False
        db.session.flush()
    shortlist = Shortlist(
        request=request,
        made_at=now,
        made_by_id=by.user_id,
        versions=versions_of(result),
        ask={**_as_json(ask), "left_out": list(left_out), "meant": _labels(result.meant, lexicon)},
        searched=result.asked,
        relaxed=found.relaxed,
    )
    db.session.add(shortlist)
    parties = canonical_of(hit.party_id for hit in result.hits)
    best = {parties[hit.party_id]: hit for hit in reversed(result.hits)}  # two may have been merged meanwhile
    for rank, (party_id, hit) in enumerate(reversed(best.items()), start=1):
        shortlist.candidates.append(_candidate(hit, rank, party_id=party_id, lexicon=lexicon))
    _carry_over(earlier, shortlist)
    db.session.flush()
    names = [condition.partition(":")[0] for condition in left_out]
    audit.record("shortlist:make", shortlist, by=by, at=now, case=request.id, fields=names or None)
    return shortlist


def versions_of(result: profiles.SearchResult) -> dict[str, Any]:
    """What a list rests on, so that it can be explained years later: versions, and every number of the ranking."""
    lexicon, _slash, encoder = result.knowledge.partition("/")
    return {
        "analyzer": result.analyzer,
        "weights": result.weights,
        "lexicon": lexicon,
        "encoder": None if encoder == "-" else encoder,
        "numbers": numbers(WEIGHTS),
    }


def _check_open(request: HelpRequest) -> None:
    if request.state not in OPEN_TO_SEARCH:
        raise MatchingError(_("候補を探せるのは、依頼を受け付けてから決定するまでです。"))


def _carry_over(earlier: Shortlist | None, shortlist: Shortlist) -> None:
    if earlier is None:
        return
    listed = {candidate.party_id for candidate in shortlist.candidates}
    may_stay = admitted(earlier.candidates, on=today(shortlist.made_at))
    for old in earlier.candidates:
        if old.by_hand and old.party_id not in listed and old.id in may_stay:
            was_judged = old.score is not None
            kept = {
                name: getattr(old, name)
                for name in ("party_id", "of_registry", "registration_id", "score", "strength", "bars", "reasons")
            }
            shortlist.candidates.append(
                Candidate(
                    rank=len(listed) + 1,
                    by_hand=True,
                    missed_because=old.missed_because,
                    versions=old.versions or (earlier.versions if was_judged else None),  # old rows have none
                    **kept,
                )
            )
            listed.add(old.party_id)
    reserve = {old.party_id for old in earlier.candidates if old.state is CandidateState.RESERVE}
    for candidate in shortlist.candidates:
        if candidate.party_id in reserve:
            candidate.state = CandidateState.RESERVE


def _candidate(hit: profiles.Hit, rank: int, *, party_id: int, lexicon: Lexicon) -> Candidate:
    return Candidate(
        party_id=party_id,
        of_registry=Registry(hit.registry),
        registration_id=hit.registration_id,
        also_in=[list(other) for other in hit.also] or None,
        rank=rank,
        score=hit.ranked.score,
        strength=hit.ranked.strength,
        bars=[dataclasses.asdict(bar) for bar in hit.ranked.bars],
        reasons=[
            {"kind": r.kind, "criterion": r.criterion, "code": r.code, "params": _with_label(r, lexicon)}
            for r in hit.ranked.reasons
        ],
    )


def _labels(concepts: Iterable[str], lexicon: Lexicon) -> list[str]:
    found = (lexicon.get(concept) for concept in concepts)
    return [concept.label for concept in found if concept is not None]


def _with_label(reason: Reason, lexicon: Lexicon) -> dict[str, Any]:
    """A concept is frozen with its name: the lexicon may call it something else tomorrow, or no longer know it."""
    params = dict(reason.params)
    if "concept" in params:
        concept = lexicon.get(str(params["concept"]))
        params["label"] = concept.label if concept is not None else None
    return params


def _as_json(value: Any) -> Any:
    """Dataclasses, sets and days as JSON, in a stable order."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: _as_json(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, (frozenset, set)):
        return sorted(_as_json(item) for item in value)
    if isinstance(value, (tuple, list)):
        return [_as_json(item) for item in value]
    return value.isoformat() if hasattr(value, "isoformat") else value


def current_shortlist(request: HelpRequest) -> Shortlist | None:
    return db.session.scalar(select(Shortlist).where(Shortlist.request_id == request.id, Shortlist.is_current))


def search_again(request: HelpRequest, *, shown: int, by: Actor, now: datetime) -> Shortlist:
    """A new list in place of the one that the reader saw, by its id; 0 where there was none. Pressed twice, one is made."""
    help_requests.take_turn(request)
    current = current_shortlist(request)
    if shown != (current.id if current else 0):
        raise Stale()
    return make_shortlist(request, by=by, now=now)


def relax(shortlist: Shortlist, condition: str, *, by: Actor, now: datetime) -> Shortlist:
    """A new list with one condition less than this one."""
    help_requests.take_turn(shortlist.request)
    if not shortlist.is_current:
        raise Stale()
    return make_shortlist(shortlist.request, by=by, now=now, left_out=[*shortlist.left_out, condition])


def earlier_shortlists(request: HelpRequest) -> list[Shortlist]:
    """The lists before the current one, latest first."""
    query = select(Shortlist).where(Shortlist.request_id == request.id, Shortlist.is_current.is_(False))
    return list(db.session.scalars(query.order_by(Shortlist.made_at.desc(), Shortlist.id.desc()).limit(MOST_EARLIER)))


def add_by_hand(
    request: HelpRequest, profile: Profile | None, *, missed_because: str, by: Actor, now: datetime
) -> Candidate:
    """Put somebody on the list whom the matcher missed, with what it would have said of them. None: nobody who may be."""
    _check_open(request)
    shortlist = current_shortlist(request)
    if shortlist is None:
        raise MatchingError(_("先に候補を探してください。"))
    if not missed_because.strip():
        raise Invalid(_("なぜ候補に出てこなかったと思うかを入力してください。"), field="missed_because")
    cannot = Invalid(_("この人は、この依頼の候補にできません。登録が終わっているか、利用の同意がありません。"))
    if profile is None:
        raise cannot
    ask = relaxing.leave_out(help_requests.ask_of(request), shortlist.left_out, request.needs)
    of_profile = judge(request, profile.id, ask, now=now)
    if registrant(request, profile.id, now=now) is None:
        raise cannot
    party_id = canonical_of([profile.party_id])[profile.party_id]
    if any(candidate.party_id == party_id for candidate in shortlist.candidates):
        raise MatchingError(_("この人は、すでに候補一覧にいます。"))
    rank = max((candidate.rank for candidate in shortlist.candidates), default=0) + 1
    if of_profile.hits:
        candidate = _candidate(of_profile.hits[0], rank, party_id=party_id, lexicon=knowledge().lexicon)
        candidate.versions = versions_of(of_profile)
    else:
        candidate = Candidate(
            party_id=party_id,
            of_registry=Registry(profile.registry_name),
            registration_id=profile.registration_id,
            rank=rank,
        )
    candidate.by_hand, candidate.missed_because = True, missed_because.strip()
    shortlist.candidates.append(candidate)
    db.session.flush()
    audit.record("candidate:add", candidate, by=by, at=now, case=request.id)
    return candidate


@help_requests.request_accepted.connect
def _on_acceptance(request: HelpRequest, *, by: Actor, now: datetime) -> None:
    make_shortlist(request, by=by, now=now)
