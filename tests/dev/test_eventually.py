"""The waiting that every other test relies on."""

import pytest

from tests.support.eventually import eventually, eventually_async


def test_it_returns_the_value_that_was_waited_for() -> None:
    """The first value that is wanted ends the waiting."""
    values = iter(range(5))

    assert 3 == eventually(lambda: next(values), 3, within=5)


def test_a_probe_that_raises_is_asked_again() -> None:
    """What does not exist yet is not a failure."""
    answers = iter([None, "there"])

    def probe() -> str:
        answer = next(answers)
        if answer is None:
            raise LookupError("not yet")
        return answer

    assert "there" == eventually(probe, lambda value: value == "there", within=5)


def test_what_never_comes_fails_with_the_last_value() -> None:
    """The reader of a failed test sees how far it got."""
    with pytest.raises(AssertionError, match=r"not 'Completed' within 0\.1 s: 'Queued'"):
        eventually(lambda: "Queued", "Completed", within=0.1)


def test_a_probe_that_only_raises_fails_with_its_error() -> None:
    """The cause is shown, and not only that nothing came."""

    def probe() -> int:
        raise LookupError("no such sweep")

    with pytest.raises(AssertionError, match="no such sweep") as failure:
        eventually(probe, 1, within=0.1)

    assert isinstance(failure.value.__cause__, LookupError)


async def test_an_awaited_probe_is_asked_until_it_agrees() -> None:
    """The same for asynchronous tests."""
    values = iter(range(5))

    async def probe() -> int:
        return next(values)

    assert 2 == await eventually_async(probe, lambda value: value > 1, within=5)


async def test_an_awaited_probe_that_never_agrees_fails() -> None:
    """Also there the last value is shown."""

    async def probe() -> int:
        return 7

    with pytest.raises(AssertionError, match=r"within 0\.1 s: 7"):
        await eventually_async(probe, 8, within=0.1)
