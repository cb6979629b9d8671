"""What everybody may read of a registration, and what never."""

from datetime import date

import pytest
from sqlalchemy import event

from matching.accounts.actor import SYSTEM
from matching.database import db
from matching.errors import Invalid
from matching.registry import services as registry
from matching.registry.models import ContactKind, Person, Purpose, Registry
from matching.registry.services import Contact, SkillWords
from matching.supporters import services
from matching.supporters.identity import Identity
from matching.supporters.publishing import public_entries, public_entry
from tests.factories import a_person, a_representative, an_organization

from .factories import NOW, a_registration, a_supporter

DAY = date(2026, 11, 24)
NAMED = [Purpose.MATCHING, Purpose.PUBLIC_NAMED]
ANONYMOUS = [Purpose.MATCHING, Purpose.PUBLIC_ANONYMOUS]


def shown(**asked):
    return public_entries(day=DAY, **asked).items


def test_only_active_registrations_with_a_public_consent_are_shown(session):
    a_supporter(a_person("非公開 一郎"))
    a_registration(a_person("確認 待子"), consents=NAMED)
    a_supporter(a_person("公開 花子"), "手話", consents=NAMED, anywhere=True, fields=[1])
    [entry] = shown()
    assert entry.name == "公開 花子" and entry.skills == ("手話",) and entry.anywhere
    assert [field.number for field in entry.fields] == [1]
    assert public_entry(entry.key) == entry
    assert public_entry("0" * 16) is None


def test_without_a_name_nothing_tells_whose_entry_it_is(session):
    person = a_person("稲葉 さつき", kana="いなば さつき")
    supporter = a_supporter(person, "紙芝居", consents=ANONYMOUS)
    supporter.intro = "稲葉です。図書館で読んでいます。"  # as an import may bring it
    registry.set_skills(person.id, Registry.SUPPORTER, [SkillWords("紙芝居"), SkillWords("稲葉さつきの語り")])
    services.refresh(supporter, now=NOW)
    [entry] = shown()
    assert entry.name is None and entry.shown_name == "名前は出していません"
    assert entry.skills == ("紙芝居",) and entry.intro == "" and entry.withheld
    assert "稲葉" not in repr(entry)
    assert len(entry.key) == 16
    assert [one.skills for one in shown(words="紙芝居")] == [("紙芝居",)]
    for words in ("稲葉", "稲葉さつき", "いなば", "語り", "図書館"):
        assert shown(words=words) == [], words


def test_withdrawing_or_ending_takes_the_entry_away_at_once(session):
    one = a_supporter(a_person("公開 花子"), consents=NAMED)
    other = a_supporter(a_person("公開 次郎"), consents=ANONYMOUS)
    assert len(shown()) == 2
    registry.withdraw_consent(registry.active_consents(one.party_id)[Purpose.PUBLIC_NAMED], by=SYSTEM, now=NOW)
    assert len(shown()) == 1
    services.end(other, by=SYSTEM, now=NOW)
    assert shown() == [] and public_entry(other.public_key) is None


def test_the_directory_is_searched_by_skill_shown_name_field_and_district(session):
    a_supporter(a_person("佐藤 文"), "着付け", consents=NAMED, fields=[6], districts=[3])
    a_supporter(a_person("鈴木 誠"), "手品", consents=ANONYMOUS, fields=[14], anywhere=True)
    names = lambda found: [one.name for one in found]  # noqa: E731  (two words read better here)
    assert names(shown(words="着付け")) == ["佐藤 文"]
    assert names(shown(words="佐藤")) == ["佐藤 文"]
    assert names(shown(words="マジックを教えて")) == [None]
    assert shown(words="鈴木") == [] and shown(words="%") == []
    assert names(shown(field=14)) == [None] and set(names(shown(district=3))) == {"佐藤 文", None}
    assert names(shown(district=4)) == [None]


def test_an_organization_without_its_name(session):
    club = an_organization("NPO法人 竹灯りの会")
    supporter = a_supporter(club, "竹灯り", consents=ANONYMOUS)
    supporter.intro = "竹灯りの会は10年になります。"
    assert shown()[0].intro == "" and shown()[0].skills == ("竹灯り",)


