"""`kubectl wait` on the conditions: how scripts and pipelines wait for a sweep."""

import json

from dev.kubectl import Kubectl
from tests.support.manifests import a_sweep
from tests.support.standings import STANDINGS
from tests.support.system import System


def test_a_script_can_wait_for_a_sweep_that_it_has_just_applied(gated: System) -> None:
    """`kubectl wait --for=condition=Complete` returns when the results are stored."""
    gated.apply("waited-for")

    where = ("-n", gated.namespace, "--timeout=60s")
    said = gated.kubectl.run("wait", "--for=condition=Complete", "tsweep/waited-for", *where)

    assert "condition met" in said
    assert "Completed" == gated.phase("waited-for")
    assert gated.results("waited-for")


def test_a_script_can_wait_for_a_failure(gated: System) -> None:
    """`--for=condition=Failed` is met, so nobody waits in vain for Complete."""
    gated.apply("fails", ticker="NOPRICES")

    where = ("-n", gated.namespace, "--timeout=60s")
    said = gated.kubectl.run("wait", "--for=condition=Failed", "tsweep/fails", *where)

    assert "condition met" in said


def test_a_wait_is_not_satisfied_by_the_answer_to_an_older_question(
    kubectl: Kubectl, crd: str, namespace: str
) -> None:
    """After an edit Complete counts only when it is said of the new generation."""
    kubectl.run("apply", "-n", namespace, "-f", "-", text=a_sweep("edited"))
    completed = next(one for one in STANDINGS if one.name == "completed").sweep["status"]
    patch = json.dumps({"status": completed})
    kubectl.run(
        *("patch", crd, "edited", "-n", namespace, "--subresource=status"),
        *("--type=merge", "-p", patch),
    )
    where = ("wait", "--for=condition=Complete", "tsweep/edited", "-n", namespace)
    assert "condition met" in kubectl.run(*where, "--timeout=5s")

    kubectl.run("apply", "-n", namespace, "-f", "-", text=a_sweep("edited", runID="another"))

    answer = kubectl.attempt(*where, "--timeout=1s")
    assert 0 != answer.returncode
    assert "timed out" in answer.stderr
