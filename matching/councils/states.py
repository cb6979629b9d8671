"""How a council and a term move: a council stands until it is abolished, a term runs until somebody leaves it early."""

from ..workflow import N_, Labelled, Workflow


class CouncilState(Labelled):
    STANDING = "standing", N_("設置中")
    ENDED = "ended", N_("廃止")


class CouncilAction(Labelled):
    END = "end", N_("廃止する")
    REOPEN = "reopen", N_("廃止を取り消す")


class TermState(Labelled):
    RUNNING = "running", N_("任期どおり")
    LEFT = "left", N_("退任")


class TermAction(Labelled):
    LEAVE = "leave", N_("退任を記録する")
    TAKE_BACK = "take_back", N_("退任を取り消す")
    RENEW = "renew", N_("再任する")


COUNCIL: Workflow[CouncilState, CouncilAction] = Workflow(
    {
        (CouncilState.STANDING, CouncilAction.END): CouncilState.ENDED,
        (CouncilState.ENDED, CouncilAction.REOPEN): CouncilState.STANDING,
    }
)

TERM: Workflow[TermState, TermAction] = Workflow(
    {
        (TermState.RUNNING, TermAction.LEAVE): TermState.LEFT,
        (TermState.LEFT, TermAction.TAKE_BACK): TermState.RUNNING,
        (TermState.RUNNING, TermAction.RENEW): TermState.RUNNING,
    }
)
