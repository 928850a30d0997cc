"""Every phase of a sweep, every event, and every legal move.

Rule 1: nothing outside this file decides which phase follows which.
Rule 2: this file knows sweeps; it does not know Kubernetes, HTTP or SQL.

A phase is where the *current run* of a sweep stands. What may be sent to the Trading API is decided
by the submissions of that run (`submissions.py`), never by the phase.

An event that is not in a phase's row cannot happen there: `after` raises, and the transaction that
would have written it never begins. Conditions, not phases, are the contract with people and tools.
"""

from enum import StrEnum


class Phase(StrEnum):
    """Where the current run of a sweep stands."""

    QUEUED = "Queued"
    """It waits for a slot; nothing of it is known to be at the API."""
    SUBMITTED = "Submitted"
    """The API has the job, or may have it: the outcome of a POST can be unknown."""
    RUNNING = "Running"
    """The API has been seen to work on it."""
    COMPLETED = "Completed"
    """Its results are in the ledger."""
    FAILED = "Failed"
    """It ended without results."""


class Event(StrEnum):
    """What can happen to a run."""

    NEW_RUN = "a new run begins"
    ACCEPTED = "the API has the job"
    OUTCOME_UNKNOWN = "nobody knows whether the API has the job"
    STARTED = "progress was seen"
    NEXT_ATTEMPT = "the run is to be submitted anew"
    STORED = "the results are in the ledger"
    GAVE_UP = "the run ends without results"


class Impossible(ValueError):  # noqa: N818 - reads as what it is
    """An event came that its phase does not know: a bug, not a user's mistake."""


MOVES: dict[Phase, dict[Event, Phase]] = {
    Phase.QUEUED: {
        Event.ACCEPTED: Phase.SUBMITTED,
        Event.OUTCOME_UNKNOWN: Phase.SUBMITTED,
        # A callback of the attempt that was given up can come while the next one waits.
        Event.STORED: Phase.COMPLETED,
        # The API refuses the parameters, or the deadline passes before it can be reached.
        Event.GAVE_UP: Phase.FAILED,
        Event.NEW_RUN: Phase.QUEUED,
    },
    Phase.SUBMITTED: {
        # The job id of an unknown outcome was learned.
        Event.ACCEPTED: Phase.SUBMITTED,
        Event.STARTED: Phase.RUNNING,
        Event.NEXT_ATTEMPT: Phase.QUEUED,
        # A short run ends between two looks: Running is never observed.
        Event.STORED: Phase.COMPLETED,
        Event.GAVE_UP: Phase.FAILED,
        Event.NEW_RUN: Phase.QUEUED,
    },
    Phase.RUNNING: {
        Event.NEXT_ATTEMPT: Phase.QUEUED,
        Event.STORED: Phase.COMPLETED,
        Event.GAVE_UP: Phase.FAILED,
        Event.NEW_RUN: Phase.QUEUED,
    },
    # The end of a run is final; only another run leaves it.
    Phase.COMPLETED: {Event.NEW_RUN: Phase.QUEUED},
    Phase.FAILED: {Event.NEW_RUN: Phase.QUEUED},
}

TERMINAL = frozenset({Phase.COMPLETED, Phase.FAILED})
IN_FLIGHT = frozenset({Phase.SUBMITTED, Phase.RUNNING})


def after(phase: Phase, event: Event) -> Phase:
    """Return the phase that follows.

    Raises:
        Impossible: the event is not in the phase's row.
    """
    try:
        return MOVES[phase][event]
    except KeyError:
        raise Impossible(f"a {phase} sweep cannot hear that {event}") from None


def mermaid() -> str:
    """Draw the table, for the documentation; what leaves a phase where it is, is not drawn."""
    arrows = [
        f"    {phase} --> {target}: {event}"
        for phase, row in MOVES.items()
        for event, target in row.items()
        if target is not phase
    ]
    return "\n".join(["stateDiagram-v2", "    direction LR", "    [*] --> Queued", *arrows])
