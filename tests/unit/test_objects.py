"""The latest known version of an object."""

import pickle
from dataclasses import replace

from tests.support.situations import A
from tradingsweep.domain.facts import SweepObject
from tradingsweep.reconcile.objects import Objects


def version(number: str) -> SweepObject:
    """The same object at a resource version."""
    target = A.new_sweep().facts.object
    assert target is not None
    return replace(target, resource_version=number)


def held(objects: Objects) -> int:
    """Bytes that the objects take, as they are kept."""
    return len(pickle.dumps(objects))


def test_a_stale_event_does_not_replace_our_own_patchs_answer() -> None:
    """The watch runs behind: its older versions are not taken."""
    objects = Objects()
    objects.put(version("1010"))
    objects.put(version("999"))

    assert version("1010") == objects.get("uid-1")


def test_the_echo_of_what_is_known_is_no_news() -> None:
    """So it costs no look: whoever took this version, or a newer one, has looked."""
    objects = Objects()

    assert objects.put(version("999"))
    assert objects.put(version("1010"))
    assert [False, False] == [objects.put(version(echo)) for echo in ("1010", "999")]
    objects.drop("uid-1")
    assert objects.put(version("1010"))


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


def test_an_object_is_kept_whole_in_a_fraction_of_its_size() -> None:
    """Nearly all objects of a cluster have finished, and are kept without being looked at."""
    target = replace(version("1"), status={"conditions": [{"message": "a sentence"}] * 40})
    objects = Objects()
    objects.put(target)

    assert target == objects.get("uid-1")
    assert held(objects) < len(str(target)) / 2


def test_the_generation_is_known_without_the_rest() -> None:
    """Of an object that is not known there is none."""
    objects = Objects()
    objects.put(replace(version("1"), generation=3))

    assert (3, None) == (objects.generation("uid-1"), objects.generation("uid-2"))


def test_what_programs_made_is_counted_by_namespace_as_long_as_it_is_known() -> None:
    """Not what an owner would bring back, and not what is being deleted."""
    made = replace(version("1"), created_by="gateway")
    objects = Objects()
    objects.put(made)
    objects.put(replace(made, uid="uid-2", owner="Argo CD"))
    objects.put(replace(made, uid="uid-3", deleting=True))
    objects.put(replace(made, uid="uid-4"))
    objects.drop("uid-4")
    assert {made.namespace: ["uid-1"]} == objects.made_by_programs()

    objects.put(replace(made, resource_version="2", created_by=None))

    assert {} == objects.made_by_programs()
