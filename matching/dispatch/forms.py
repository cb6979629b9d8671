"""Forms of the dispatch room: asking, answering, agreeing, deciding, telling, reporting."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import RadioField, SelectField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Optional

from ..accounts.actor import Source
from ..registry.forms import Clock, Day, Form, OfferedOrNone, WholeNumber, reference, references, versioned, words
from ..registry.vocabulary import Desk
from .models import Candidate, Inquiry
from .wording import first_wish, second_wish

PROMISE, DECLINE, ASK = "promise", "decline", "ask"
DECLINE_REASONS = (
    _l("日時の都合がつかない"),
    _l("遠い・移動の手段がない"),
    _l("内容が自分にできることと違う"),
    _l("体調や家庭の事情"),
    _l("条件（謝礼や費用など）が合わない"),
)


def radio(
    label: Any, choices: Sequence[tuple[str, Any]], *, ask: Any, description: Any = "", default: str | None = None
) -> RadioField:
    return RadioField(
        label,
        choices=[SelectChoice(value, text) for value, text in choices],
        validators=[InputRequired(message=ask)],
        description=description,
        default=default,
        # An unchosen radio is sent as nothing at all: that is "not answered", not "not a valid choice".
        validate_choice=True,
    )


TOLD_BY = ((Source.TELEPHONE.value, _l("電話・窓口で話す")), (Source.PAPER.value, _l("書面で送る")))
ASKED_BY = (*TOLD_BY, (Source.MAIL.value, _l("メールで送る（5分間は取り消せます）")))
HEARD_BY = ((Source.TELEPHONE.value, _l("電話・窓口")), (Source.PAPER.value, _l("書面")))


def heard_by_choice() -> RadioField:
    """How the desk heard it: mostly by telephone."""
    ask = _l("聞いた方法を選んでください。")
    return radio(_l("聞いた方法"), HEARD_BY, ask=ask, default=Source.TELEPHONE.value)


class SearchForm(Form):
    """Find somebody whom the matcher missed."""

    class Meta:
        csrf = False  # it only reads

    q = words(_l("名前・ふりがな・できること"), longest=60)


class AddForm(Form):
    missed_because = words(
        _l("候補に出てこなかった理由"),
        longest=300,
        ask=_l("なぜ候補に出てこなかったと思うかを入力してください。"),
        description=_l("例：登録の言葉は「園芸」だが、庭木の手入れもできると聞いている。次の改善に使います。"),
        rows=2,
    )


class InquiryForm(Form):
    """How to ask one candidate."""

    channel = radio(_l("打診の方法"), ASKED_BY, ask=_l("打診の方法を選んでください。"))
    answer_by = Day(_l("返事の期限"), ask=_l("返事の期限を入力してください。"))
    reserve = SelectField(
        _l("次点"),
        choices=[],
        validators=[Optional()],
        description=_l("断られたときに、次に打診する人です。"),
    )
    override_reason = words(_l("それでも打診する理由"), longest=300, rows=2)
    version = versioned()

    def offer_reserves(self, candidates: Sequence[Candidate]) -> None:
        self.reserve.choices = [SelectChoice("", _("決めない"))] + [
            SelectChoice(str(c.id), _("%(rank)s位 %(name)s", rank=c.rank, name=c.party.name)) for c in candidates
        ]


class AnswerForm(Form):
    """What a candidate answers; the desk fills the same form in for somebody on the telephone."""

    answer = radio(
        _l("お返事"),
        (
            (PROMISE, _l("引き受けます（内諾）")),
            (DECLINE, _l("今回は辞退します")),
            (ASK, _l("先に聞きたいことがあります")),
        ),
        ask=_l("お返事を選んでください。"),
    )
    heads = WholeNumber(
        _l("来られる人数"),
        least=1,
        most=200,
        description=_l("おひとりのときは、空けておいてかまいません。団体の方は、およその人数を入れてください。"),
    )
    remark = words(
        _l("伝えておきたいこと"), longest=300, rows=2, description=_l("例：車で行きます。机を2つ貸してください。")
    )
    decline_choice = SelectField(_l("辞退の理由"), choices=[], validators=[Optional()], validate_choice=False)
    decline_reason = words(_l("辞退の理由（くわしく）"), longest=300, rows=2)
    question = words(_l("聞きたいこと"), longest=500, rows=3)
    version = versioned()

    def __init__(self, *args: Any, **kw: Any) -> None:
        super().__init__(*args, **kw)
        self.decline_choice.choices = [SelectChoice("", _("選んでください"))] + [
            SelectChoice(str(reason), str(reason)) for reason in DECLINE_REASONS
        ]

    @property
    def reason(self) -> str:
        chosen = self.decline_choice.data or ""
        known = chosen if chosen in {str(reason) for reason in DECLINE_REASONS} else ""
        return "：".join(word for word in (known, self.decline_reason.data or "") if word)[:300]


def answer_form(inquiry: Inquiry, *, by_telephone: bool = False) -> Any:
    """An AnswerForm with a choice for each occasion that was told; staff also say how they heard it."""

    class OfThisInquiry(AnswerForm):
        def settled(self) -> list[dict[str, int]]:
            return [
                {"occasion": occasion["id"], "choice": int(self[f"occasion_{occasion['id']}"].data or 1)}
                for occasion in inquiry.told["occasions"]
            ]

    for number, occasion in enumerate(inquiry.told["occasions"], start=1):
        choices = [("1", _("第1希望の%(day)s", day=first_wish(occasion)))]
        if second_wish(occasion):
            choices.append(("2", _("第2希望の%(day)s", day=second_wish(occasion))))
        if len(inquiry.told["occasions"]) > 1:
            choices.append(("0", _("この回は行けません")))
        setattr(
            OfThisInquiry,
            f"occasion_{occasion['id']}",
            RadioField(
                _("第%(n)s回の日時", n=number),
                choices=[SelectChoice(value, text) for value, text in choices],
                default="1",
                validators=[Optional()],
            ),
        )
    if by_telephone:
        OfThisInquiry.heard_by = heard_by_choice()
    return OfThisInquiry(version=str(inquiry.version), heads=inquiry.heads)


class ReplyForm(Form):
    reply = words(_l("質問への答え"), longest=500, ask=_l("答えを入力してください。"), rows=3)
    version = versioned()


class ConsultForm(Form):
    """What the requester is told about who would come."""

    outline = words(
        _l("来てくれる人の概要"),
        longest=600,
        ask=_l("どんな人が行くかを入力してください。"),
        description=_l("依頼者に伝わります。電話番号やメールアドレスは書かないでください。"),
        rows=5,
    )
    channel = radio(_l("伝える方法"), ASKED_BY, ask=_l("伝える方法を選んでください。"))
    version = versioned()


class AgreementForm(Form):
    """What the requester says to it."""

    answer = radio(
        _l("お返事"), (("agree", _l("了承します")), ("refuse", _l("了承しません"))), ask=_l("お返事を選んでください。")
    )
    reason = words(_l("了承しない理由"), longest=300, rows=2)
    version = versioned()


class HeardAgreementForm(AgreementForm):
    heard_by = heard_by_choice()


class DecisionForm(Form):
    decided_on = Day(_l("決定日"), ask=_l("決定日を入力してください。"))
    decided_by = words(
        _l("決裁した人"),
        longest=80,
        ask=_l("決裁した人の職名か氏名を入力してください。"),
        description=_l("例：協働推進課長　山口 一郎"),
    )
    version = versioned()


def decision_form(occasions: Sequence[Any], **values: Any) -> Any:
    """A DecisionForm with day, hours and note for each occasion."""

    class OfThisRequest(DecisionForm):
        pass

    for occasion in occasions:
        for name, field in (
            ("on", Day(_l("実施日"))),
            ("starts", Clock(_l("始まり"))),
            ("ends", Clock(_l("終わり"))),
            ("note", words(_l("日時のメモ"), longest=120)),
        ):
            setattr(OfThisRequest, f"{name}_{occasion.id}", field)
    return OfThisRequest(**values)


class GiveUpForm(DecisionForm):
    reason = words(
        _l("派遣できない理由"),
        longest=300,
        ask=_l("派遣できない理由を入力してください。依頼者にも伝わります。"),
        description=_l("依頼者に伝わります。候補の方の名前や事情は書かないでください。"),
        rows=3,
    )


class ToldForm(Form):
    told_by = radio(_l("伝えた方法"), HEARD_BY, ask=_l("伝えた方法を選んでください。"))


class ReportForm(Form):
    done = radio(
        _l("結果"), (("done", _l("実施した")), ("not_done", _l("実施しなかった"))), ask=_l("結果を選んでください。")
    )
    attended = WholeNumber(_l("参加した人数"), least=0, most=100000)
    text = words(
        _l("報告"),
        longest=1000,
        ask=_l("様子をひとこと入力してください。実施しなかったときは、その理由を入力してください。"),
        description=_l("例：30人が参加し、しめ縄を1人1本作りました。来年もお願いしたいです。"),
        rows=4,
    )
    version = versioned()


class StaffReportForm(ReportForm):
    heard_by = heard_by_choice()


class ReasonForm(Form):
    """Why a decided dispatch is called off."""

    reason = words(
        _l("理由"),
        longest=300,
        ask=_l("理由を入力してください。両方に伝わります。"),
        description=_l("例：台風が近づいているため"),
        rows=2,
    )
    version = versioned()


class ReopenForm(Form):
    """Somebody who was to go cannot come."""

    cannot_come = references(_l("来られなくなった人"), ask=_l("来られなくなった人を選んでください。"))
    reason = words(
        _l("理由"),
        longest=300,
        ask=_l("来られなくなった理由を書いてください。"),
        description=_l("窓口の中だけで読みます。依頼者には、都合がつかなくなったことだけを伝えます。"),
        rows=2,
    )
    version = versioned()

    def offer(self, expected: Sequence[Inquiry]) -> None:
        self.cannot_come.choices = [SelectChoice(str(i.party_id), i.party.name) for i in expected]
        if len(expected) == 1 and not self.is_submitted():
            self.cannot_come.data = [expected[0].party_id]


class HandOverForm(Form):
    """To which desk, and what it should know."""

    to_desk = reference(_l("引き継ぐ窓口"), ask=_l("引き継ぐ窓口を選んでください。"))
    note = words(
        _l("次の窓口に伝えること"),
        longest=300,
        ask=_l("次の窓口に伝えることを書いてください。"),
        description=_l("例：10日までに会場を決めたいとのこと。電話は夕方がつながりやすいです。"),
        rows=4,
    )
    version = versioned()

    def offer(self, desks: Sequence[Desk]) -> None:
        self.to_desk.choices = [SelectChoice("", _("選んでください"))]
        self.to_desk.choices += [SelectChoice(str(desk.id), desk.name) for desk in desks]
        self.to_desk.validators = [*self.to_desk.validators, OfferedOrNone()]


class ConfirmForm(Form):
    """A button with the version of the page it stands on."""

    version = versioned()
