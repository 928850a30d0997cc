"""The latest known version of an object."""

from dataclasses import replace

from tests.support.situations import A
from tradingsweep.domain.facts import SweepObject
from tradingsweep.reconcile.objects import Objects


def version(number: str) -> SweepObject:
    """The same object at a resource version."""
    target = A.new_sweep().facts.object
    assert target is not None
    return replace(target, resource_version=number)


def test_a_stale_event_does_not_replace_our_own_patchs_answer() -> None:
    """The watch runs behind: its older versions are not taken."""
    objects = Objects()
    objects.put(version("1010"))
    objects.put(version("999"))

    assert version("1010") == objects.get("uid-1")


def test_a_newer_version_is_taken() -> None:
    """Compared as numbers: 1010 is newer than 999."""
    objects = Objects()
    objects.put(version("999"))
    objects.put(version("1010"))

    assert version("1010") == objects.get("uid-1")


def test_versions_that_are_no_numbers_are_taken_as_they_come() -> None:
    """An API server may number otherwise: a stale one costs a refused patch, no more."""
    objects = Objects()
    objects.put(version("b"))
    objects.put(version("a"))

    assert version("a") == objects.get("uid-1")


def test_a_dropped_object_is_asked_for() -> None:
    """Nothing is remembered of it."""
    objects = Objects()
    objects.put(version("1"))
    objects.drop("uid-1")

    assert objects.get("uid-1") is None
