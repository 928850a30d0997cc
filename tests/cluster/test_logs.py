"""The operator's log: a line of JSON for each thing that happened, which says to what."""

import json
from typing import Any

from tests.support.system import System
from tradingsweep.domain.reasons import Reason


def lines(system: System) -> list[dict[str, Any]]:
    """Return every line of the operator's log, each of which must be JSON."""
    log = system.stack.folder / "operator.log"
    return [json.loads(line) for line in log.read_text().splitlines()]


def test_a_sweeps_life_can_be_read_from_the_log(gated: System) -> None:
    """Each decision is one line, with the ids of sweep, run, attempt and job."""
    gated.apply("told", runID="told")
    status = gated.wait_until_completed("told", within=240)
    name = f"{gated.namespace}/told"

    told = [line for line in lines(gated) if line.get("sweep") == name]

    decided = [line["happened"] for line in told if line["event"] == "decided"]
    assert ["a new run begins", "the results are in the ledger"] == [decided[0], decided[-1]]
    last = told[-1]
    assert (1, 1, status["jobID"]) == (last["run"], last["attempt"], last["job_id"])
    assert {"timestamp", "level", "logger", "uid"} <= last.keys()


def test_a_line_names_no_other_sweep_than_its_own(gated: System) -> None:
    """What one pass binds is not in the lines of the next one."""
    uids: dict[str, set[str]] = {}
    for line in lines(gated):
        if "sweep" in line:
            uids.setdefault(line["uid"], set()).add(line["sweep"])

    assert {1} >= {len(names) for names in uids.values()}


def test_events_have_reasons_of_the_closed_list(gated: System) -> None:
    """Programs may rely on them, as on those of conditions."""
    gated.apply("announced", runID="announced")
    gated.wait_until_completed("announced", within=240)
    known = {reason.value for reason in Reason}

    seen = {event["reason"] for event in gated.objects.every_event(gated.namespace)}

    assert seen
    assert seen <= known
