"""The list of people: whom it holds, how it is narrowed, and what each of them is."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms.fields.choices import SelectChoice

from ..accounts.actor import Actor
from ..registry import services as registry
from ..registry.forms import Filters, one_of
from ..registry.models import PartyKind
from ..registry.sifting import Sifted
from ..workflow import N_, Labelled
from .belonging import is_representative, is_supporter, sits_on
from .seeing import Sight, people_sieves, sight_of


class Being(Labelled):
    """As what a person is sought."""

    SUPPORTER = "supporter", N_("協働サポーター")
    REPRESENTATIVE = "representative", N_("団体の代表者・担当者")
    COUNCIL = "council", N_("審議会等委員")


class PeopleFilters(Filters):
    field = None
    being = one_of(_l("登録・役割"), Being)

    def __init__(self, sight: Sight) -> None:
        super().__init__()
        seen = {Being.SUPPORTER: sight.supporters, Being.REPRESENTATIVE: sight.organizations}
        seen[Being.COUNCIL] = sight.councils
        box: Any = self["q"]
        box.label.text = _("名前・電話の末尾4桁") if sight.contacts else _("名前・ふりがな")
        being: Any = self["being"]
        being.choices = [SelectChoice("", _("すべて"))] + [
            SelectChoice(one.value, _(one.label)) for one in Being if seen[one]
        ]
        if being.data is not None and not seen[being.data]:
            being.data = None


def people_found(filters: PeopleFilters, *, by: Actor, day: date, **bounds: Any) -> Sifted:
    """People whom this reader may see and the filters leave; with words, the likeliest first."""
    asked: Any = filters
    sieves = people_sieves(by)
    if asked["district"].data is not None:
        sieves.append(registry.of_district(asked["district"].data))
    conditions = {
        Being.SUPPORTER: is_supporter,
        Being.REPRESENTATIVE: is_representative,
        Being.COUNCIL: lambda: sits_on(day),
    }
    if asked["being"].data is not None:
        sieves.append(conditions[asked["being"].data]())
    people, by_telephone = registry.list_of(PartyKind.PERSON), sight_of(by).contacts
    return registry.parties_found(people, sieves, filters.words, by_telephone=by_telephone, **bounds)
