"""Many finished sweeps at once: objects, statuses and ledger rows as one real run has left them."""

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any, LiteralString

import psycopg
from psycopg import sql

from tests.support.system import System

_AT_ONCE = 8
"""Requests to the API server."""
_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
"""What `kubectl apply` leaves on each object: half of its size."""

_KEY = "encode(sha256(c.uid::bytea), 'hex')"
_RUN = "md5(c.uid)::uuid"
_COPIED: tuple[tuple[LiteralString, LiteralString, LiteralString], ...] = (
    ("sweeps", "t.uid = %s", "'uid', c.uid, 'name', c.name"),
    ("pipeline_jobs", "t.sweep_uid = %s", f"'id', {_RUN}, 'sweep_uid', c.uid"),
    (
        "submissions",
        "t.sweep_uid = %s",
        f"'key', {_KEY}, 'run_id', {_RUN}, 'sweep_uid', c.uid, 'sweep_run_id', 'run-' || c.name",
    ),
    (
        "submission_job_ids",
        "t.submission_key IN (SELECT key FROM submissions WHERE sweep_uid = %s)",
        f"'submission_key', {_KEY}, 'external_job_id', 'job-' || c.name",
    ),
    *(
        (
            table,
            "t.submission_key IN (SELECT key FROM submissions WHERE sweep_uid = %s)",
            f"'submission_key', {_KEY}, 'job_id', {_RUN}, 'sweep_run_id', 'run-' || c.name",
        )
        for table in ("trading_sweep_results", "trading_sweep_reports")
    ),
)
_COPY = sql.SQL("""
INSERT INTO {table} SELECT made.* FROM {table} AS t, copies AS c,
LATERAL jsonb_populate_record(t, jsonb_build_object({members})) AS made WHERE {where}
""")
_TRANSITIONS = """
INSERT INTO transitions (sweep_uid, version, run_no, n, from_phase, to_phase, reason, ticker,
                         strategy_type, duration_s, at)
SELECT c.uid, t.version, t.run_no, t.n, t.from_phase, t.to_phase, t.reason, t.ticker,
       t.strategy_type, t.duration_s, t.at
FROM transitions AS t, copies AS c WHERE t.sweep_uid = %s
"""


def multiply(system: System, name: str, count: int) -> None:
    """Make copies of a finished sweep while no operator runs: as if each had had its own run."""
    original = system.objects.sweep(system.namespace, name)
    assert original is not None
    names = [f"{name}-{number}" for number in range(count)]
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        list(pool.map(lambda one: _object(system, original, one), names))
    uids = {
        one["metadata"]["name"]: one["metadata"]["uid"]
        for one in system.objects.sweeps(system.namespace)
    }
    with psycopg.connect(system.stack.wiring.dsn) as ledger:
        _rows(ledger, original["metadata"]["uid"], [(uids[one], one) for one in names])


def _object(system: System, original: dict[str, Any], name: str) -> None:
    body = {
        "apiVersion": original["apiVersion"],
        "kind": original["kind"],
        "metadata": {"name": name},
        "spec": original["spec"],
    }
    body["metadata"]["annotations"] = {_APPLIED: json.dumps(body)}
    system.objects.create(system.namespace, json.dumps(body))
    status = {**original["status"], "jobID": f"job-{name}", "sweepRunID": f"run-{name}"}
    system.objects.set_status(system.namespace, name, status)


def _rows(ledger: psycopg.Connection[Any], original: str, copies: list[tuple[str, str]]) -> None:
    """Copy each row of the original for each copy, under the copy's own keys."""
    ledger.execute("CREATE TEMPORARY TABLE copies (uid text, name text)")
    with ledger.cursor().copy("COPY copies FROM STDIN") as rows:
        for copy in copies:
            rows.write_row(copy)
    for table, where, members in _COPIED:
        ledger.execute(
            _COPY.format(
                table=sql.Identifier(table), where=sql.SQL(where), members=sql.SQL(members)
            ),
            (original,),
        )
    ledger.execute(_TRANSITIONS, (original,))
    ledger.commit()
    ledger.autocommit = True
    ledger.execute("VACUUM ANALYZE")
