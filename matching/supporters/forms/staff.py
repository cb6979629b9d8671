"""What a coordinator adds to a registration, and decides about it."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField
from wtforms.fields.choices import SelectChoice

from ...accounts.actor import Source
from ...registry.forms import (
    Day,
    Filters,
    Form,
    MultiCheckboxField,
    form_key,
    number_of,
    one_of,
    reference,
    versioned,
    words,
)
from ...registry.models import PartyKind, Skill

TOLD_BY = (Source.PAPER, Source.TELEPHONE)


class SupporterFilters(Filters):
    """What the list of registrations is narrowed by, besides their state."""

    district = reference(_l("行ける地域"))
    kind = one_of(_l("個人・団体"), PartyKind)


class DeskFields:
    """Mixin: what a coordinator adds when passing on what somebody said."""

    form_key = form_key()
    party_version = versioned()  # what is known of the party may be changed on another page, too
    source = one_of(_l("受け付けた方法"), TOLD_BY, ask=_l("受け付けた方法を選んでください。"))
    given_on = Day(_l("受け付けた日"), ask=_l("受け付けた日を入力してください。"))
    pledge = BooleanField(_l("誓約をもらった（暴力団と関わりがない。政治・宗教・営利を目的としない）"))
    note_for_desk = words(_l("窓口のメモ"), longest=1000, rows=3, description=_l("窓口の職員だけが見ます。"))
    confirmed = BooleanField(_l("確認まで済ませる（すぐに依頼を紹介できるようになります）"))


class EditFields:
    """Mixin: a coordinator says from whom a change came; the owner is not asked."""

    source = one_of(_l("どのように聞きましたか"), TOLD_BY, ask=_l("聞いた方法を選んでください。"))
    note_for_desk = words(_l("窓口のメモ"), longest=1000, rows=3, description=_l("窓口の職員だけが見ます。"))
    version = versioned()
    party_version = versioned()

    def only_for_owner(self) -> None:
        form: Any = self
        del form.source
        del form.note_for_desk


class ConfirmForm(Form):
    """Skills whose certificate was seen."""

    skills = MultiCheckboxField(_l("資格証を確認したもの"), choices=[], coerce=number_of)
    version = versioned()

    def offer(self, skills: list[Skill]) -> None:
        qualified = [skill for skill in skills if skill.qualification and not skill.confirmed]
        if not qualified:
            del self.skills
            return
        self.skills.choices = [
            SelectChoice(
                str(skill.id),
                _("%(qualification)s（%(phrase)s）", qualification=skill.qualification, phrase=skill.phrase),
            )
            for skill in qualified
        ]


class ReturnForm(Form):
    note = words(
        _l("直していただきたいところ"), longest=300, rows=3, ask=_l("直していただきたいところを書いてください。"),
        description=_l("登録した方の画面に、そのまま表示されます。"),
    )  # fmt: skip
    version = versioned()
