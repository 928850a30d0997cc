"""Who is next: namespaces in turn, then priority, then age."""

from datetime import timedelta

from tests.support.situations import NOON
from tradingsweep.domain.queueing import Waiting, next_in_line


def waiting(namespace: str, age: int = 0, priority: int = 0) -> Waiting:
    """A sweep that waits since so many minutes."""
    queued = NOON - timedelta(minutes=age)
    return Waiting(f"{namespace}-{age}-{priority}", namespace, priority, queued)


def chosen(*line: Waiting, free: int = 2, **more: object) -> list[str]:
    """Return the uids of who is next."""
    return [w.uid for w in next_in_line(line, {}, free, **more)]  # type: ignore[arg-type]


def test_the_oldest_goes_first() -> None:
    """Age decides among equals."""
    assert ["a-9-0", "a-5-0"] == chosen(waiting("a", 1), waiting("a", 9), waiting("a", 5))


def test_priority_goes_before_age() -> None:
    """Within a namespace the higher number wins."""
    assert ["a-1-7"] == chosen(waiting("a", 9), waiting("a", 1, priority=7), free=1)


def test_namespaces_take_turns() -> None:
    """A namespace with a hundred sweeps does not starve one with a single one."""
    crowd = [waiting("crowd", age, priority=1000) for age in range(100)]

    assert {"crowd-99-1000", "quiet-0-0"} == set(chosen(*crowd, waiting("quiet")))


def test_who_was_served_longest_ago_is_next() -> None:
    """Also over many rounds of one slot each."""
    served = {"a": NOON, "b": NOON - timedelta(seconds=1)}

    line = next_in_line([waiting("a", 9), waiting("b", 1)], served, 1)

    assert ["b"] == [w.namespace for w in line]


def test_who_was_never_served_goes_first() -> None:
    """A new namespace does not wait for the others' turns."""
    line = next_in_line([waiting("old", 9), waiting("new", 0)], {"old": NOON}, 1)

    assert ["new"] == [w.namespace for w in line]


def test_a_namespace_keeps_to_its_own_limit() -> None:
    """What it already holds counts."""
    line = [waiting("a", 9), waiting("a", 8), waiting("b", 1)]

    assert ["b-1-0"] == chosen(*line, free=3, taken={"a": 1}, per_namespace=1)


def test_no_free_slot_is_no_choice() -> None:
    """Nobody goes."""
    assert [] == chosen(waiting("a"), free=0)
