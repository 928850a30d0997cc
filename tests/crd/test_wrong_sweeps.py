import pytest

from tests.crd.conftest import Sweeps
from tests.crd.wrong_levels import WRONG_LEVELS
from tests.crd.wrong_sweeps import WRONG_SWEEPS, Wrong, manifest, with_spec

WRONG_OBJECTS = {
    "no_spec": (with_spec(""), ("spec", "Required value")),
    "spec_null": (with_spec("spec: null"), ("spec", "Required value")),
    "spec_a_list": (with_spec("spec: []"), ("spec in body must be of type object",)),
    "spec_empty": (
        with_spec("spec: {}"),
        # What only some strategies need is asked for by rules, once the rest is there.
        tuple(f"spec.{n}: Required value" for n in ("ticker", "step")),
    ),
    "a_member_beside_spec": (manifest() + "specs: {}\n", ("unknown field", "specs")),
    "a_name_of_64_characters": (
        manifest(name="a" * 64),
        ("metadata.name must have at most 63 characters", "value of a label", "it has 64"),
    ),
}


def refusal(sweeps: Sweeps, text: str) -> str:
    """Apply a manifest that must be refused, and return what kubectl says about it."""
    answer = sweeps.attempt("apply", "--filename=-", text=text)
    assert answer.returncode != 0, answer.stdout
    return answer.stderr


ALL = {**WRONG_SWEEPS, **{f"rsi_{name}": case for name, case in WRONG_LEVELS.items()}}


@pytest.mark.parametrize("case", ALL.values(), ids=ALL.keys())
def test_a_wrong_sweep_is_refused_with_its_field_and_rule(sweeps: Sweeps, case: Wrong) -> None:
    """Whoever writes a wrong sweep reads what is wrong, where, and what is right."""
    message = refusal(sweeps, manifest(case.change))

    assert [] == [word for word in case.words if word not in message], message


@pytest.mark.parametrize(("text", "words"), WRONG_OBJECTS.values(), ids=WRONG_OBJECTS.keys())
def test_a_wrong_object_is_refused(sweeps: Sweeps, text: str, words: tuple[str, ...]) -> None:
    """A manifest that is wrong outside of its spec's fields is refused as clearly."""
    message = refusal(sweeps, text)

    assert [] == [word for word in words if word not in message], message


def test_a_refused_edit_leaves_the_sweep_as_it_was(sweep: Sweeps) -> None:
    """A wrong edit is refused by the same rules as a wrong creation."""
    message = refusal(sweep, manifest({"fastRange": "{min: 10, max: 45}"}))

    assert "fastRange.max (45) must be below slowRange.max (30)" in message
    assert {"min": 10, "max": 20} == sweep.get()["spec"]["fastRange"]


def test_several_faults_are_said_at_once(sweeps: Sweeps) -> None:
    """Nobody has to apply a sweep once for every mistake in it."""
    message = refusal(
        sweeps, manifest({"step": "0", "minTrades": "9", "fastRange": "{min: 22, max: 45}"})
    )

    assert "spec.step" in message
    assert "spec.minTrades" in message
    assert "fastRange.min (22) must be below" in message
    assert "fastRange.max (45) must be below" in message


def test_the_table_is_as_long_as_was_promised() -> None:
    """At least forty different wrong sweeps are tried."""
    assert len({str(case.change) for case in WRONG_SWEEPS.values()}) >= 40
