"""The parts of a request that its forms share: what is asked for, the requester's own words, the outline."""

from __future__ import annotations

from datetime import date
from typing import Any

import wtforms
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, FormField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import ValidationError

from ...registry.forms import Clock, Day, Rows, WholeNumber, form_key, lines, one_of, reference, words
from ...registry.vocabulary import Money, Part
from ..models import RequestKind
from ..services import LONGEST_OUTLINE, MAX_NEEDS, MAX_OCCASIONS, Matter, Wish, Words, wrong_with, wrong_with_needs

NOT_DECIDED = _l("決まっていない")


def one_line_of(text: str | None) -> str | None:
    """What fits in one line of a mail or a list."""
    return " ".join((text or "").split()) or None


class OccasionForm(wtforms.Form):
    """One time that somebody should come. The form around it says which day it is today."""

    today: date
    known: frozenset[date] = frozenset()
    is_needed = False

    on = Day(_l("来てほしい日（第1希望）"))
    part = one_of(_l("時間帯"), Part, blank=NOT_DECIDED)
    starts = Clock(_l("始まりの時刻"))
    ends = Clock(_l("終わりの時刻"))
    second_on = Day(_l("第2希望の日"))
    second_part = one_of(_l("第2希望の時間帯"), Part, blank=NOT_DECIDED)
    note = words(_l("日が決まっていないとき"), longest=120, description=_l("例：来週のどこか、毎月第2土曜日"))

    @property
    def is_untouched(self) -> bool:
        return not any(str(value).strip() for field in self for value in field.raw_data or ())

    def wish(self) -> Wish:
        return Wish(**{name: field.data or None for name, field in self._fields.items()})

    def validate(self, extra_validators: Any = None) -> bool:
        if not super().validate(extra_validators):
            return False
        if self.is_untouched and not self.is_needed:
            return True
        if wrong := wrong_with(self.wish(), today=self.today, known=self.known):
            self[wrong[0]].errors = [wrong[1]]
        return wrong is None


class WordsFields:
    """Mixin: the requester's own words, their money, and the key that makes one request of one opened form."""

    form_key = form_key()
    trouble = words(
        _l("困っていること・してほしいこと"),
        longest=2000,
        rows=8,
        ask=_l("困っていることや、してほしいことを書いてください。"),
        description=_l("ふだんの言葉で大丈夫です。ここに書いたことは、窓口の人だけが読みます。"),
    )
    money = one_of(
        _l("お礼や費用"),
        Money,
        blank=_l("まだ決めていない"),
        description=_l("「実費のみ」は、交通費や材料費だけを払うことです。"),
    )
    budget_yen = WholeNumber(
        _l("用意できる金額（円）"), least=0, most=10_000_000, description=_l("決まっているときだけ入れてください。")
    )

    released = BooleanField(
        _l("相手が見つかるまで、要約を公開してよい（団体名は出しません）"),
        description=_l("要約は窓口が書きます。手伝える人の目にとまりやすくなります。いつでもやめられます。"),
    )

    def own_words(self) -> Words:
        form: Any = self
        return Words(form.trouble.data, form.money.data, form.budget_yen.data, form.released.data)


def _few_and_short(_form: Any, field: Any) -> None:
    if message := wrong_with_needs(lines(field.data)):
        raise ValidationError(message)


class MatterFields:
    """Mixin: what is asked for. ``heard`` are the requester's words where the form does not ask for them."""

    heard = ""

    title = words(
        _l("題名"),
        longest=80,
        ask=_l("題名を入れてください。"),
        description=_l("例：敬老会で見られる出し物をお願いしたい"),
    )
    needs = words(
        _l("お願いしたいこと（短い言葉で）"),
        longest=400,
        rows=4,
        validators=[_few_and_short],
        description=_l("1行に1つ、6つまで書けます。例：手品、30分くらい、耳が遠くても楽しめるもの"),
    )
    field = reference(_l("分野"))
    district = reference(_l("地域"), description=_l("来てほしい場所がある地域を選んでください。"))
    place = words(_l("場所"), longest=120, description=_l("例：中央集会所の2階"))
    occasions = Rows(
        FormField(OccasionForm),
        label=_l("来てほしい日時"),
        min_entries=2,
        max_entries=MAX_OCCASIONS,
    )
    head_count = WholeNumber(
        _l("来てほしい人数"), least=1, most=200, default=1, ask=_l("来てほしい人数を入れてください。")
    )
    attendance = WholeNumber(_l("参加する人の数（だいたい）"), least=1, most=100_000)

    def begin(self, *, today: date, known: frozenset[date] = frozenset()) -> None:
        """Offer the empty choices in plain words, and remember the day."""
        form: Any = self
        form.field.choices[0] = SelectChoice("", _("分からない"))
        form.district.choices[0] = SelectChoice("", NOT_DECIDED)
        self.today, self.known_days = today, known

    def validate(self, extra_validators: Any = None) -> bool:
        """Every row is told the day first; one of them is needed."""
        form: Any = self
        for entry in form.occasions:
            entry.form.today, entry.form.known = self.today, self.known_days
        form.occasions[0].form.is_needed = all(entry.form.is_untouched for entry in form.occasions)
        parent: Any = super()
        return bool(parent.validate(extra_validators))

    def add_occasion(self) -> None:
        form: Any = self
        if len(form.occasions) < MAX_OCCASIONS:
            form.occasions.append_entry()

    def described(self) -> str:
        form: Any = self
        parts = [form["trouble"].data if "trouble" in form else self.heard, form.title.data]
        return "\n".join(part for part in parts if part)

    def told_lines(self) -> list[str]:
        form: Any = self
        return lines(form.needs.data)

    def take(self, label: str) -> bool:
        """One need more, as far as there is room."""
        form: Any = self
        told = self.told_lines()
        if label not in told:
            if len(told) >= MAX_NEEDS:
                return False
            form.needs.data = "\n".join([*told, label])
        return True

    def matter(self) -> Matter:
        form: Any = self
        return Matter(
            title=one_line_of(form.title.data) or "",
            needs=tuple(lines(form.needs.data)),
            field_number=form.field.data,
            district_id=form.district.data,
            place=one_line_of(form.place.data),
            wishes=tuple(wish for entry in form.occasions if not (wish := entry.form.wish()).is_blank),
            head_count=form.head_count.data,
            attendance=form.attendance.data,
        )


class OutlineFields:
    """Mixin: what makes a request ready to be taken in."""

    kind = one_of(
        _l("派遣・紹介"),
        RequestKind,
        blank=NOT_DECIDED,
        description=_l("派遣は、窓口が人を送ります。紹介は、相手を知らせて、あとは当事者どうしで決めてもらいます。"),
    )
    outline = words(
        _l("打診用の要約"),
        longest=LONGEST_OUTLINE,
        rows=8,
        description=_l("候補の人に伝える文です。個人の名前や電話番号は書かないでください。"),
    )
