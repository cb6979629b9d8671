"""The forms of a person's registration: by themselves in steps, or on one page by the desk and to change it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField
from wtforms.validators import ValidationError

from ...i18n import today
from ...registry.forms import ContactFields, Step, WholeNumber, name_of, reference, words
from ..services import guardian_missing
from .content import (
    AGREEING,
    SKILLS,
    TERMS,
    AllSkillRows,
    ContentFields,
    Pledge,
    Registration,
    unreachable,
    without_consent,
    without_skills,
)
from .staff import DeskFields, EditFields

PERSON_STEPS = (
    Step(_l("あなたのこと"), ("name", "kana", "district", "birth_year", "guardian_name", "guardian_agreed")),
    SKILLS,
    TERMS,
    AGREEING,
)


def without_guardian(form: Any) -> Iterator[tuple[str, str]]:
    """Said on the step that asks; the service refuses it too."""
    day = today(datetime.now(UTC))
    if missing := guardian_missing(form.birth_year.data, form.guardian_name.data, form.guardian_agreed.data, on=day):
        yield missing


class PersonFields:
    """Mixin: who somebody is."""

    name = name_of(_l("氏名"), ask=_l("氏名を入力してください。"), render_kw={"autocomplete": "name"})
    kana = words(_l("氏名（ふりがな）"), longest=80, ask=_l("ふりがなを入力してください。"))
    birth_year = WholeNumber(
        _l("生まれた年（西暦）"),
        least=1900,
        most=2100,
        description=_l("18歳未満の方は、必ず入力してください。例：昭和35年は1960年です。"),
    )
    guardian_name = name_of(_l("保護者の氏名"))
    guardian_agreed = BooleanField(_l("保護者が登録に同意しています"))
    district = reference(_l("お住まいの地域"))

    def validate_birth_year(self, field: Any) -> None:
        if field.data is not None and field.data > today(datetime.now(UTC)).year:
            raise ValidationError(_("生まれた年は、今年までの西暦で入力してください。"))


class RegisterPerson(PersonFields, ContactFields, ContentFields, Pledge, Registration):
    checks = (without_guardian, unreachable, without_skills, without_consent)


class EnterPerson(AllSkillRows, DeskFields, PersonFields, ContactFields, ContentFields, Registration):
    different = BooleanField(_l("別の人です（新しく登録する）"))  # asked where somebody alike is known
    kana = words(_l("氏名（ふりがな）"), longest=80)


class EditPerson(AllSkillRows, EditFields, PersonFields, ContactFields, ContentFields, Registration):
    kana = words(_l("氏名（ふりがな）"), longest=80)
