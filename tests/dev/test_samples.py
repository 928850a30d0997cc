"""The samples that people apply first."""

import pytest

from dev.kubectl import Kubectl
from dev.samples import EXPECTED, FOLDER, REFUSALS, REFUSED, disappointment


def test_every_sample_in_the_folder_has_an_ending_that_is_checked() -> None:
    """A sample that nobody looks at cannot rot."""
    assert {file.stem for file in FOLDER.glob("*.yaml")} == set(EXPECTED)
    assert {file.stem for file in REFUSED.glob("*.yaml")} == set(REFUSALS)


def test_applying_the_folder_makes_the_good_samples_and_no_other(
    crd: str, kubectl: Kubectl, namespace: str
) -> None:
    """The refused one does not spoil `kubectl apply -f manifests/samples/`."""
    kubectl.run("apply", "-n", namespace, "-f", str(FOLDER))

    sweeps = kubectl.get(crd, "-n", namespace)["items"]
    assert set(EXPECTED) == {sweep["metadata"]["name"] for sweep in sweeps}


@pytest.mark.parametrize("name", REFUSALS)
def test_a_sample_that_is_to_be_refused_is_refused_with_its_field(
    crd: str, kubectl: Kubectl, namespace: str, name: str
) -> None:
    """The reader of the demo sees what a wrong sweep looks like."""
    answer = kubectl.attempt("apply", "-n", namespace, "-f", str(REFUSED / f"{name}.yaml"))

    assert 0 != answer.returncode
    assert REFUSALS[name] in answer.stderr
    assert [] == kubectl.get(crd, "-n", namespace)["items"]


def test_a_sample_with_another_ending_is_named_with_both_endings() -> None:
    """A demo that goes wrong says what it waited for and what it got."""
    ready = {"type": "Ready", "reason": "JobFailed", "message": "no prices"}
    sweep = {
        "metadata": {"name": "btc-sma"},
        "status": {"phase": "Failed", "conditions": [ready]},
    }

    wrong = disappointment(sweep)

    assert "btc-sma should end Completed (Completed), and is Failed (JobFailed): no prices" == wrong
