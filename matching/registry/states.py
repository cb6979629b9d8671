"""How a representation moves: claimed, then approved or refused by a desk; ended when the person no longer acts."""

from ..workflow import N_, Labelled, Workflow


class RepresentationState(Labelled):
    CLAIMED = "claimed", N_("確認待ち")
    APPROVED = "approved", N_("確認済み")
    REFUSED = "refused", N_("確認できませんでした")
    ENDED = "ended", N_("終了")


class RepresentationAction(Labelled):
    APPROVE = "approve", N_("代表者・担当者と認める")
    REFUSE = "refuse", N_("認めない")
    END = "end", N_("終える")


S, A = RepresentationState, RepresentationAction

REPRESENTATION: Workflow[RepresentationState, RepresentationAction] = Workflow(
    {
        (S.CLAIMED, A.APPROVE): S.APPROVED,
        (S.CLAIMED, A.REFUSE): S.REFUSED,
        (S.APPROVED, A.END): S.ENDED,
    }
)
