"""What the owner of a registration does with it, or a coordinator on their word."""

from __future__ import annotations

from collections.abc import Collection

from flask_babel import lazy_gettext as _l
from wtforms import SelectField

from ...registry.forms import Day, Form, one_of, versioned, words
from ...registry.models import Purpose
from ..states import OWN_REASONS, TOLD_REASONS
from .staff import TOLD_BY


class MovingForm(Form):
    """What the owner does, or a coordinator on their word: then the way it was told is asked."""

    version = versioned()

    def only_for_owner(self) -> None:
        del self.source


def how_told(id_: str) -> SelectField:
    return one_of(_l("どのように聞きましたか"), TOLD_BY, ask=_l("聞いた方法を選んでください。"), id=id_)


class PauseForm(MovingForm):
    source = how_told("pause-source")
    until = Day(_l("お休みの終わりの日"), description=_l("決まっていないときは、空けておいてください。"))


class ResumeForm(MovingForm):
    source = how_told("resume-source")


class EndForm(MovingForm):
    source = how_told("end-source")
    why = one_of(_l("終える理由"), TOLD_REASONS, blank=_l("答えない"))
    reason = words(_l("くわしい理由"), longest=300, rows=3)

    def only_for_owner(self) -> None:
        super().only_for_owner()
        self.why.choices = [one for one in self.why.choices if one.value in ("", *OWN_REASONS)]
        if self.why.data not in OWN_REASONS:
            self.why.data = None


class RenewForm(MovingForm):
    source = how_told("renew-source")


class WithdrawForm(MovingForm):
    """One consent is taken back."""

    source = how_told("withdraw-source")
    purpose = one_of(_l("取り消す同意"), Purpose, ask=_l("取り消す同意を選んでください。"))

    def offer(self, active: Collection[Purpose]) -> None:
        self.purpose.choices = [one for one in self.purpose.choices if one.value in ("", *active)]

    def leave_out_councils(self) -> None:
        """What a reader is not told of, they do not take back."""
        if self.purpose.data is Purpose.COUNCIL:
            self.purpose.data = None
