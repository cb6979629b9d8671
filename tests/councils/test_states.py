"""Every cell of the tables: what follows, and what is refused."""

import pytest

from matching.councils.states import COUNCIL, TERM, CouncilAction, CouncilState, TermAction, TermState
from matching.workflow import NotAllowed

FOLLOWS = {
    (CouncilState.STANDING, CouncilAction.END): CouncilState.ENDED,
    (CouncilState.ENDED, CouncilAction.REOPEN): CouncilState.STANDING,
    (TermState.RUNNING, TermAction.LEAVE): TermState.LEFT,
    (TermState.RUNNING, TermAction.RENEW): TermState.RUNNING,
    (TermState.LEFT, TermAction.TAKE_BACK): TermState.RUNNING,
}
CELLS = [(COUNCIL, state, action) for state in CouncilState for action in CouncilAction]
CELLS += [(TERM, state, action) for state in TermState for action in TermAction]


@pytest.mark.parametrize(("table", "state", "action"), CELLS)
def test_every_cell_leads_on_or_is_refused(table, state, action):
    if (state, action) in FOLLOWS:
        assert table.after(state, action) is FOLLOWS[state, action]
    else:
        with pytest.raises(NotAllowed):
            table.after(state, action)
