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


S, A = InquiryState, InquiryAction

INQUIRY: Workflow[InquiryState, InquiryAction] = Workflow(
    {
        (S.OPEN, A.ASK): S.ASKED,
        (S.OPEN, A.PROMISE): S.PROMISED,
        (S.OPEN, A.DECLINE): S.DECLINED,
        (S.OPEN, A.RETRACT): S.RETRACTED,
        (S.ASKED, A.ASK): S.ASKED,
        (S.ASKED, A.ANSWER): S.OPEN,
        (S.ASKED, A.PROMISE): S.PROMISED,
        (S.ASKED, A.DECLINE): S.DECLINED,
        (S.ASKED, A.RETRACT): S.RETRACTED,
        (S.PROMISED, A.DECLINE): S.DECLINED,
        (S.PROMISED, A.STAND_DOWN): S.STOOD_DOWN,
    }
)
WAITING = frozenset({S.OPEN, S.ASKED})


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
