"""How a group's registration moves: it stands until it is ended."""

from ..workflow import Labelled, Workflow


class GroupState(Labelled):
    ACTIVE = "active", "登録中"
    ENDED = "ended", "登録終了"


class GroupAction(Labelled):
    END = "end", "登録を終える"


WORKFLOW: Workflow[GroupState, GroupAction] = Workflow({(GroupState.ACTIVE, GroupAction.END): GroupState.ENDED})
