"""How a supporter's registration moves: submitted, confirmed by a coordinator, ended."""

from ..workflow import Labelled, Workflow


class SupporterState(Labelled):
    SUBMITTED = "submitted", "確認待ち"
    RETURNED = "returned", "確認のお願い中"
    ACTIVE = "active", "登録中"
    PAUSED = "paused", "お休み中"
    ENDED = "ended", "登録終了"


class SupporterAction(Labelled):
    CONFIRM = "confirm", "登録を確認する"
    RETURN = "return", "書き直しをお願いする"
    RESUBMIT = "resubmit", "直して出し直す"
    PAUSE = "pause", "お休みする"
    RESUME = "resume", "お休みを終える"
    END = "end", "登録を終える"


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
