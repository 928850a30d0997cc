"""The three accounts of what happened: the Trading API's own book, Postgres, and the API server.

None of them is read through a proxy, and none through the operator.
"""

import json
import sqlite3
from collections import defaultdict
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import httpx

from tests.faults.world import Surface, World
from tests.support.api_ledger import ApiJob

Row = dict[str, Any]


@dataclass(frozen=True)
class Accounts:
    """All three, at one moment of rest."""

    surface: Surface
    jobs: Sequence[ApiJob]
    """The API's, in the order of acceptance."""
    deliveries: int
    """Callbacks that the API still tries to deliver."""
    sweeps: Sequence[Row]
    runs: Sequence[Row]
    submissions: Sequence[Row]
    """Oldest first, with `job_ids` in the order in which they were learned."""
    results: Sequence[Row]
    """Best first."""
    inbox: Sequence[Row]
    outbox: Sequence[Row]
    transitions: Sequence[Row]
    objects: Sequence[Row]
    events: Sequence[Row]
    """The Kubernetes Events of the namespace."""
    seen: Sequence[tuple[str, Row]]
    """Every version that the API server told of, with the kind of its event."""

    def submissions_of(self, run: Row) -> list[Row]:
        """Return a run's submissions, oldest first."""
        return [one for one in self.submissions if one["run_id"] == run["id"]]

    def jobs_by_key(self) -> dict[str, list[ApiJob]]:
        """Return the API's jobs by the submission that they were sent for."""
        found: dict[str, list[ApiJob]] = defaultdict(list)
        for job in self.jobs:
            found[job.submission_key].append(job)
        return found

    def run_of(self, sweep: Row) -> Row:
        """Return a sweep's current run."""
        return next(
            run
            for run in self.runs
            if run["sweep_uid"] == sweep["uid"] and run["run_no"] == sweep["run_no"]
        )

    def sweep(self, uid: str) -> Row | None:
        """Return the ledger's row of an object."""
        return next((row for row in self.sweeps if row["uid"] == uid), None)


def gather(world: World) -> Accounts:
    """Read all three."""
    system = world.system
    # The API's book first: what it has, the ledger must have heard of by the time of its reading.
    jobs, deliveries = system.jobs(), _deliveries(world)
    return Accounts(
        surface=world.surface,
        jobs=jobs,
        deliveries=deliveries,
        sweeps=system.rows("SELECT * FROM sweeps ORDER BY created_at, uid"),
        runs=system.rows("SELECT * FROM pipeline_jobs ORDER BY sweep_uid, run_no"),
        submissions=system.rows(_SUBMISSIONS),
        results=system.rows("SELECT * FROM trading_sweep_results ORDER BY submission_key, rank"),
        inbox=system.rows("SELECT * FROM callback_inbox ORDER BY id"),
        outbox=system.rows("SELECT * FROM outbox ORDER BY id"),
        transitions=system.rows("SELECT * FROM transitions ORDER BY id"),
        objects=system.objects.sweeps(world.namespace),
        events=system.objects.every_event(world.namespace),
        seen=tuple(world.watcher.events),
    )


_SUBMISSIONS = """
SELECT s.*, w.name AS sweep,
       ARRAY(SELECT j.external_job_id FROM submission_job_ids AS j
             WHERE j.submission_key = s.key ORDER BY j.learned_at, j.external_job_id) AS job_ids
FROM submissions AS s JOIN sweeps AS w ON w.uid = s.sweep_uid ORDER BY s.sweep_uid, s.run_no, s.n
"""


def best(world: World, sweep_run_id: str, ticker: str, limit: int) -> list[Row]:
    """Ask the API itself for results, as it returns them."""
    wiring = world.system.stack.wiring
    answer = httpx.get(
        f"{wiring.api_url}/api/v1/sweeps/{sweep_run_id}/best",
        params={"ticker": ticker, "limit": limit},
        headers={"X-API-Key": wiring.api_key},
        timeout=30,
        trust_env=False,
    )
    rows: list[Row] = answer.raise_for_status().json()["results"]
    return rows


def metrics(world: World) -> str:
    """Scrape the operator."""
    url = f"{world.system.stack.wiring.operator_url}/metrics"
    return httpx.get(url, timeout=30, trust_env=False).raise_for_status().text


def keep(accounts: Accounts, world: World) -> None:
    """Write what a failing run was judged by beside its history."""
    for name in (
        "sweeps",
        "runs",
        "submissions",
        "inbox",
        "outbox",
        "transitions",
        "objects",
        "events",
    ):
        text = json.dumps(getattr(accounts, name), indent=1, default=str)
        (world.history.path.parent / f"{name}.json").write_text(text)


def _deliveries(world: World) -> int:
    book = world.system.stack.folder / "tradingapi-data" / "tradingapi.sqlite3"
    with closing(sqlite3.connect(f"file:{book}?mode=ro", uri=True, timeout=10)) as database:
        query = "SELECT count(*) FROM deliveries WHERE state = 'pending'"
        return int(database.execute(query).fetchone()[0])
