"""Reference tables: fields, districts, desks, departments; and the small fixed vocabularies that forms offer."""

from __future__ import annotations

from sqlalchemy import Float, ForeignKey, String, select
from sqlalchemy.orm import Mapped, mapped_column

from ..database import Model, db
from ..workflow import N_, Labelled


class Field(Model):
    """One of the NPO law's twenty categories of activity; the number is the law's."""

    __tablename__ = "field"

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    name: Mapped[str] = mapped_column(String(60), unique=True)


class District(Model):
    """One of the city's 21 districts, with the place of its 地域交流センター."""

    __tablename__ = "district"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    name: Mapped[str] = mapped_column(String(20), unique=True)
    latitude: Mapped[float] = mapped_column(Float)
    longitude: Mapped[float] = mapped_column(Float)


class Department(Model):
    """A department of the city hall (所管課)."""

    __tablename__ = "department"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(60), unique=True)


class DeskKind(Labelled):
    CITY = "city", N_("市の窓口")
    SUPPORT_CENTRE = "support_centre", N_("市民活動支援センター")
    COMMUNITY_CENTRE = "community_centre", N_("地域交流センター")


class Desk(Model):
    """A place where people come or call (窓口). A contractor's staff sees no council data."""

    __tablename__ = "desk"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(40), unique=True)
    name: Mapped[str] = mapped_column(String(60), unique=True)
    kind: Mapped[DeskKind]
    is_contractor: Mapped[bool] = mapped_column(default=False)
    district_id: Mapped[int | None] = mapped_column(ForeignKey("district.id"))


class OrganizationKind(Labelled):
    NEIGHBORHOOD = "neighborhood", N_("自治会・町内会")
    COMMUNITY_COUNCIL = "community_council", N_("地域づくり協議会")
    CHILDREN = "children", N_("子ども会")
    PTA = "pta", N_("PTA・保護者会")
    SENIORS = "seniors", N_("老人クラブ")
    SALON = "salon", N_("サロン・サークル")
    CITIZEN_GROUP = "citizen_group", N_("市民活動団体")
    NPO = "npo", N_("NPO法人・社会福祉法人など")
    SCHOOL = "school", N_("学校・園・大学")
    SHOPPING = "shopping", N_("商店街")
    BUSINESS = "business", N_("事業者")
    PUBLIC = "public", N_("市の課・公共機関")
    OTHER = "other", N_("そのほか")


class Support(Labelled):
    """What kind of help somebody gives."""

    LECTURE = "lecture", N_("講演")
    INSTRUCT = "instruct", N_("実技指導")
    ADVISE = "advise", N_("助言")
    ASSIST = "assist", N_("作業の手伝い")
    PERFORM = "perform", N_("出演・演奏")
    OPERATE = "operate", N_("運営補助")
    LEND = "lend", N_("機材や会場の提供")


class Money(Labelled):
    """What somebody asks for, or can pay."""

    FREE = "free", N_("無償")
    EXPENSES = "expenses", N_("実費のみ")
    FEE = "fee", N_("謝礼あり")


class Level(Labelled):
    """How far somebody has come with a skill; the value is the number that the record keeps."""

    BEGINNER = "1", N_("習いはじめ")
    SOME = "2", N_("少しできる")
    ALONE = "3", N_("一人でできる")
    TEACHING = "4", N_("人に教えられる")
    MASTER = "5", N_("長く教えている・専門の仕事")


class Part(Labelled):
    """A part of the day, in the order of the week's slots."""

    MORNING = "am", N_("午前")
    AFTERNOON = "pm", N_("午後")
    EVENING = "eve", N_("夜間")


PARTS = tuple(Part)
WEEKDAYS = "月火水木金土日"

FIELDS = {
    1: "保健・医療・福祉",
    2: "社会教育",
    3: "まちづくり",
    4: "観光",
    5: "農山漁村・中山間地域",
    6: "学術・文化・芸術・スポーツ",
    7: "環境の保全",
    8: "災害救援",
    9: "地域安全（防犯・交通安全）",
    10: "人権・平和",
    11: "国際協力",
    12: "男女共同参画",
    13: "子どもの健全育成",
    14: "情報化社会（ICT）",
    15: "科学技術",
    16: "経済活動の活性化",
    17: "職業能力・雇用",
    18: "消費者保護",
    19: "団体運営の助言・援助",
    20: "条例で定める活動",
}

# Coordinates of each district's 地域交流センター: 国土地理院 避難場所データ (see NOTICE).
DISTRICTS = (
    ("大殿", 34.1833, 131.4798),
    ("白石", 34.1741, 131.4736),
    ("湯田", 34.1681, 131.4566),
    ("仁保", 34.2119, 131.559),
    ("小鯖", 34.1273, 131.5244),
    ("大内", 34.1597, 131.5027),
    ("宮野", 34.1999, 131.5074),
    ("吉敷", 34.1663, 131.4326),
    ("平川", 34.1428, 131.4546),
    ("大歳", 34.149, 131.44),
    ("陶", 34.0895, 131.4305),
    ("鋳銭司", 34.0794, 131.4463),
    ("名田島", 34.0842, 131.4121),
    ("二島", 34.0375, 131.4229),
    ("嘉川", 34.0677, 131.3696),
    ("佐山", 34.0365, 131.3594),
    ("小郡", 34.1031, 131.3926),
    ("秋穂", 34.0191, 131.4332),
    ("阿知須", 34.0131, 131.3591),
    ("徳地", 34.1908, 131.6603),
    ("阿東", 34.3985, 131.7214),
)

SUPPORT_CENTRE = "saporant"
CITY_DESK = "kyodo"


def load_reference_tables(*, support_centre_name: str, city_desk_name: str) -> None:
    """Write fields, districts and desks; the same call again changes nothing but names."""
    for number, name in FIELDS.items():
        db.session.merge(Field(number=number, name=name))
    for id_, (name, latitude, longitude) in enumerate(DISTRICTS, start=1):
        db.session.merge(District(id=id_, name=name, latitude=latitude, longitude=longitude))
    db.session.flush()
    _put_desk(CITY_DESK, city_desk_name, DeskKind.CITY)
    _put_desk(SUPPORT_CENTRE, support_centre_name, DeskKind.SUPPORT_CENTRE, is_contractor=True)
    for id_, (name, _latitude, _longitude) in enumerate(DISTRICTS, start=1):
        _put_desk(f"center:{name}", f"{name}地域交流センター", DeskKind.COMMUNITY_CENTRE, district_id=id_)
    _put_department(city_desk_name)
    db.session.flush()


def _put_desk(
    code: str, name: str, kind: DeskKind, *, is_contractor: bool = False, district_id: int | None = None
) -> None:
    desk = db.session.scalar(select(Desk).where(Desk.code == code))
    if desk is None:
        desk = Desk(code=code, kind=kind, is_contractor=is_contractor, district_id=district_id)
        db.session.add(desk)
    desk.name = name


def _put_department(name: str) -> None:
    if db.session.scalar(select(Department).where(Department.name == name)) is None:
        db.session.add(Department(name=name))


def all_fields() -> list[Field]:
    return list(db.session.scalars(select(Field).order_by(Field.number)))


def all_districts() -> list[District]:
    return list(db.session.scalars(select(District).order_by(District.id)))


def all_departments() -> list[Department]:
    return list(db.session.scalars(select(Department).order_by(Department.id)))


def all_desks() -> list[Desk]:
    return list(db.session.scalars(select(Desk).order_by(Desk.id)))
