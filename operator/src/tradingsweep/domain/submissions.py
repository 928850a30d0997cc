"""Every state of a submission, every legal move, and who holds a slot.

A submission is one intent to POST. Its row is committed before the request leaves, so that a crash
at any line leaves a trace of what may have happened at the API. The states and moves are those of
the submission protocol; the database holds the same list, and a test compares the two.
"""

from enum import StrEnum


class State(StrEnum):
    """What is known about one submission."""

    READY = "ready"
    """Certainly not at the API; may be sent under the same key."""
    INTENT = "intent"
    """Admitted: it may be on its way."""
    ACCEPTED = "accepted"
    """The API has the job."""
    UNKNOWN = "unknown"
    """It left, and no answer that means anything came back."""
    REFUSED = "refused"
    """The API does not want it."""
    REPLACED = "replaced"
    """Unknown for too long; its successor was opened."""
    TIMED_OUT = "timed_out"
    COMPLETED = "completed"
    """Its results are stored."""
    FAILED = "failed"
    """The API says that the job failed."""
    LOST = "lost"
    """The API does not know the job any more."""
    UNUSABLE = "unusable"
    """The job ended, but its results are not to be had."""
    CANCELLED = "cancelled"
    """Edited, deleted or suspended away."""


_ENDS = {State.FAILED, State.LOST, State.UNUSABLE, State.TIMED_OUT, State.CANCELLED}

MOVES: dict[State, frozenset[State]] = {
    State.READY: frozenset({State.INTENT, State.CANCELLED}),
    State.INTENT: frozenset(
        {State.ACCEPTED, State.READY, State.REFUSED, State.UNKNOWN, State.CANCELLED}
    ),
    State.UNKNOWN: frozenset(
        {
            State.ACCEPTED,
            State.REPLACED,
            State.TIMED_OUT,
            State.CANCELLED,
            State.COMPLETED,
        }
    ),
    State.ACCEPTED: frozenset({State.COMPLETED, *_ENDS}),
    # Late news may still complete these, while their run is the open one.
    State.REPLACED: frozenset({State.COMPLETED, State.CANCELLED}),
    State.CANCELLED: frozenset({State.COMPLETED}),
    **{
        end: frozenset()
        for end in (
            State.REFUSED,
            State.TIMED_OUT,
            State.COMPLETED,
            State.FAILED,
            State.LOST,
            State.UNUSABLE,
        )
    },
}

LIVE = frozenset({State.READY, State.INTENT, State.UNKNOWN, State.ACCEPTED})
"""At most one submission of a run is in one of these: a unique index says so."""

HOLDS_SLOT = frozenset({State.INTENT, State.UNKNOWN, State.ACCEPTED})
"""These hold a slot until their end is known."""

LINGERS = frozenset({State.REPLACED, State.CANCELLED, State.TIMED_OUT})
"""These hold one until news of their end, or until `slot_until`: their job may still be running."""


def may_move(state: State, to: State) -> bool:
    """Whether the protocol knows this move."""
    return to in MOVES[state]
