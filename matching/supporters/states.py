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


class EndReason(Labelled):
    """Why a registration ended."""

    MOVED = "moved", N_("引っ越し")
    HEALTH = "health", N_("体調や年齢のため")
    NO_TIME = "no_time", N_("仕事や家庭が忙しくなった")
    STOPPED = "stopped", N_("活動をやめた・団体が解散した")
    NOT_ASKED = "not_asked", N_("声がかからなかった・合わなかった")
    UNREACHABLE = "unreachable", N_("連絡が取れない")
    DECEASED = "deceased", N_("亡くなられた")
    TERM_OVER = "term_over", N_("登録の期間が終わった")
    OTHER = "other", N_("そのほか")


# What people say of themselves; the rest is for the desk, and the end of the term comes by itself.
OWN_REASONS = (
    EndReason.MOVED,
    EndReason.HEALTH,
    EndReason.NO_TIME,
    EndReason.STOPPED,
    EndReason.NOT_ASKED,
    EndReason.OTHER,
)
TOLD_REASONS = tuple(reason for reason in EndReason if reason is not EndReason.TERM_OVER)

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
