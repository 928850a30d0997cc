"""Traces of a running system, as a collector receives them over OTLP."""

from collections.abc import Iterator

import pytest

from tests.support.collector import Collector, TracedSpan, collector
from tests.support.eventually import eventually
from tests.support.ground import Ground, Settings
from tests.support.system import PATIENCE, System

OPERATOR, RECEIVER = "tradingsweep-operator", "tradingsweep-receiver"
SECRET = "collector-password"


@pytest.fixture(scope="module")
def traces() -> Iterator[Collector]:
    """A collector."""
    with collector() as running:
        yield running


@pytest.fixture(scope="module")
def traced(
    ground: Ground, traces: Collector, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[System]:
    """A system that traced one sweep to its end, and was stopped: nothing more comes."""
    settings = Settings(
        operator={"time_scale": "0.2", "lease_seconds": "3"},
        everybody={
            "OTEL_EXPORTER_OTLP_ENDPOINT": traces.url,
            "OTEL_EXPORTER_OTLP_HEADERS": f"authorization={SECRET}",
            "OTEL_BSP_SCHEDULE_DELAY": "200",
        },
    )
    with ground.system(tmp_path_factory.mktemp("traced"), settings) as system:
        system.apply("traced")
        system.wait_until_completed("traced", within=240)
        eventually(lambda: traces.spans("callback", OPERATOR), bool, within=PATIENCE)
        for service in (system.stack.operator, system.stack.receiver):
            service.stop()
        yield system


def post(system: System, traces: Collector) -> TracedSpan:
    """Return the step that the POST of the only submission was."""
    (submission,) = system.submissions("traced")
    (found,) = traces.spans("submit")
    assert submission["key"].startswith(found.trace + found.span)
    return found


def test_the_receivers_step_is_linked_to_the_post_of_its_submission(
    traced: System, traces: Collector
) -> None:
    """Though the receiver reads nothing of the ledger, and the callback is a new request."""
    sent = post(traced, traces)

    (received,) = traces.spans(service=RECEIVER)

    assert "POST /webhook/sweep-callback/{key}/{token}" == received.name
    assert ((sent.trace, sent.span),) == received.links
    assert sent.trace != received.trace
    assert "stored" == received.notes["tradingsweep.kept"]


def test_the_callback_that_was_dealt_with_is_linked_to_the_post_too(
    traced: System, traces: Collector
) -> None:
    """A part of the pass that took it out of the inbox, with its outcome."""
    sent = post(traced, traces)

    (heard,) = traces.spans("callback")

    assert ((sent.trace, sent.span),) == heard.links
    assert heard.notes["tradingsweep.outcome"] in {"applied", "late"}
    assert heard.parent in {one.span for one in traces.spans("reconcile")}


def test_results_are_fetched_and_stored_as_parts_of_a_pass(
    traced: System, traces: Collector
) -> None:
    """Each once; the pass names sweep and submission, and is linked to the POST."""
    sent = post(traced, traces)
    (collected,), (stored,) = traces.spans("collect"), traces.spans("store")

    assert collected.trace == stored.trace
    (one,) = (p for p in traces.spans("reconcile") if p.trace == stored.trace)
    assert f"{traced.namespace}/traced" == one.notes["tradingsweep.sweep"]
    assert sent.trace.startswith(one.notes["tradingsweep.submission"])
    assert (sent.trace, sent.span) in one.links


def test_the_post_says_which_job_it_made(traced: System, traces: Collector) -> None:
    """It begins a trace of its own, linked to the pass that sent it."""
    sent = post(traced, traces)

    assert "" == sent.parent
    (job,) = traced.jobs("traced")
    assert job.job_id == sent.notes["tradingsweep.job_id"]
    assert sent.links[0][1] in {one.span for one in traces.spans("reconcile")}


def test_no_secret_is_in_a_trace(traced: System, traces: Collector) -> None:
    """No token, key, password or address of a callback."""
    wiring = traced.stack.wiring
    told = b"".join(traces.raw).decode("latin-1")
    named = "sweep-callback/{key}/{token}"
    assert named in told
    told = told.replace(named, "")

    for hidden in (wiring.api_key, wiring.callback_secret, wiring.dsn, SECRET, "sweep-callback/"):
        assert hidden not in told
