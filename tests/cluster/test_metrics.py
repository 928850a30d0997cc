"""What a running system exposes: the whole list, with what really happened in it."""

import httpx
import pytest

from tests.support.eventually import eventually
from tests.support.scrapes import Scrape, scrape
from tests.support.system import System
from tradingsweep.adapters.metrics import families
from tradingsweep.adapters.metrics.families import FAMILIES, Source

OPERATOR = {
    family.name
    for family in FAMILIES
    if family.source is not Source.RECEIVER and family is not families.LAST_CALLBACK
}
"""The last callback's time is absent until there is one."""


@pytest.fixture(scope="module")
def after_one(gated: System) -> System:
    """A system in which one sweep has completed, through its callback."""
    gated.apply("measured")
    # The first sweep of a checkout waits until the engine is compiled.
    gated.wait_until_completed("measured", within=240)
    return gated


def operator(system: System) -> Scrape:
    """Scrape the operator."""
    return scrape(system.stack.wiring.operator_url)


def test_the_operator_exposes_exactly_what_is_documented(after_one: System) -> None:
    """Every family of the list, and none that is not on it."""
    exposed = operator(after_one).families

    assert OPERATOR <= exposed
    assert exposed <= {family.name for family in FAMILIES}


def test_a_completed_sweep_is_counted_by_ticker(after_one: System) -> None:
    """The documented counters and the histogram say the same."""
    seen = operator(after_one)

    ended = {"status": "completed", "ticker": "BTC-USD"}
    completed = seen.value(families.JOBS_COMPLETED.name, **ended)
    assert completed == seen.value(f"{families.DURATION.name}_count", **ended)
    assert completed is not None
    assert completed >= 1


def test_requests_are_counted_by_route_and_code(after_one: System) -> None:
    """The Trading API's and the API server's."""
    seen = operator(after_one)

    submitted = {"endpoint": "POST /api/v1/strategy/sweep", "code": "202"}
    patched = {"verb": "PATCH", "resource": "tradingsweeps/status", "code": "200"}
    assert (seen.value(families.API_REQUESTS.name, **submitted) or 0) >= 1
    assert (seen.value(families.KUBE_REQUESTS.name, **patched) or 0) >= 2
    latency = seen.value(f"{families.API_LATENCY.name}_count", endpoint=submitted["endpoint"])
    assert (latency or 0) >= 1


def test_passes_watch_events_and_leadership_are_shown(after_one: System) -> None:
    """What a controller is judged by."""
    seen = operator(after_one)

    assert 1 == seen.value(families.LEADER.name)
    assert 1 == seen.value(families.LEDGER_UP.name)
    assert (seen.value(families.RECONCILES.name, result="success") or 0) >= 1
    assert (seen.value(families.LAST_WATCH.name) or 0) > 0
    assert (seen.value(families.LEDGER_CONNECTIONS.name) or 0) >= 1


def test_callbacks_are_counted_by_outcome(after_one: System) -> None:
    """Applied, or late where the stream was quicker; by the operator, which has dealt with them."""
    eventually(
        lambda: operator(after_one).value(families.CALLBACKS.name),
        lambda dealt_with: (dealt_with or 0) >= 1,
        within=60,
    )


def test_the_receiver_counts_apart_from_what_senders_reach(after_one: System) -> None:
    """Its metrics have a port of their own; a bad token is counted with its reason."""
    wiring = after_one.stack.wiring
    before = scrape(wiring.receiver_metrics_url)
    httpx.post(f"{wiring.receiver_url}/webhook/sweep-callback/{'a' * 64}/local.nonsense", json={})

    after = scrape(wiring.receiver_metrics_url)

    name = families.SIGNATURE_FAILURES.name
    grown = (after.value(name, reason="token") or 0) - (before.value(name, reason="token") or 0)
    assert 1 == grown
    assert (after.value(families.RECEIVED.name, answer="stored") or 0) >= 1
    assert {f.name for f in FAMILIES if f.source is Source.RECEIVER} == after.families
    assert 404 == httpx.get(f"{wiring.receiver_url}/metrics").status_code


def test_no_name_and_no_secret_is_in_a_scrape(after_one: System) -> None:
    """Sweeps and namespaces are not labels, and keys are nowhere."""
    wiring = after_one.stack.wiring
    text = operator(after_one).text + scrape(wiring.receiver_metrics_url).text

    for hidden in (after_one.namespace, "measured", wiring.api_key, wiring.callback_secret):
        assert hidden not in text
