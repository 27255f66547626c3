"""Where a run stands: idle, starting, running, importing or cancelling."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum


class RunState(Enum):
    """The five states of a run."""

    IDLE = "idle"
    STARTING = "starting"
    RUNNING = "running"
    IMPORTING = "importing"
    CANCELLING = "cancelling"


_FOLLOWS = {
    RunState.IDLE: {RunState.STARTING},
    RunState.STARTING: {RunState.RUNNING, RunState.CANCELLING, RunState.IDLE},
    RunState.RUNNING: {RunState.IMPORTING, RunState.CANCELLING, RunState.IDLE},
    RunState.IMPORTING: {RunState.CANCELLING, RunState.IDLE},
    RunState.CANCELLING: {RunState.IDLE},
}


class RunStateMachine:
    """The one place where the state of a run changes.

    Args:
        changed: called with the new state after each change.

    Example:
        >>> machine = RunStateMachine(lambda state: None)
        >>> machine.go(RunState.STARTING)
        >>> machine.state.value
        'starting'
    """

    def __init__(self, changed: Callable[[RunState], None]) -> None:
        self._changed = changed
        self._state = RunState.IDLE

    @property
    def state(self) -> RunState:
        return self._state

    @property
    def idle(self) -> bool:
        return self._state is RunState.IDLE

    def go(self, state: RunState) -> None:
        """Change to a state that may follow the present one.

        Raises:
            ValueError: when it may not.
        """
        if state not in _FOLLOWS[self._state]:
            raise ValueError(f"a run cannot go from {self._state.value} to {state.value}")
        self._state = state
        self._changed(state)
