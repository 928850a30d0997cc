from pathlib import Path

import pytest

from tests.crd.conftest import Sweeps

SAMPLES = Path(__file__).parents[2] / "manifests" / "samples"
REFUSED = {
    "fast-not-below-slow": (
        "fastRange.min (30) must be below slowRange.min (20)",
        "fastRange.max (60) must be below slowRange.max (50)",
    )
}


def test_the_samples_are_taken_as_a_newcomer_applies_them(sweeps: Sweeps) -> None:
    """`kubectl apply -f manifests/samples/` creates every sample and complains about none."""
    answer = sweeps.attempt("apply", f"--filename={SAMPLES}", "--output=name")

    assert ("", 0) == (answer.stderr, answer.returncode)
    assert len(answer.stdout.split()) == len(list(SAMPLES.glob("*.yaml"))) > 0


@pytest.mark.parametrize("name", REFUSED)
def test_a_sample_of_a_wrong_sweep_is_refused_for_its_reason(sweeps: Sweeps, name: str) -> None:
    """The sample that shows a refusal is refused for what it shows, and nothing else."""
    answer = sweeps.attempt("apply", f"--filename={SAMPLES / 'refused' / name}.yaml")

    assert answer.returncode != 0
    assert [] == [words for words in REFUSED[name] if words not in answer.stderr]
    assert len(REFUSED[name]) == answer.stderr.count("Invalid value")


def test_every_refused_sample_says_why_here() -> None:
    """A new sample of a wrong sweep comes with the words that it must show."""
    assert set(REFUSED) == {path.stem for path in (SAMPLES / "refused").glob("*.yaml")}
