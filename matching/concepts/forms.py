"""The forms of the lexicon: one concept, line by line; what to do with one; the filters and the trial of the list."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import StringField
from wtforms.validators import ValidationError

from ..engine.lexicon import Concept
from ..registry.forms import (
    READABLE,
    Filters,
    Form,
    Step,
    form_key,
    name_of,
    one_line,
    reference,
    references,
    versioned,
    words,
)
from ..registry.forms.filters import LONGEST
from .keeping import Kept, Linking, folded, in_their_old_order

LONGEST_LABEL = 60
LONGEST_NAME, MOST_NAMES = 40, 40
LONGEST_SITUATION, MOST_SITUATIONS = 120, 60
LONGEST_TRIAL = 400
ALIKE = 80.0  # percent: so much like a label is a slip, and no word of its own


BULLET = re.compile(r"^[\s・\-*●■□]+")  # not ○, with which words begin: ○つけボランティア


def lines(text: str | None) -> list[str]:
    """The non-empty lines of a text area, without leading bullets, each once."""
    found = (BULLET.sub("", line).strip() for line in (text or "").split("\n"))
    return list(dict.fromkeys(line for line in found if line))


class ConceptFilters(Filters):
    """What the list is narrowed by, besides its part. Its words stand in the address: a trouble is told to the trial."""

    q = StringField(
        _l("項目の名前・言い方"), filters=[one_line], render_kw={"maxlength": LONGEST, "autocomplete": "off"}
    )
    field = reference(_l("分野"))
    district = None


class _Lines:
    """So many lines of a text area, each so long, and something to read in each."""

    def __init__(self, *, most: int, longest: int) -> None:
        self.most, self.longest = most, longest

    def __call__(self, form: Any, field: Any) -> None:
        told = lines(field.data)
        if len(told) > self.most:
            raise ValidationError(
                _("%(most)s行までにしてください。いまは%(n)s行あります。", most=self.most, n=len(told))
            )
        for line in told:
            if len(line) > self.longest:
                start = line[:12]
                raise ValidationError(
                    _("1行は%(most)s文字までです。「%(start)s…」を短くしてください。", most=self.longest, start=start)
                )
            if not READABLE.search(line):
                raise ValidationError(_("「%(line)s」は読めません。文字で書いてください。", line=line))


def names_of(label: Any, *, description: Any = "", rows: int = 4) -> StringField:
    return _text_area(label, MOST_NAMES, LONGEST_NAME, description, rows)


def sentences_of(label: Any, *, description: Any = "", rows: int = 6) -> StringField:
    return _text_area(label, MOST_SITUATIONS, LONGEST_SITUATION, description, rows)


def labels_of(label: Any, *, description: Any = "") -> StringField:
    return _text_area(label, MOST_NAMES, LONGEST_LABEL, description, 4)


def _text_area(label: Any, most: int, longest: int, description: Any, rows: int) -> StringField:
    bounds = _Lines(most=most, longest=longest)
    room = most * (longest + 2)  # line ends are two characters on their way
    return words(label, longest=room, rows=rows, description=description, validators=[bounds])


class ConceptForm(Form):
    """One concept; ``linking`` knows the others by their labels, ``before`` is what it was."""

    version = versioned()
    form_key = form_key()
    label = name_of(_l("項目の名前"), longest=LONGEST_LABEL, ask=_l("項目の名前を入力してください。"))
    fields = references(_l("分野"), ask=_l("分野を1つ以上選んでください。"))
    aliases = names_of(
        _l("ほかの言い方"),
        rows=6,
        description=_l(
            "1行に1つずつ、略した言い方、昔の言い方、資格の名前なども書いてください。"
            "文の中から見つけるのは、2文字から24文字まで（ひらがなかカタカナだけなら3文字から）のものです。"
        ),
    )
    experts = names_of(_l("できる人・専門の人"), description=_l("1行に1つずつ。例：社会福祉士、元保育士"))
    offers = sentences_of(
        _l("登録する人の言い方"),
        description=_l("手伝う人が、自分のできることをどう言うかを、1行に1つずつ。例：孫のような子の宿題を見ています"),
    )
    situations = sentences_of(
        _l("困っている人の言い方"),
        rows=10,
        description=_l("頼む人が、困りごとをどう言うかを、1行に1つずつ、ふだんの言葉で。例：通帳を何度もなくす"),
    )
    broader = labels_of(_l("もっと広い項目"), description=_l("辞書にある項目の名前を、1行に1つずつ。"))
    near = labels_of(
        _l("近い項目"),
        description=_l("辞書にある項目の名前を、1行に1つずつ。ここに書いた項目の登録も、少し弱く候補になります。"),
    )
    confusable = labels_of(
        _l("まちがえやすいもの"),
        description=_l(
            "似ていても別のものを、1行に1つずつ。項目の名前でも、ただの言葉でもかまいません。例：防災に対する防犯"
        ),
    )

    def __init__(self, linking: Linking, *, before: Concept | None = None, **kw: Any) -> None:
        super().__init__(**kw)
        self.linking = linking
        self.before = before or Concept(id="", label="")
        del self["version" if before is None else "form_key"]

    def validate_broader(self, field: Any) -> None:
        self._must_be_known(field, lambda line: self.linking.nearest(line))

    validate_near = validate_broader

    def validate_confusable(self, field: Any) -> None:
        """Other words may stand here too, but not the slip of a label, and no name of the concept itself: it would no
        longer be found by that name."""
        form: Any = self
        own = {folded(name) for name in (form.label.data or "", *lines(form.aliases.data))}
        for line in lines(field.data):
            if folded(line) in own:
                raise ValidationError(_("「%(line)s」は、この項目そのものです。", line=line))
        kept = set(self.before.confusable)
        self._must_be_known(field, lambda line: None if line in kept else self.linking.nearest(line, at_least=ALIKE))

    def _must_be_known(self, field: Any, meant: Callable[[str], str | None]) -> None:
        """Else the message names the concept that was ``meant``; without one, nothing is wrong."""
        for line in lines(field.data):
            id_ = self.linking.id_of(line)
            if id_ and id_ == self.before.id:
                raise ValidationError(_("「%(line)s」は、この項目そのものです。", line=line))
            if id_ is None and (near := meant(line)):
                raise ValidationError(
                    _("「%(line)s」という項目はありません。「%(near)s」のことですか。", line=line, near=near)
                )

    def told(self) -> Concept:
        form: Any = self
        before = self.before
        return Concept(
            id=before.id,
            label=form.label.data,
            fields=in_their_old_order(form.fields.data, before.fields),
            aliases=in_their_old_order(lines(form.aliases.data), before.aliases),
            experts=in_their_old_order(lines(form.experts.data), before.experts),
            offers=in_their_old_order(lines(form.offers.data), before.offers),
            situations=in_their_old_order(lines(form.situations.data), before.situations),
            broader=self.linking.weights(lines(form.broader.data), "broader"),
            near=self.linking.weights(lines(form.near.data), "near"),
            confusable=self.linking.confusable(lines(form.confusable.data)),
        )


NAMES, SENTENCES, LINKS = ("aliases", "experts"), ("situations", "offers"), ("broader", "near", "confusable")
STEPS = (Step(_l("項目の内容"), ("label", "fields", *NAMES, *SENTENCES, *LINKS)),)


def known_of(one: Kept, linking: Linking) -> dict[str, Any]:
    """A concept as the form's values."""
    concept = one.concept

    def shown(ids: Sequence[str]) -> str:
        return "\n".join(linking.label_of(id_) for id_ in ids)

    return {
        "version": one.version,
        "label": concept.label,
        "fields": list(concept.fields),
        **{name: "\n".join(getattr(concept, name)) for name in (*NAMES, *SENTENCES)},
        **{name: shown(tuple(getattr(concept, name))) for name in LINKS},
    }


class TrialForm(Form):
    """A sentence to try; nothing of it is stored."""

    text = words(
        _l("頼む人が言いそうな文"),
        longest=LONGEST_TRIAL,
        rows=3,
        ask=_l("文を入れてください。"),
        description=_l("人の名前や電話番号は入れないでください。例：通帳を何度もなくす母のことで困っている"),
        render_kw={"autocomplete": "off"},
    )


class MovingForm(Form):
    """Out of use, back in use, or the program's words again."""

    version = versioned()
