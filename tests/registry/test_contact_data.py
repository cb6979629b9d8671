"""What in a text tells how somebody is reached."""

import pytest

from matching.registry.models import ContactKind
from matching.registry.services import Contact, contact_data_in

THEIRS = (
    Contact(ContactKind.TELEPHONE, "083-922-1234"),
    Contact(ContactKind.MAIL, "Hana@example.jp"),
    Contact(ContactKind.ADDRESS, "山口市仁保１－２－３"),
)

pytestmark = pytest.mark.usefixtures("session")


@pytest.mark.parametrize(
    "text",
    [
        "電話は083-922-0001です",
        "電話は０８３－９２２－０００１です",
        "（083）922-0001",
        "８３－９２２－０００１",
        "090 1234 5678",
        "09012345678",
        "+81 83 922 0001",
        "電話は922-0001まで",
        "九二二ー〇〇〇一へどうぞ",
    ],
)
def test_a_telephone_is_seen_by_its_look(text):
    assert contact_data_in(text) == ["電話番号"]


@pytest.mark.parametrize("text", ["9221234", "922の1234", "922 1234", "（922）1234", "九二二一二三四番", "22-1234"])
def test_their_own_telephone_is_seen_however_it_is_written(text):
    assert contact_data_in(text, THEIRS) == ["電話番号"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("hana@example.jp へ", ["メールアドレス"]),
        ("ＨＡＮＡ＠example.jp へ", ["メールアドレス"]),
        ("山口市仁保1-2-3で教えています。", ["住所"]),
        ("山口市仁保で教えています。", []),
    ],
)
def test_mail_and_their_own_address_are_seen(text, told):
    assert contact_data_in(text, THEIRS) == told


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026-11-24に30人の前で話しました。",
        "2026-12-05 10-12時、2026/12/06 13:30から",
        "〒753-0214 の地域",
        "参加費は100-1000円、300-1000人まで",
        "昭和35年から、1,000回",
        "令和8年度 第12号",
    ],
)
def test_days_prices_and_numbers_are_no_contact_data(text):
    assert contact_data_in(text, THEIRS) == []
