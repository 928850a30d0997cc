"""What is traced, and with which ids; a collector takes it over OTLP."""

import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests.support.collector import Collector, collector
from tradingsweep.adapters.tracing import passes
from tradingsweep.domain.answers import Accepted, NotSent, OutcomeUnknown
from tradingsweep.reconcile.tracing import Untraced

KEY = "0123456789abcdef" * 4
TRACE, SPAN = KEY[:32], KEY[32:48]
WITHOUT_THE_EXTRA = """
import sys
sys.modules["opentelemetry"] = None
from tradingsweep.adapters.tracing import callbacks, passes
with passes.traced(), callbacks.traced() as traces, traces.received("/route", "a" * 64) as told:
    told("stored")
print("works")
"""


@pytest.fixture
def traces(monkeypatch: pytest.MonkeyPatch) -> Iterator[Collector]:
    """A collector that the environment names."""
    with collector() as running:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", running.url)
        yield running


def test_without_a_collector_nothing_is_traced() -> None:
    """Nor is OpenTelemetry loaded, nor a header sent along."""
    with passes.traced() as untraced, untraced.sending(KEY, first=True) as sending:
        assert isinstance(untraced, Untraced)
        assert sending.header is None


def test_without_the_extra_one_line_says_what_to_install() -> None:
    """Nobody's sweeps wait for somebody's traces: the process works on."""
    answer = subprocess.run(
        [sys.executable, "-c", WITHOUT_THE_EXTRA],
        env={"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9"},
        capture_output=True,
        text=True,
        check=True,
    )

    said = [line for line in answer.stdout.splitlines() if "traces_off" in line]
    assert "works" == answer.stdout.splitlines()[-1]
    assert 2 == len(said), "one for each of the two processes that the script is"
    assert all("install tradingsweep[tracing]" in line for line in said)


def test_a_post_has_the_ids_of_its_key(traces: Collector) -> None:
    """The header that the Trading API gets names the step that callbacks link to."""
    with passes.traced() as operator, operator.sending(KEY, first=True) as sending:
        # 01: sampled; 02: the id is as good as random.
        assert f"00-{TRACE}-{SPAN}-03" == sending.header
        sending.answered(Accepted("job-1"))

    (sent,) = traces.spans("submit")
    assert (TRACE, SPAN, "") == (sent.trace, sent.span, sent.parent)
    assert "job-1" == sent.notes["tradingsweep.job_id"]


def test_a_repeated_post_is_a_part_of_the_first(traces: Collector) -> None:
    """It looks up what became of the first, also where another process sent that."""
    with passes.traced() as operator, operator.sending(KEY, first=False) as sending:
        sending.answered(OutcomeUnknown("the API's own words"))

    (sent,) = traces.spans("submit")
    assert (TRACE, SPAN) == (sent.trace, sent.parent)
    assert sent.span not in ("", SPAN)
    assert b"own words" not in b"".join(traces.raw)


def test_a_post_that_did_not_arrive_leaves_its_ids_to_the_next(traces: Collector) -> None:
    """The same key is sent later as a first one: two steps of one id would be one too many."""
    with passes.traced() as operator, operator.step("reconcile"):
        with operator.sending(KEY, first=True) as sending:
            sending.answered(NotSent("TradingAPIUnavailable", "connection refused"))
        with operator.sending(KEY, first=True) as sending:
            sending.answered(Accepted("job-1"))

    (sent,), (one,) = traces.spans("submit"), traces.spans("reconcile")
    assert "job-1" == sent.notes["tradingsweep.job_id"]
    assert "TradingAPIUnavailable" == one.notes["tradingsweep.not_sent"]


def test_a_step_that_raised_tells_the_class_alone(traces: Collector) -> None:
    """An exception's words may hold what nobody should read."""
    with (
        pytest.raises(ValueError, match="secret words"),
        passes.traced() as operator,
        operator.step("collect"),
    ):
        raise ValueError("secret words")

    (told,) = traces.raw
    assert b"ValueError" in told
    assert b"secret words" not in told


def test_a_sampler_that_takes_nothing_sends_nothing(
    traces: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    """OpenTelemetry's own variables count; the header says that nobody samples."""
    monkeypatch.setenv("OTEL_TRACES_SAMPLER", "parentbased_traceidratio")
    monkeypatch.setenv("OTEL_TRACES_SAMPLER_ARG", "0")
    for first in (True, False):
        with passes.traced() as operator, operator.sending(KEY, first=first) as sending:
            assert sending.header is not None
            assert 0 == int(sending.header[-2:], 16) & 1
            sending.answered(Accepted("job-1"))

    assert [] == traces.spans()
