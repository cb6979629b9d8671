"""The forms in which a desk writes people and organizations down, and who acts for whom."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, RadioField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import ValidationError

from ...accounts.actor import Source
from ...i18n import today
from ..models import Gender, Organization, Party, Person, Registry, Representation
from ..services import OrganizationFacts, PersonFacts, shown_too
from ..vocabulary import OrganizationKind
from .base import ContactFields, Form, form_key, versioned
from .choices import one_of, reference
from .filters import Filters
from .typed import WholeNumber, name_of, words

TOLD_BY = (Source.TELEPHONE, Source.PAPER)
NEW = "new"


def how_told(label: Any, **kw: Any) -> Any:
    return one_of(label, TOLD_BY, ask=_l("聞いた方法を選んでください。"), **kw)


class OrganizationFilters(Filters):
    field = None
    kind = one_of(_l("団体の種類"), OrganizationKind)

    def __init__(self, *, by_telephone: bool) -> None:
        super().__init__()
        box: Any = self["q"]
        box.label.text = _("団体名・電話の末尾4桁") if by_telephone else _("団体名・ふりがな")


class OrganizationFields:
    """Mixin: what an organization is."""

    name = name_of(_l("団体名"), longest=120, ask=_l("団体名を入力してください。"))
    kana = words(_l("団体名（ふりがな）"), longest=120)
    organization_kind = one_of(_l("団体の種類"), OrganizationKind, ask=_l("団体の種類を選んでください。"))
    district = reference(_l("主な活動の地域"))
    note = words(
        _l("メモ"), longest=1000, rows=3, description=_l("この団体を見る職員みんなが読みます。団体の人には見えません。")
    )

    def facts(self) -> OrganizationFacts:
        form: Any = self
        return OrganizationFacts(
            name=form.name.data,
            kana=form.kana.data,
            organization_kind=form.organization_kind.data,
            district_id=form.district.data,
            note=form.note.data,
        )


class PersonFields:
    """Mixin: who somebody is."""

    name = name_of(_l("氏名"), ask=_l("氏名を入力してください。"))
    kana = words(_l("氏名（ふりがな）"), longest=80)
    birth_year = WholeNumber(
        _l("生まれた年（西暦）"), least=1900, most=2100, description=_l("例：昭和35年は1960年です。")
    )
    gender = one_of(
        _l("性別"),
        Gender,
        blank=_l("聞いていない"),
        description=_l("審議会等の男女の割合を報告するときだけ使います。本人から聞いたとおりに選んでください。"),
    )
    district = reference(_l("お住まいの地域"))
    affiliation = words(_l("所属・職業"), longest=300, description=_l("例：○○大学教授、元小学校教員"))
    note = words(
        _l("メモ"),
        longest=1000,
        rows=3,
        description=_l("この方を見る職員みんなが読みます。審議会等のことは、ここには書かないでください。"),
    )

    def validate_birth_year(self, field: Any) -> None:
        if field.data is not None and field.data > today(datetime.now(UTC)).year:
            raise ValidationError(_("生まれた年は、今年までの西暦で入力してください。"))

    def facts(self, person: Person | None = None) -> PersonFacts:
        """What was told; a field that this reader does not see stays as it is."""
        form: Any = self
        return PersonFacts(
            name=form.name.data,
            kana=form.kana.data,
            birth_year=form.birth_year.data,
            gender=form.gender.data if "gender" in form else person.gender if person else None,
            district_id=form.district.data,
            affiliation=form.affiliation.data,
            note=form.note.data,
        )

    def only_for(self, *, gender: bool, contacts: bool) -> None:
        """Leave out what this reader has no need to know."""
        form: Any = self
        if not gender:
            del form.gender
        if not contacts:
            for name in CONTACTS:
                del form[name]


CONTACTS = (
    "telephone", "telephone_hours", "share_telephone", "mail", "share_mail", "address", "share_address",
)  # fmt: skip


def say_what_is_shown(question: Any, party: Party, *, than: Registry) -> None:
    """Beside the question of consent: which other registration of the party it shows, too."""
    if told := shown_too(party, than=than):
        question.description = f"{question.description or ''}{told}"


class Entered:
    """Mixin: written down for the first time; where somebody alike is known, the desk looks first."""

    form_key = form_key()
    source = how_told(_l("どのように聞きましたか"))


class EnterOrganization(Entered, OrganizationFields, ContactFields, Form):
    different = BooleanField(_l("別の団体です（新しく入れる）"))


class EnterPerson(Entered, PersonFields, ContactFields, Form):
    different = BooleanField(_l("別の人です（新しく入れる）"))


class Edited:
    """Mixin: corrected after somebody told the desk."""

    version = versioned()
    source = how_told(_l("どのように聞きましたか"))


class EditOrganization(Edited, OrganizationFields, ContactFields, Form):
    """For the desk."""


class EditPerson(Edited, PersonFields, ContactFields, Form):
    """For staff."""


class OwnContacts(ContactFields, Form):
    """An organization's own representative says how to reach it."""

    version = versioned()

    def validate(self, *args: Any, **kw: Any) -> bool:
        valid = bool(super().validate(*args, **kw))
        form: Any = self
        if not (form.telephone.data or form.mail.data or form.telephone.errors or form.mail.errors):
            form.telephone.errors = [_("電話番号かメールアドレスの、どちらかを入力してください。")]
            return False
        return valid


