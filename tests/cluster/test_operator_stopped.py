"""SIGTERM of the operator: what it has sent it still records, and then it ends."""

import signal
from operator import not_

from tests.cluster.kills import SUBMIT
from tests.support.eventually import eventually
from tests.support.gate import Side
from tests.support.system import PATIENCE, System


def test_an_operator_that_is_stopped_waits_for_the_answer_that_is_due(gated: System) -> None:
    """The job's id is in the ledger when the process has ended, so nobody has to look it up."""
    with gated.gate.keeping(SUBMIT, Side.ANSWER) as kept:
        gated.apply("stopped")
        kept.wait()
        operator = gated.stack.operator.process
        operator.send(signal.SIGTERM)
        eventually(lambda: gated.stack.operator.is_ready, not_, within=PATIENCE)
        assert operator.is_running
        kept.let_through()

        assert 0 == operator.wait(PATIENCE)

    assert ["accepted"] == [s["state"] for s in gated.submissions("stopped")]
    gated.restart_operator()
    gated.wait_until_completed("stopped")
    assert 1 == len(gated.jobs("stopped"))


def test_an_operator_that_is_stopped_gives_its_lease_back(gated: System) -> None:
    """The next one need not wait until it has run out."""
    gated.stack.operator.stop()
    try:
        leases = gated.kubectl.get("leases", "-n", gated.namespace)["items"]

        assert [""] == [lease["spec"].get("holderIdentity", "") for lease in leases]
    finally:
        gated.restart_operator()
