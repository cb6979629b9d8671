"""How a help request moves, from the first word to the end. `services.advance` is the only writer of the state."""

from ..workflow import N_, Labelled, Workflow


class RequestState(Labelled):
    SUBMITTED = "submitted", N_("受付待ち")
    ACCEPTED = "accepted", N_("候補選び")
    INQUIRING = "inquiring", N_("打診中")
    PROMISED = "promised", N_("内諾あり")
    CONSULTING = "consulting", N_("了承待ち")
    AGREED = "agreed", N_("了承済み")
    DECIDED = "decided", N_("決定")
    REPORTED = "reported", N_("報告済み")
    CLOSED = "closed", N_("終了")
    NOT_POSSIBLE = "not_possible", N_("派遣できない")
    CANCELLED = "cancelled", N_("中止")
    WITHDRAWN = "withdrawn", N_("取り下げ")


class RequestAction(Labelled):
    ACCEPT = "accept", N_("受け付ける")
    INQUIRE = "inquire", N_("打診する")
    RELEASE = "release", N_("候補選びに戻す")
    KEEP_PROMISE = "keep_promise", N_("ほかの人の内諾に戻す")
    PROMISE = "promise", N_("内諾を受ける")
    CONSULT = "consult", N_("依頼者に了承を求める")
    AGREE = "agree", N_("了承する")
    DISAGREE = "disagree", N_("了承しない")
    DECIDE = "decide", N_("派遣・紹介を決定する")
    REOPEN = "reopen", N_("行く人が来られなくなった")
    REPORT = "report", N_("報告する")
    CLOSE = "close", N_("終了する")
    GIVE_UP = "give_up", N_("派遣できないと決める")
    CANCEL = "cancel", N_("中止する")
    WITHDRAW = "withdraw", N_("取り下げる")


S, A = RequestState, RequestAction

WORKFLOW: Workflow[RequestState, RequestAction] = Workflow(
    {
        (S.SUBMITTED, A.ACCEPT): S.ACCEPTED,
        (S.SUBMITTED, A.GIVE_UP): S.NOT_POSSIBLE,
        (S.SUBMITTED, A.WITHDRAW): S.WITHDRAWN,
        (S.ACCEPTED, A.INQUIRE): S.INQUIRING,
        (S.ACCEPTED, A.GIVE_UP): S.NOT_POSSIBLE,
        (S.ACCEPTED, A.WITHDRAW): S.WITHDRAWN,
        (S.INQUIRING, A.PROMISE): S.PROMISED,
        (S.INQUIRING, A.RELEASE): S.ACCEPTED,
        (S.INQUIRING, A.KEEP_PROMISE): S.PROMISED,
        (S.INQUIRING, A.WITHDRAW): S.WITHDRAWN,
        (S.PROMISED, A.INQUIRE): S.INQUIRING,
        (S.PROMISED, A.CONSULT): S.CONSULTING,
        (S.PROMISED, A.RELEASE): S.ACCEPTED,
        (S.PROMISED, A.GIVE_UP): S.NOT_POSSIBLE,
        (S.PROMISED, A.WITHDRAW): S.WITHDRAWN,
        (S.CONSULTING, A.AGREE): S.AGREED,
        (S.CONSULTING, A.DISAGREE): S.ACCEPTED,
        (S.CONSULTING, A.RELEASE): S.ACCEPTED,
        (S.CONSULTING, A.KEEP_PROMISE): S.PROMISED,
        (S.CONSULTING, A.GIVE_UP): S.NOT_POSSIBLE,
        (S.CONSULTING, A.WITHDRAW): S.WITHDRAWN,
        (S.AGREED, A.DECIDE): S.DECIDED,
        (S.AGREED, A.RELEASE): S.ACCEPTED,
        (S.AGREED, A.KEEP_PROMISE): S.PROMISED,
        (S.AGREED, A.GIVE_UP): S.NOT_POSSIBLE,
        (S.AGREED, A.WITHDRAW): S.WITHDRAWN,
        (S.DECIDED, A.REOPEN): S.ACCEPTED,
        (S.DECIDED, A.KEEP_PROMISE): S.PROMISED,  # another one who said yes can still come
        (S.DECIDED, A.REPORT): S.REPORTED,
        (S.DECIDED, A.CANCEL): S.CANCELLED,
        (S.REPORTED, A.CLOSE): S.CLOSED,
    }
)

# Nothing more happens with these.
ENDED = frozenset({S.CLOSED, S.NOT_POSSIBLE, S.CANCELLED, S.WITHDRAWN})
# The desk may still change what is asked for; later the words have been told to somebody.
OPEN_TO_CHANGE = frozenset({S.SUBMITTED, S.ACCEPTED})
