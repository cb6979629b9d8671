"""How an inquiry, the requester's consent and a dispatch move."""

from ..workflow import N_, Labelled, Workflow


class InquiryState(Labelled):
    OPEN = "open", N_("返事待ち")
    ASKED = "asked", N_("質問あり")
    PROMISED = "promised", N_("内諾")
    DECLINED = "declined", N_("辞退")
    RETRACTED = "retracted", N_("取り消し")
    STOOD_DOWN = "stood_down", N_("見送り")


class InquiryAction(Labelled):
    ASK = "ask", N_("質問する")
    ANSWER = "answer", N_("質問に答える")
    PROMISE = "promise", N_("内諾する")
    DECLINE = "decline", N_("辞退する")
    RETRACT = "retract", N_("打診を取り消す")
    STAND_DOWN = "stand_down", N_("今回は見送る")


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
    ASKED = "asked", N_("返事待ち")
    AGREED = "agreed", N_("了承")
    REFUSED = "refused", N_("了承しない")
    RETRACTED = "retracted", N_("取り消し")


class AgreementAction(Labelled):
    AGREE = "agree", N_("了承する")
    REFUSE = "refuse", N_("了承しない")
    RETRACT = "retract", N_("取り消す")


AGREEMENT: Workflow[AgreementState, AgreementAction] = Workflow(
    {
        (AgreementState.ASKED, AgreementAction.AGREE): AgreementState.AGREED,
        (AgreementState.ASKED, AgreementAction.REFUSE): AgreementState.REFUSED,
        (AgreementState.ASKED, AgreementAction.RETRACT): AgreementState.RETRACTED,
        (AgreementState.AGREED, AgreementAction.RETRACT): AgreementState.RETRACTED,
    }
)


class DispatchState(Labelled):
    PLANNED = "planned", N_("予定")
    DONE = "done", N_("実施した")
    NOT_DONE = "not_done", N_("実施しなかった")
    CANCELLED = "cancelled", N_("中止")


class DispatchAction(Labelled):
    REPORT_DONE = "report_done", N_("実施したと報告する")
    REPORT_NOT_DONE = "report_not_done", N_("実施しなかったと報告する")
    CANCEL = "cancel", N_("中止する")


DISPATCH: Workflow[DispatchState, DispatchAction] = Workflow(
    {
        (DispatchState.PLANNED, DispatchAction.REPORT_DONE): DispatchState.DONE,
        (DispatchState.PLANNED, DispatchAction.REPORT_NOT_DONE): DispatchState.NOT_DONE,
        (DispatchState.PLANNED, DispatchAction.CANCEL): DispatchState.CANCELLED,
    }
)
