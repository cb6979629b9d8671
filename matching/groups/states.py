"""How a group's registration moves: it stands until it is ended."""

from ..workflow import N_, Labelled, Workflow


class GroupState(Labelled):
    ACTIVE = "active", N_("登録中")
    ENDED = "ended", N_("登録終了")


class GroupAction(Labelled):
    END = "end", N_("登録を終える")


WORKFLOW: Workflow[GroupState, GroupAction] = Workflow({(GroupState.ACTIVE, GroupAction.END): GroupState.ENDED})