def contents_of(party: Party) -> dict[str, Any]:
    """A party as a form's values."""
    known: dict[str, Any] = {
        "version": party.version, "name": party.name, "kana": party.kana,
        "district": party.district_id, "note": party.note,
    }  # fmt: skip
    if isinstance(party, Organization):
        known["organization_kind"] = party.organization_kind
    if isinstance(party, Person):
        known |= {"birth_year": party.birth_year, "gender": party.gender, "affiliation": party.affiliation}
    return known


class RepresentativeForm(Form):
    """Who acts for an organization, as it told the desk."""

    choice = RadioField(_l("代表者・担当者"), choices=[], validate_choice=False)
    name = name_of(_l("氏名"))
    kana = words(_l("氏名（ふりがな）"), longest=80)
    title = words(_l("役職"), longest=60, description=_l("例：会長、事務局、担任"))
    source = how_told(_l("どのように聞きましたか"))

    def offer(self, found: Iterable[Person]) -> None:
        found = list(found)
        self.choice.choices = [SelectChoice(str(one.id), _told_apart(one)) for one in found] + [
            SelectChoice(NEW, _("新しい人（下に書く）"))
        ]
        if not found:
            self.choice.data = NEW

    @property
    def chosen(self) -> int | None:
        data = self.choice.data
        return None if data == NEW or not data else int(data)

    def validate(self, *args: Any, **kw: Any) -> bool:
        valid = bool(super().validate(*args, **kw))
        if self.choice.data not in {choice.value for choice in self.choice.choices}:
            self.choice.errors = [_("一人を選んでください。")]
            return False
        if self.choice.data == NEW and not self.name.data and not self.name.errors:
            self.name.errors = [_("氏名を入力してください。")]
            return False
        return valid


def _told_apart(person: Person) -> str:
    """Two of one name are told apart by kana, district and birth year."""
    facts = [person.kana, person.district.name if person.district else None]
    facts.append(_("%(y)s年生まれ", y=person.birth_year) if person.birth_year else None)
    known = _("、").join(fact for fact in facts if fact)
    return f"{person.name}（{known}）" if known else person.name


class EndRepresentation(Form):
    """Somebody no longer acts for the organization; a page has one for each who does."""

    source = how_told(_l("どのように聞きましたか"))

    def __init__(self, representation: Representation, **kw: Any) -> None:
        super().__init__(**kw)
        field: Any = self.source
        field.id = field.label.field_id = f"end-{representation.id}-source"
