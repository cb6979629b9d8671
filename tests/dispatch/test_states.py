"""Every cell of state × action: it leads where the table says, or nowhere."""

from __future__ import annotations

import itertools

import pytest

from matching.dispatch.states import (
    AGREEMENT,
    DISPATCH,
    INQUIRY,
    WAITING,
    AgreementAction,
    AgreementState,
    DispatchAction,
    DispatchState,
    InquiryAction,
    InquiryState,
)
from matching.workflow import NotAllowed

# What people would say the rules are, written a second time by hand.
EXPECTED = {
    INQUIRY: {
        "open": {"ask": "asked", "promise": "promised", "decline": "declined", "retract": "retracted"},
        "asked": {
            "ask": "asked",
            "answer": "open",
            "promise": "promised",
            "decline": "declined",
            "retract": "retracted",
        },
        "promised": {"decline": "declined", "stand_down": "stood_down"},
        "declined": {},
        "retracted": {},
        "stood_down": {},
    },
    AGREEMENT: {
        "asked": {"agree": "agreed", "refuse": "refused", "retract": "retracted"},
        "agreed": {"retract": "retracted"},
        "refused": {},
        "retracted": {},
    },
    DISPATCH: {
        "planned": {"report_done": "done", "report_not_done": "not_done", "cancel": "cancelled"},
        "done": {},
        "not_done": {},
        "cancelled": {},
    },
}
CELLS = [
    (workflow, state, action)
    for workflow, states, actions in (
        (INQUIRY, InquiryState, InquiryAction),
        (AGREEMENT, AgreementState, AgreementAction),
        (DISPATCH, DispatchState, DispatchAction),
    )
    for state, action in itertools.product(states, actions)
]


@pytest.mark.parametrize(("workflow", "state", "action"), CELLS)
def test_every_step_leads_where_people_expect_or_nowhere(workflow, state, action):
    goal = EXPECTED[workflow][state.value].get(action.value)
    assert workflow.allows(state, action) is (goal is not None)
    if goal is None:
        with pytest.raises(NotAllowed):
            workflow.after(state, action)
    else:
        assert workflow.after(state, action).value == goal


@pytest.mark.parametrize("workflow", EXPECTED)
def test_no_state_is_forgotten_and_an_end_is_an_end(workflow):
    assert {state.value for state, _ in workflow.table} <= set(EXPECTED[workflow])
    assert {goal.value for goal in workflow.table.values()} <= set(EXPECTED[workflow])


def test_waiting_means_that_somebody_owes_an_answer():
    assert {state for state in InquiryState if INQUIRY.allows(state, InquiryAction.PROMISE)} == WAITING