@pytest.mark.parametrize(
    ("text", "named", "told"),
    [
        ("山口です。山口県の歴史を話します。", False, ["氏名"]),
        ("山口県の歴史を話します。山口市で生まれました。", False, []),
        ("やまぐち はるおと申します。", False, ["ふりがな"]),
        ("山口です。", True, []),
        ("電話は０８３－９２２－０００１です。", True, ["電話番号"]),
        ("電話は922-1234まで", True, ["電話番号"]),
        ("電話は九二二の一二三四番", False, ["電話番号"]),
        ("haru@example.jp へどうぞ。", True, ["メールアドレス"]),
        ("山口市仁保1-2-3で教えています。", True, ["住所"]),
        ("2026-11-24に30人の前で話しました。", False, []),
    ],
)
def test_what_tells_who_somebody_is_is_named(session, text, named, told):
    person = a_person("山口 春夫", kana="やまぐち はるお")
    address = Contact(ContactKind.ADDRESS, "山口市仁保１－２－３")
    registry.set_contacts(person, [address, Contact(ContactKind.TELEPHONE, "083-922-1234")])
    assert Identity.of(person).told_by(text, named=named) == told


@pytest.mark.parametrize(
    ("affiliation", "text", "told"),
    [
        ("山口大学教育学部教授", "所属は山口大学教育学部の教授です", ["所属"]),
        ("山口大学教育学部教授", "山口大学で教えています", ["所属"]),
        ("株式会社ほたる工務店、消防団員", "ほたる工務店で大工をしています", ["所属"]),
        ("元さくら小学校校長", "さくら小学校で30年教えました", ["所属"]),
        ("元小学校教員", "小学校教員でした", []),
        ("高等学校教諭、管理栄養士", "高等学校で教えました。管理栄養士です", []),
        ("建設会社社員", "会社で働いています", []),
        ("山口大学教育学部教授", "山口の歴史を話します", []),
    ],
)
def test_an_affiliation_tells_who_shows_no_name(session, affiliation, text, told):
    person = a_person("田中 一", affiliation=affiliation)
    supporter = a_supporter(person, "講話", consents=ANONYMOUS)
    supporter.intro = text
    [entry] = shown()
    assert entry.withheld is bool(told) and entry.intro == ("" if told else text)
    assert Identity.of(person).told_by(text, named=False) == told
    assert Identity.of(person).told_by(text, named=True) == []


def test_the_organization_somebody_acts_for_tells_who_shows_no_name(session):
    club = an_organization("NPO法人 竹灯りの会")
    user = a_representative(club)
    person = session.get(Person, user.party_id)
    with pytest.raises(Invalid) as refused:
        a_supporter(person, "竹灯りの会で教えています", consents=ANONYMOUS)
    assert refused.value.field == "skills" and "担当している団体" in refused.value.message
    supporter = a_supporter(person, "竹細工", consents=ANONYMOUS)
    supporter.intro = "竹灯りの会の代表です。"
    [entry] = shown()
    assert entry.withheld and entry.intro == "" and shown(words="竹灯り") == []


def test_the_directory_asks_the_database_a_fixed_number_of_times(session):
    def queries(**asked):
        seen = []
        count = lambda *_args: seen.append(1)  # noqa: E731  (two words read better here)
        event.listen(db.engine, "before_cursor_execute", count)
        session.expire_all()
        shown(**asked)
        event.remove(db.engine, "before_cursor_execute", count)
        return len(seen)

    def add(first, last):
        for number in range(first, last):
            person = a_person(f"人{number} 名", affiliation=f"第{number}病院")
            a_supporter(person, "手話", consents=NAMED if number % 2 else ANONYMOUS, districts=[3])
        session.commit()
        queries(words="手話")  # the first search after a change reads what changed

    add(0, 3)
    few = queries(), queries(words="手話")
    add(3, 30)
    assert (queries(), queries(words="手話")) == few
    assert len(shown(words="手話")) == 20


def test_a_page_that_a_shorter_list_no_longer_has_is_the_last(session):
    a_supporter(a_person("公開 花子"), consents=NAMED)
    assert shown(page=2) == shown() != []
