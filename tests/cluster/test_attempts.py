"""Further attempts: a failed job is submitted anew while backoffLimit allows it."""

from tests.support.system import System


def test_a_failed_sweep_is_tried_again_and_then_fails(gated: System) -> None:
    """A limit of 1 is two jobs at the API under two keys, then the API's words."""
    gated.apply("no-prices", ticker="NOPRICES", backoffLimit=1)

    status = gated.wait_for("no-prices", "Failed")

    assert ("Failed", "JobFailed") == gated.standing("no-prices")
    assert 2 == status["attempt"]
    assert ["failed", "failed"] == [row["state"] for row in gated.submissions("no-prices")]
    assert 2 == len({job.submission_key for job in gated.jobs("no-prices")})


def test_a_failed_sweep_is_not_tried_again_by_itself(gated: System) -> None:
    """A backtest is deterministic: by default one attempt is enough."""
    gated.apply("no-prices-once", ticker="NOPRICES")

    gated.wait_for("no-prices-once", "Failed")

    assert 1 == len(gated.jobs("no-prices-once"))
