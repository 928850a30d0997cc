"""The protocol's list of states and moves, held against the core's and the database's."""

import itertools
import re

import pytest

from tests.support.ledger_desk import Desk, one
from tests.support.ledger_rows import Connection
from tradingsweep.domain.changes import Change, Move
from tradingsweep.domain.submissions import HOLDS_SLOT, LINGERS, LIVE, MOVES, State, may_move

LAW = """
intent -> accepted ready refused unknown
ready -> intent cancelled
unknown -> accepted replaced timed_out
accepted -> completed failed lost unusable timed_out
intent unknown accepted -> cancelled
unknown replaced cancelled -> completed
replaced -> cancelled
"""
"""Every move of the submission protocol; the last one is a sibling of a completed submission."""

LEGAL = {
    (State(before), State(after))
    for line in LAW.split("\n")
    if line
    for before in line.partition(" -> ")[0].split()
    for after in line.partition(" -> ")[2].split()
}
EVERY = list(itertools.product(State, State))


@pytest.mark.parametrize(("before", "after"), EVERY, ids=lambda state: state.value)
def test_the_core_knows_the_moves_of_the_law_and_no_other(before: State, after: State) -> None:
    """A move that the protocol does not have is a bug, wherever it comes from."""
    assert ((before, after) in LEGAL) == may_move(before, after)


def test_every_state_has_a_row() -> None:
    """No state was forgotten in the table of moves."""
    assert set(State) == set(MOVES)


def test_nothing_leaves_the_ends() -> None:
    """Job ids still append; the state stays."""
    ends = {before for before in State if not MOVES[before]}

    assert {"completed", "failed", "refused", "lost", "unusable", "timed_out"} == ends


def test_the_database_takes_the_same_twelve_states(connection: Connection) -> None:
    """The core and the table were written from one list."""
    check = one(
        connection,
        "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = %s",
        "submissions_state_check",
    )

    assert 12 == len(State)
    assert set(State) == set(re.findall(r"'(\w+)'", check))


@pytest.mark.parametrize(
    ("index", "states"),
    [
        ("submissions_one_live_per_run", LIVE),
        ("submissions_in_slots", HOLDS_SLOT | LINGERS),
    ],
)
def test_the_indexes_cover_the_states_that_they_are_for(
    connection: Connection, index: str, states: frozenset[State]
) -> None:
    """One live submission a run; and every state that can hold a slot is found by its index."""
    definition = one(connection, "SELECT pg_get_indexdef(%s::regclass)", index)

    assert states == set(re.findall(r"'(\w+)'", definition))


def test_who_lingers_has_ended_and_who_lives_has_not() -> None:
    """A slot is held by what lives, or by what may still run after its end; never by both rules."""
    assert set() == LINGERS & LIVE
    assert LIVE - {State.READY} == HOLDS_SLOT


@pytest.mark.parametrize("after", State)
async def test_the_ledger_makes_exactly_the_legal_moves_of_an_accepted_submission(
    desk: Desk, connection: Connection, after: State
) -> None:
    """What the table forbids is refused before it is written."""
    key = await desk.at_the_api()
    sent = (await desk.ledger.view(key.uid)).submissions[-1].key
    change = Change(moves=(Move(sent, after),))
    if (State.ACCEPTED, after) in LEGAL:
        assert await desk.change_any(key, change)
    else:
        with pytest.raises(AssertionError, match="cannot go"):
            await desk.change_any(key, change)

    now = after if (State.ACCEPTED, after) in LEGAL else State.ACCEPTED
    assert now == one(connection, "SELECT state FROM submissions")
