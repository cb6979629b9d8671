"""The forms of an organization's registration, and of the person who speaks for it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, SelectField
from wtforms.fields.choices import SelectChoice

from ...registry.forms import ContactFields, Step, Version, name_of, number_of, one_of, reference, words
from ...registry.models import Organization, Representation
from ...registry.vocabulary import OrganizationKind
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

ORGANIZATION_STEPS = (
    Step(
        _l("団体のこと"),
        (
            "organization", "organization_name", "organization_kana", "organization_kind", "district", "name", "kana",
            "title",
        ),
    ),
    SKILLS,
    TERMS,
    AGREEING,
)  # fmt: skip


def nameless_organization(form: Any) -> Iterator[tuple[str, str]]:
    if form.existing is None and not form.organization_name.data:
        yield "organization_name", _("団体名を入力してください。")
    if form.existing is None and form.organization_kind.data is None:
        yield "organization_kind", _("団体の種類を選んでください。")


class SitsOnNoCouncil:
    """Mixin: what only a person can agree to is not asked of an organization."""

    def __init__(self, *args: Any, **kw: Any) -> None:
        super().__init__(*args, **kw)
        form: Any = self
        form.leave_out_councils()


class OrganizationFields(SitsOnNoCouncil):
    """Mixin: an organization, and the person who speaks for it."""

    organization = SelectField(_l("登録する団体"), coerce=number_of, validate_choice=False)
    organization_name = name_of(_l("団体名"), longest=120)
    organization_kana = words(_l("団体名（ふりがな）"), longest=120)
    organization_kind = one_of(_l("団体の種類"), OrganizationKind)
    district = reference(_l("主な活動の地域"))
    name = name_of(_l("担当者の氏名"), ask=_l("担当者の氏名を入力してください。"), render_kw={"autocomplete": "name"})
    kana = words(_l("担当者の氏名（ふりがな）"), longest=80, ask=_l("担当者のふりがなを入力してください。"))
    title = words(_l("担当者の役職"), longest=60, description=_l("例：会長、事務局"))

    def offer_organizations(self, representations: list[Representation]) -> None:
        """Organizations that the user already acts for; without any, the question is left out."""
        form: Any = self
        if representations:
            form.organization.choices = [SelectChoice("", _("新しい団体（下に書く）"))] + [
                SelectChoice(str(one.organization_id), one.organization.name) for one in representations
            ]
        else:
            del form.organization

    @property
    def offered(self) -> set[int]:
        form: Any = self
        if "organization" not in form:
            return set()
        return {int(choice.value) for choice in form.organization.choices if choice.value}

    @property
    def existing(self) -> int | None:
        form: Any = self
        chosen = form.organization.data if "organization" in form else None
        return chosen if chosen in self.offered else None


class RegisterOrganization(OrganizationFields, ContactFields, ContentFields, Pledge, Registration):
    checks = (unreachable, nameless_organization, without_skills, without_consent)
    filled_for = Version()  # whose contacts and consents stand on the last step, as they were when they were put there

    def begins_anew(self, organization: Organization | None) -> bool:
        """Whether the contacts and consents that were sent are another organization's, or no longer these."""
        form: Any = self
        now = f"{organization.id}.{organization.version}" if organization else ""
        before, form.filled_for.data = form.filled_for.data or "", now
        return form.is_submitted() and before != now


class EnterOrganization(AllSkillRows, DeskFields, OrganizationFields, ContactFields, ContentFields, Registration):
    different = BooleanField(_l("別の団体です（新しく登録する）"))
    checks = (nameless_organization,)
    name = name_of(_l("担当者の氏名"))
    kana = words(_l("担当者の氏名（ふりがな）"), longest=80)


class EditOrganization(SitsOnNoCouncil, AllSkillRows, EditFields, ContactFields, ContentFields, Registration):
    name = name_of(_l("団体名"), longest=120, ask=_l("団体名を入力してください。"))
    kana = words(_l("団体名（ふりがな）"), longest=120)
    district = reference(_l("主な活動の地域"))
