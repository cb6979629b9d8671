"""Lists of people from files: invented ones with the dirt of real ones, and the real ones where they are at hand."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import func, select

from matching.accounts.actor import SYSTEM, Source
from matching.profiles import services as profiles
from matching.registry import services as registry
from matching.registry.models import (
    Basis,
    BasisKind,
    Consent,
    ContactPoint,
    Import,
    Party,
    Person,
    Provenance,
    Registry,
    Skill,
)
from matching.supporters import services
from matching.supporters.commands import import_group
from matching.supporters.importing import Unreadable, import_supporters, read_mapping
from matching.supporters.importing.phrases import lines_of_text, skills_and_rest, tags_of_column
from matching.supporters.models import Supporter
from matching.supporters.states import SupporterState

NOW = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
LATER = datetime(2027, 5, 10, 1, 0, tzinfo=UTC)
REAL = Path(__file__).resolve().parents[3] / "shared" / "data" / "ictadvisors"

FIRST = """\
ふりがな,氏名,所属・役職,"地域情報化の
専門分野・技術",専門分野,略歴,関連サイト
あおの\u3000はるこ,"青野\u3000春子\t\t","みどり大学\u2028教授","\uf06cGIS
・オープンデータの整備","防災 働き方子育て","1990年 みどり大学卒業",https://example.jp/
しらかわ なつお,白川 夏男,白川工房,,働き方 子育て,木工を教えています。,
きむら・あきえ,木村\u3000秋恵,,,子育て 働き方 防災,,
"""
SECOND = (
    "\ufeffID,ふりがな,氏名,所属・役職,主な対応分野,PDF\n"
    '001,あおのはるこ,青野 春子,みどり大学 名誉教授,"防災,ネットワーク\n（無線）,,,",x.pdf\n'
    "2,シラカワ ナツオ,白川夏男,,,y.pdf\n"
    '3,あおの はるか,青野 春子,別の人,"観光,防災",z.pdf\n'
)


def read(text, *, now=NOW, **options):
    data = text if isinstance(text, bytes) else text.encode()
    options.setdefault("mapping", read_mapping(None))
    return import_supporters(
        data, file_name="list.csv", basis=BasisKind.PUBLIC_INFORMATION, by=SYSTEM, now=now, **options
    )


def the_one(session, name):
    return session.scalar(select(Supporter).join(Person, Person.id == Supporter.party_id).where(Person.name == name))


def phrases_of(supporter):
    return [skill.phrase for skill in registry.skills_of(supporter.party_id, Registry.SUPPORTER)]


def test_people_come_in_with_skills_basis_and_origin_but_without_consent(session):
    summary = read(FIRST, department="総務課")
    assert summary.added == ["青野 春子", "白川 夏男", "木村 秋恵"] and not summary.refused
    assert summary.unused == ("関連サイト",)
    haruko = the_one(session, "青野 春子")
    assert haruko.state is SupporterState.ACTIVE and haruko.came_by is Source.IMPORT
    assert haruko.party.kana == "あおの はるこ" and haruko.party.affiliation == "みどり大学、教授"
    assert phrases_of(haruko) == ["防災", "働き方", "子育て", "GIS", "オープンデータの整備"]
    assert haruko.intro == "1990年 みどり大学卒業"
    card = services.card_of(haruko)
    assert card.districts is None and not haruko.anywhere
    assert session.scalar(select(func.count()).select_from(Consent)) == 0
    assert session.scalar(select(func.count()).select_from(ContactPoint)) == 0
    [basis] = haruko.party.bases
    file = session.scalar(select(Import))
    assert basis.kind is BasisKind.PUBLIC_INFORMATION and basis.import_id == file.id and file.department == "総務課"
    origin = session.scalar(
        select(Provenance).where(Provenance.party_id == haruko.party_id, Provenance.field == "name")
    )
    assert origin.value == "青野\u3000春子\t\t" and origin.row == 2 and origin.import_id == file.id
    assert profiles.find(registry="supporter", registration_id=haruko.id)


def test_the_same_file_again_adds_nothing(session):
    read(FIRST)
    summary = read(FIRST, now=LATER)
    assert summary.already == NOW and not summary.added
    assert session.scalar(select(func.count()).select_from(Party)) == 3
    assert session.scalar(select(func.count()).select_from(Import)) == 1


def test_the_next_years_file_updates_the_known_erases_nothing_and_names_the_missing(session):
    read(FIRST)
    intro = the_one(session, "青野 春子").intro
    summary = read(SECOND, now=LATER)
    assert summary.added == ["青野 春子"]  # あおの はるか is somebody else
    assert summary.updated == [("青野 春子", ["affiliation", "skills"])] and summary.unchanged == 1
    assert summary.not_found == ["木村 秋恵"]
    [haruko] = session.scalars(
        select(Supporter).join(Party, Party.id == Supporter.party_id).where(Party.kana == "あおの はるこ")
    )
    assert haruko.intro == intro and haruko.party.affiliation == "みどり大学 名誉教授"
    assert phrases_of(haruko) == ["防災", "ネットワーク（無線）", "GIS", "オープンデータの整備"]
    natsuo = the_one(session, "白川 夏男")
    assert phrases_of(natsuo) == ["働き方", "子育て"] and natsuo.party.affiliation == "白川工房"
    assert len(natsuo.party.bases) == 1
    card = profiles.find(registry="supporter", registration_id=haruko.id).content.card
    assert card["phrases"][1][0] == "ネットワーク（無線）"
    assert session.scalar(select(func.count()).select_from(Supporter)) == 4


def test_rows_that_cannot_be_read_are_named_and_the_rest_goes_in(session):
    summary = read(
        "氏名,ふりがな,略歴\n"
        "青野 春子,あおの はるこ,a\n"
        ",なし,b\n"
        "白川 夏男,しらかわ\n"
        f"{'長' * 61},ながい,c\n"
        "\n"
        "・ ・,きごう,d\n"
        "青野春子,アオノハルコ,e\n"
        "木村 秋恵,きむら あきえ,f,,\n"
        "余分,よぶん,g,あり\n"
    )
    assert summary.added == ["青野 春子", "木村 秋恵"]
    assert [number for number, _ in summary.refused] == [3, 4, 5, 7, 8, 10]
    reasons = dict(summary.refused)
    assert "氏名がありません" in reasons[3] and "列の数" in reasons[4] and "長すぎます" in reasons[5]
    assert "2行目と同じ" in reasons[8]


def test_an_open_quotation_mark_is_named_and_what_came_before_goes_in(session):
    summary = read('氏名,略歴\n青野 春子,a\n白川 夏男,"開いたまま\n木村 秋恵,c\n')
    assert summary.added == ["青野 春子"]
    assert summary.refused == [(3, "引用符が閉じられていないため、この行からあとは読めません")]


def test_a_name_without_kana_that_fits_two_people_is_not_guessed(session):
    read("氏名,ふりがな\n青野 春子,あおの はるこ\n青野 春子,あおの はるか\n")
    summary = read("氏名,所属\n青野 春子,新しい所属\n", now=LATER)
    assert not summary.updated and "ふりがなを入れてください" in summary.refused[0][1]


def test_what_the_desk_changed_by_hand_is_left_alone(session):
    read(FIRST)
    natsuo = the_one(session, "白川 夏男")
    services.edit(
        natsuo,
        services.Told(skills=[registry.SkillWords("椅子の修理")], intro="本人から聞いた紹介。"),
        name=natsuo.party.name,
        kana=natsuo.party.kana,
        district_id=None,
        consents=(),
        contacts=(),
        by=SYSTEM,
        now=NOW,
    )
    read("氏名,ふりがな,専門分野,略歴,所属\n白川 夏男,しらかわなつお,観光,別の略歴,新しい工房\n", now=LATER)
    assert phrases_of(natsuo) == ["椅子の修理"] and natsuo.intro == "本人から聞いた紹介。"
    assert natsuo.party.affiliation == "新しい工房"


def test_an_ended_registration_is_not_brought_back_by_a_file(session):
    read(FIRST)
    natsuo = the_one(session, "白川 夏男")
    services.end(natsuo, by=SYSTEM, now=NOW)
    summary = read(SECOND, now=LATER)
    assert (3, "この方の登録は終わっています。もう一度登録するかは本人に確かめてください") in summary.refused
    assert natsuo.state is SupporterState.ENDED
    assert session.scalar(select(func.count()).select_from(Supporter).where(Supporter.party_id == natsuo.party_id)) == 1


def test_another_departments_person_of_the_same_name_and_kana_is_the_same(session):
    read(FIRST, department="総務課")
    summary = read(SECOND, department="観光課", now=LATER)
    assert summary.added == ["青野 春子"] and the_one(session, "白川 夏男")
    assert [name for name, _fields in summary.updated] == ["青野 春子"] and summary.unchanged == 1
    assert summary.not_found == []  # 木村 秋恵 stands in the other department's list
    assert read(FIRST + "\n", department="情報課", now=LATER).added == []


def test_another_departments_person_without_kana_stays_apart(session):
    read("氏名,略歴\n青野 春子,a\n", department="総務課")
    assert read("氏名,略歴\n青野 春子,b\n", department="観光課", now=LATER).added == ["青野 春子"]


def test_somebody_alike_whom_no_file_brought_in_is_named_and_kept_apart(app, session, command):
    registered = registry.create_person("白川 夏男", kana="しらかわ なつお")
    summary = read(FIRST)
    assert summary.doubtful == [(3, "白川 夏男")] and len(summary.added) == 3
    assert session.scalar(select(func.count()).select_from(Person).where(Person.name_key == registered.name_key)) == 2
    assert read(FIRST + "\n", now=LATER).doubtful == []  # exactly so already
    session.rollback()
    with app.app_context():
        registry.create_person("白川 夏男", kana="しらかわ なつお")
        session.commit()
    assert "3行目: 同じ名前の人がすでにいます" in command("--basis", "public_information").output


def test_a_person_whose_basis_was_ended_is_not_taken_from_a_file_again(session):
    read(FIRST)
    natsuo = the_one(session, "白川 夏男")
    registry.end_basis(natsuo.party.bases[0], by=SYSTEM, now=NOW)
    assert profiles.find(registry="supporter", registration_id=natsuo.id) is None
    for department in ("", "情報課"):
        summary = read(f"{SECOND}\n{department}", department=department, now=LATER)
        assert (3, "この方の情報は、使わないことになっています") in summary.refused
    assert profiles.find(registry="supporter", registration_id=natsuo.id) is None


def test_contact_data_come_only_from_columns_that_are_named(session):
    mapping = {**read_mapping(None), "mail": ["連絡用メール"]}
    text = "氏名,連絡用メール,電話,URL\n青野 春子,haruko@example.jp,083-000-0001,https://example.jp\n"
    read(text, mapping=mapping)
    points = session.scalars(select(ContactPoint).order_by(ContactPoint.id)).all()
    assert {point.value for point in points} == {"083-000-0001", "haruko@example.jp"}
    assert not any(point.may_share for point in points)


@pytest.mark.parametrize(
    ("heading", "value", "kept", "told"),
    [
        ("mail", "a@example.jp\nb@example.jp", None, "メール"),
        ("mail", "連絡は事務局へ", None, "メール"),
        ("mail", "ｈａｒｕｋｏ＠example.jp", "haruko@example.jp", ""),
        ("telephone", "平日の昼に", None, "電話"),
        ("telephone", "083-000-0001 / 090-0000-0002", None, "電話"),
        ("telephone", "083−000−0001", "083−000−0001", ""),
        ("address", "山口県" * 80, None, "住所"),
        ("address", "山口市亀山町\n2番1号", "山口市亀山町 2番1号", ""),
    ],
)
def test_a_contact_that_cannot_be_used_is_left_out_and_listed(session, heading, value, kept, told):
    mapping = {**read_mapping(None), heading: ["連絡"]}
    summary = read(f'氏名,連絡\n青野 春子,"{value}"\n', mapping=mapping)
    assert summary.added == ["青野 春子"] and not summary.refused
    assert session.scalars(select(ContactPoint.value)).all() == ([kept] if kept else [])
    assert [number for number, _ in summary.left_out] == ([2] if told else [])
    assert all(told in reason for _, reason in summary.left_out)


def test_a_bad_contact_in_the_next_file_leaves_the_good_one(session):
    mapping = {**read_mapping(None), "mail": ["連絡"]}
    read("氏名,連絡\n青野 春子,haruko@example.jp\n", mapping=mapping)
    summary = read("氏名,連絡\n青野 春子,事務局\n", mapping=mapping, now=LATER)
    assert (summary.unchanged, len(summary.left_out)) == (1, 1)
    assert session.scalars(select(ContactPoint.value)).all() == ["haruko@example.jp"]


def test_an_endless_cell_costs_one_row(session):
    summary = read(f"氏名,略歴\n青野 春子,a\n白川 夏男,{'長' * 140_000}\n木村 秋恵,c\n")
    assert summary.added == ["青野 春子", "木村 秋恵"]
    assert [number for number, _ in summary.refused] == [3] and "長すぎる" in summary.refused[0][1]


@pytest.mark.parametrize(("most", "one"), [("utf-8", "cp932"), ("cp932", "utf-8")])
def test_a_line_in_another_encoding_costs_one_row(session, most, one):
    lines = [(most, "氏名,略歴"), (most, "青野 春子,a"), (one, "白川 夏男,木工の部屋あ"), (most, "木村 秋恵,c")]
    summary = read(b"".join(f"{line}\n".encode(encoding) for encoding, line in lines))
    assert summary.added == ["青野 春子", "木村 秋恵"]
    assert [number for number, _ in summary.refused] == [3] and "文字コード" in summary.refused[0][1]


def test_a_quotation_mark_that_is_closed_too_late_swallows_nobody(session):
    summary = read(
        "氏名,ふりがな,略歴\n"
        '"閉じない,とじない,a\n'
        '山田 飲まれる 二郎",やまだ,b\n'
        "青野 春子,あおの はるこ,a\n"
        '白川 夏男,しらかわ なつお,"開いた\n'
        '木村 秋恵,きむら あきえ,"余分"\n'
        "黒田 冬人,くろだ ふゆと,c\n"
    )
    assert summary.added == ["青野 春子", "黒田 冬人"]
    assert [number for number, _ in summary.refused] == [2, 4]


@pytest.mark.parametrize("name", ['"青野,春子"', '"青野 春子\n白川 夏男"', '青野""春子"', "\u200b"])
def test_a_name_cell_that_holds_more_than_a_name_is_refused(session, name):
    summary = read(f"氏名,略歴\n{name},a\n木村 秋恵,c\n")
    assert summary.added == ["木村 秋恵"] and [number for number, _ in summary.refused] == [2]


def test_a_department_with_too_long_a_name_is_refused(session):
    with pytest.raises(Unreadable, match="60文字"):
        read(FIRST, department="長い名前の課" * 12)
    assert session.scalar(select(func.count()).select_from(Import)) == 0


def test_files_from_windows_are_read(session):
    assert read("氏名,ふりがな\n髙橋 春子,たかはし はるこ\n".encode("cp932")).added == ["髙橋 春子"]


@pytest.mark.parametrize("data", [b"", b"\xff\xfe\x00", "番号,所属\n1,a\n".encode()])
def test_a_file_that_is_no_list_of_people_says_why(session, data):
    with pytest.raises(Unreadable):
        read(data)
    assert session.scalar(select(func.count()).select_from(Import)) == 0


def test_tags_without_separators_are_cut_where_the_column_knows_the_parts():
    column = [
        "働き方子育て 観光",
        "働き方 防災",
        "子育て 防災",
        "働き方",
        "子育て",
        "その他 ③観光/防災",
        "まったく新しい 分野",
    ]
    assert tags_of_column(column) == [
        ["働き方", "子育て", "観光"],
        ["働き方", "防災"],
        ["子育て", "防災"],
        ["働き方"],
        ["子育て"],
        ["観光/防災"],
        ["まったく新しい"],
    ]


def test_a_tag_broken_by_a_line_end_is_put_together_again():
    column = ["人材（研修・育成） 防災", "人材（研\n修・育成）\n防災", "防災 人材（研修・育成）"]
    assert tags_of_column(column)[1] == ["人材（研修・育成）", "防災"]


def test_lines_broken_at_the_margin_are_joined_and_bullets_go():
    assert lines_of_text("・業務の見直しを、職員と\n一緒に進める。\n・研修\n\n見出し\n①動画") == [
        "業務の見直しを、職員と一緒に進める",
        "研修",
        "見出し",
        "動画",
    ]


def test_at_most_twelve_skills_and_nothing_too_long():
    skills, rest = skills_and_rest([f"分野{n}" for n in range(10)], "・短い\n・" + "長" * 101 + "\n・二つ目\n・三つ目")
    assert len(skills) == 12 and skills[-2:] == ["短い", "二つ目"]
    assert rest == ["長" * 101, "三つ目"]


# --- the command


@pytest.fixture
def command(app, tmp_path):
    path = tmp_path / "list.csv"
    path.write_text(FIRST, encoding="utf-8")

    def run(*options):
        return app.test_cli_runner().invoke(import_group, ["supporters", str(path), *options])

    return run


@pytest.mark.parametrize("options", [(), ("--basis", "consent")])
def test_the_command_asks_for_the_ground(command, options):
    result = command(*options)
    assert result.exit_code == 2 and "利用の根拠" in result.output and "public_information" in result.output


def test_a_dry_run_changes_nothing_and_the_run_after_it_does(app, command):
    result = command("--basis", "public_information", "--dry-run")
    assert result.exit_code == 0 and "追加 3" in result.output and "何も変えていません" in result.output
    with app.app_context():
        assert Supporter.query.count() == 0
    assert (
        "追加 3、更新 0、変更なし 0、取り込めない行 0" in command("--basis", "law_69", "--department", "総務課").output
    )
    assert "取り込み済み" in command("--basis", "law_69").output
    with app.app_context():
        assert Supporter.query.count() == 3
        assert {basis.kind for basis in Basis.query} == {BasisKind.LAW_69}


def test_a_mapping_file_replaces_the_headings_it_names(app, tmp_path, command):
    mapping = tmp_path / "mapping.json"
    mapping.write_text(json.dumps({"career": ["関連サイト"]}), encoding="utf-8")
    assert command("--basis", "law_69", "--mapping", str(mapping)).exit_code == 0
    with app.app_context():
        assert "https://example.jp/" in {supporter.intro for supporter in Supporter.query}


@pytest.mark.parametrize("text", ["{", "[" * 100_000, "[]", '{"surname": ["姓"]}', '{"name": "氏名"}'])
def test_a_broken_mapping_is_refused(tmp_path, command, text):
    mapping = tmp_path / "mapping.json"
    mapping.write_text(text, encoding="utf-8")
    result = command("--basis", "law_69", "--mapping", str(mapping))
    assert result.exit_code == 1 and "mapping.json" in result.output


@pytest.mark.skipif(not REAL.is_dir(), reason="the real talent bank lies beside the project only where it is developed")
def test_the_real_talent_bank_of_two_years_comes_in(session):
    first = read((REAL / "ictadvisors_2024.csv").read_bytes(), department="総務課")
    assert len(first.added) == 222 and not first.refused
    intros = {one.party_id: one.intro for one in session.scalars(select(Supporter))}
    second = read((REAL / "ictadvisors_2025.csv").read_bytes(), department="総務課", now=LATER)
    assert len(second.added) + len(second.updated) + second.unchanged == 242 and not second.refused
    assert len(second.added) < 40 and len(second.not_found) < 25
    assert all(
        one.intro == intros[one.party_id] for one in session.scalars(select(Supporter)) if one.party_id in intros
    )
    assert session.scalar(select(func.max(func.length(Skill.phrase)))) <= 100
    assert session.scalar(select(func.count()).select_from(Consent)) == 0
    assert profiles.figures()["profiles"] == session.scalar(select(func.count()).select_from(Supporter))
