"""How an inquiry, the requester's consent and a dispatch move."""

from ..workflow import Labelled, Workflow


class InquiryState(Labelled):
    OPEN = "open", "返事待ち"
    ASKED = "asked", "質問あり"
    PROMISED = "promised", "内諾"
    DECLINED = "declined", "辞退"
    RETRACTED = "retracted", "取り消し"
    STOOD_DOWN = "stood_down", "見送り"


class InquiryAction(Labelled):
    ASK = "ask", "質問する"
    ANSWER = "answer", "質問に答える"
    PROMISE = "promise", "内諾する"
    DECLINE = "decline", "辞退する"
    RETRACT = "retract", "打診を取り消す"
    STAND_DOWN = "stand_down", "今回は見送る"


I, B = InquiryState, InquiryAction

INQUIRY: Workflow[InquiryState, InquiryAction] = Workflow(
    {
        (I.OPEN, B.ASK): I.ASKED,
        (I.OPEN, B.PROMISE): I.PROMISED,
        (I.OPEN, B.DECLINE): I.DECLINED,
        (I.OPEN, B.RETRACT): I.RETRACTED,
        (I.ASKED, B.ASK): I.ASKED,
        (I.ASKED, B.ANSWER): I.OPEN,
        (I.ASKED, B.PROMISE): I.PROMISED,
        (I.ASKED, B.DECLINE): I.DECLINED,
        (I.ASKED, B.RETRACT): I.RETRACTED,
        (I.PROMISED, B.DECLINE): I.DECLINED,
        (I.PROMISED, B.STAND_DOWN): I.STOOD_DOWN,
    }
)
WAITING = frozenset({I.OPEN, I.ASKED})


class AgreementState(Labelled):
    ASKED = "asked", "返事待ち"
    AGREED = "agreed", "了承"
    REFUSED = "refused", "了承しない"
    RETRACTED = "retracted", "取り消し"


class AgreementAction(Labelled):
    AGREE = "agree", "了承する"
    REFUSE = "refuse", "了承しない"
    RETRACT = "retract", "取り消す"


AGREEMENT: Workflow[AgreementState, AgreementAction] = Workflow(
    {
        (AgreementState.ASKED, AgreementAction.AGREE): AgreementState.AGREED,
        (AgreementState.ASKED, AgreementAction.REFUSE): AgreementState.REFUSED,
        (AgreementState.ASKED, AgreementAction.RETRACT): AgreementState.RETRACTED,
        (AgreementState.AGREED, AgreementAction.RETRACT): AgreementState.RETRACTED,
    }
)


class DispatchState(Labelled):
    PLANNED = "planned", "予定"
    DONE = "done", "実施した"
    NOT_DONE = "not_done", "実施しなかった"
    CANCELLED = "cancelled", "中止"


class DispatchAction(Labelled):
    REPORT_DONE = "report_done", "実施したと報告する"
    REPORT_NOT_DONE = "report_not_done", "実施しなかったと報告する"
    CANCEL = "cancel", "中止する"


DISPATCH: Workflow[DispatchState, DispatchAction] = Workflow(
    {
        (DispatchState.PLANNED, DispatchAction.REPORT_DONE): DispatchState.DONE,
        (DispatchState.PLANNED, DispatchAction.REPORT_NOT_DONE): DispatchState.NOT_DONE,
        (DispatchState.PLANNED, DispatchAction.CANCEL): DispatchState.CANCELLED,
    }
)
