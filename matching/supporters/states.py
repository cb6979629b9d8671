"""How a supporter's registration moves: submitted, confirmed by a coordinator, ended."""

from ..workflow import N_, Labelled, Workflow


class SupporterState(Labelled):
    SUBMITTED = "submitted", N_("確認待ち")
    RETURNED = "returned", N_("確認のお願い中")
    ACTIVE = "active", N_("登録中")
    PAUSED = "paused", N_("お休み中")
    ENDED = "ended", N_("登録終了")


class SupporterAction(Labelled):
    CONFIRM = "confirm", N_("登録を確認する")
    RETURN = "return", N_("書き直しをお願いする")
    RESUBMIT = "resubmit", N_("直して出し直す")
    PAUSE = "pause", N_("お休みする")
    RESUME = "resume", N_("お休みを終える")
    END = "end", N_("登録を終える")


S, A = SupporterState, SupporterAction

WORKFLOW: Workflow[SupporterState, SupporterAction] = Workflow(
    {
        (S.SUBMITTED, A.CONFIRM): S.ACTIVE,
        (S.SUBMITTED, A.RETURN): S.RETURNED,
        (S.SUBMITTED, A.END): S.ENDED,
        (S.RETURNED, A.RESUBMIT): S.SUBMITTED,
        (S.RETURNED, A.CONFIRM): S.ACTIVE,
        (S.RETURNED, A.END): S.ENDED,
        (S.ACTIVE, A.PAUSE): S.PAUSED,
        (S.ACTIVE, A.END): S.ENDED,
        (S.PAUSED, A.RESUME): S.ACTIVE,
        (S.PAUSED, A.END): S.ENDED,
    }
)
