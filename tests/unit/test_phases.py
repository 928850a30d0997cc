"""The table of phases is the law: these tests read it line by line."""

from itertools import product

import pytest

from tradingsweep.domain.phases import MOVES, TERMINAL, Event, Impossible, Phase, after

LEGAL = {(phase, event): target for phase, row in MOVES.items() for event, target in row.items()}


@pytest.mark.parametrize(("phase", "event"), list(product(Phase, Event)))
def test_an_event_moves_a_phase_or_is_impossible(phase: Phase, event: Event) -> None:
    """Every pair has an answer: the table's, or a refusal that says what was tried."""
    if (phase, event) in LEGAL:
        assert LEGAL[phase, event] is after(phase, event)
        return

    with pytest.raises(Impossible, match=f"a {phase} sweep cannot hear that {event}"):
        after(phase, event)


@pytest.mark.parametrize("phase", sorted(TERMINAL))
def test_only_another_run_leaves_the_end(phase: Phase) -> None:
    """What completed or failed stays so."""
    assert {Event.NEW_RUN: Phase.QUEUED} == MOVES[phase]


@pytest.mark.parametrize("phase", sorted(Phase))
def test_a_new_run_can_begin_anywhere(phase: Phase) -> None:
    """An edit asks another question in any phase."""
    assert Phase.QUEUED is after(phase, Event.NEW_RUN)


@pytest.mark.parametrize("phase", sorted(set(Phase) - TERMINAL))
def test_every_open_phase_can_end_badly_and_well(phase: Phase) -> None:
    """No sweep can be stuck by the table."""
    assert {Phase.COMPLETED, Phase.FAILED} <= set(MOVES[phase].values())
