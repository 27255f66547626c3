"""The states of a run, and which may follow which."""

import pytest
from WMHSiameseSegLib.segment.run_state import RunState, RunStateMachine


@pytest.fixture
def seen():
    return []


@pytest.fixture
def machine(seen):
    return RunStateMachine(seen.append)


def test_a_run_goes_through_its_states_and_tells_each(machine, seen):
    for state in (RunState.STARTING, RunState.RUNNING, RunState.IMPORTING, RunState.IDLE):
        machine.go(state)
    assert [state.value for state in seen] == ["starting", "running", "importing", "idle"]


@pytest.mark.parametrize("busy", [RunState.STARTING, RunState.RUNNING, RunState.IMPORTING])
def test_every_busy_state_can_be_cancelled_and_ends_idle(machine, busy):
    for state in (RunState.STARTING, RunState.RUNNING, RunState.IMPORTING):
        machine.go(state)
        if state is busy:
            break
    machine.go(RunState.CANCELLING)
    machine.go(RunState.IDLE)
    assert machine.idle


@pytest.mark.parametrize("state", [s for s in RunState if s is not RunState.STARTING])
def test_an_idle_run_can_only_start(machine, seen, state):
    with pytest.raises(ValueError, match="cannot go from idle"):
        machine.go(state)
    assert machine.idle and not seen
