"""I3 against the API, and I6 to I9: deletions, silence, secrets, metrics."""

import re
from collections import Counter
from collections.abc import Iterator

from tests.faults.accounts import Accounts, Row, best, metrics
from tests.faults.kube_proxy import writes
from tests.faults.world import World
from tests.support.seeds_row import FIGURES

_NOT_KEPT = ("tradingapi-data", "kubeconfig-through-proxy")
"""What must hold a secret: the API's own deliveries, and who we are at the API server."""
_TOKEN = re.compile(
    rb"/webhook/sweep-callback/[0-9a-f]{64}/(?!\[redacted\])[A-Za-z0-9_-]+\.[\w-]{20,}"
)
_INVALID = 422
_TABLES = """
SELECT relname AS name FROM pg_class
WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY relname
"""
# A row that is written has another place and another transaction. The server's own counters would
# not do: a session reports its writes up to ten seconds later.
_PRINT = "SELECT count(*) AS n, sum(hashtext(ctid::text || xmin::text)) AS print FROM {}"


def wrong_around(accounts: Accounts, world: World) -> list[str]:
    """Return what is wrong at rest beside what the accounts say themselves."""
    return [
        *results_are_the_apis(accounts, world),
        *no_status_was_refused(world),
        *nothing_hangs_in_deletion(accounts),
        *secrets_are_nowhere(world),
        *nothing_was_raised(world),
    ]


def results_are_the_apis(accounts: Accounts, world: World) -> Iterator[str]:
    """I3: what is stored is what the API returns, whole, in order, and to the last digit."""
    runs = {run["id"]: run for run in accounts.runs}
    kept = {row["submission_key"] for row in accounts.results}
    for one in accounts.submissions:
        if one["state"] != "completed" and one["key"] not in kept:
            continue
        run = runs[one["run_id"]]
        ticker, limit = run["parameters"]["ticker"], run["store_results"]
        wanted = [_numbers(row) for row in best(world, one["sweep_run_id"], ticker, limit)]
        stored = [_numbers(r) for r in accounts.results if r["submission_key"] == one["key"]]
        if stored != wanted:
            yield f"I3: {one['sweep']} has stored {len(stored)} rows, the API has {len(wanted)}"


def _numbers(row: Row) -> tuple[object, ...]:
    return tuple(row.get(column) for column in FIGURES)


def no_status_was_refused(world: World) -> Iterator[str]:
    """I4: nobody even tried to let a status fall; the API server would have refused it."""
    refused = [write for write in writes(world.ways.kube.passed) if write.status == _INVALID]
    for write in refused:
        yield f"I4: the API server refused a {write.method} of {write.name}/{write.subresource}"


def nothing_hangs_in_deletion(accounts: Accounts) -> Iterator[str]:
    """I6: a deleted object is gone."""
    for found in accounts.objects:
        if "deletionTimestamp" in found["metadata"]:
            yield f"I6: {found['metadata']['name']} is still being deleted"


def secrets_are_nowhere(world: World) -> Iterator[str]:
    """I8: not in logs, statuses, Events, labels, metrics, nor in what is kept of a run."""
    wiring = world.system.stack.wiring
    passwords = {dsn.split(":")[2].split("@")[0] for dsn in (wiring.dsn, wiring.receiver_dsn)}
    secrets = {wiring.api_key, wiring.callback_secret, *passwords}
    said = {
        str(path.name): path.read_bytes()
        for path in world.system.stack.folder.iterdir()
        if path.is_file() and path.name not in _NOT_KEPT
    }
    said["objects"] = repr(world.watcher.events).encode()
    said["events"] = repr(world.system.objects.every_event(world.namespace)).encode()
    said["metrics"] = metrics(world).encode()
    for where, text in said.items():
        if any(secret.encode() in text for secret in secrets) or _TOKEN.search(text):
            yield f"I8: a secret is in {where}"


def nothing_was_raised(world: World) -> Iterator[str]:
    """No pass met what its author held to be impossible, whatever was killed or read too late."""
    for log in sorted(world.system.stack.folder.glob("*operator.log")):
        for line in log.read_text().splitlines():
            if '"pass_failed"' in line:
                yield f"raised: {line.partition('Traceback')[2][-300:] or line[:300]}"


def metrics_are_the_transitions(accounts: Accounts, world: World) -> Iterator[str]:
    """I9: the counters say what the ledger says, whoever was killed."""
    scraped = metrics(world)
    counted = Counter(
        (row["to_phase"].lower(), row["ticker"])
        for row in accounts.transitions
        if row["to_phase"] in ("Completed", "Failed")
    )
    shown = {
        (labels["status"], labels["ticker"]): int(float(value))
        for labels, value in _samples(scraped, "pipeline_trading_sweep_jobs_completed_total")
        if float(value)
    }
    if shown != dict(counted):
        yield f"I9: the metrics say {shown}, the ledger {dict(counted)}"
    exist = {
        labels["phase"]: int(float(value))
        for labels, value in _samples(scraped, "pipeline_trading_operator_sweeps")
        if float(value)
    }
    ledger = Counter(s["phase"] for s in accounts.sweeps if s["object_gone_at"] is None)
    if exist != dict(ledger):
        yield f"I9: the metrics count {exist}, the ledger {dict(ledger)}"


def _samples(text: str, name: str) -> Iterator[tuple[dict[str, str], str]]:
    for line in text.splitlines():
        if found := re.fullmatch(rf"{name}\{{(.*)\}} (\S+)", line):
            yield dict(re.findall(r'(\w+)="([^"]*)"', found[1])), found[2]


def quiet(world: World, seconds: float) -> list[str]:
    """I7: look for so many seconds, and return what was written meanwhile, the Lease apart."""
    before, seen = _written(world), len(world.watcher.events)
    rows = _rows(world)
    world.system.let_pass(seconds)
    noise = [
        f"I7: {count} writes of {what} at rest"
        for what, count in (_written(world) - before).items()
        if what != "leases"
    ]
    noise += [f"I7: {t} was written at rest" for t, now in _rows(world).items() if now != rows[t]]
    if seen != len(world.watcher.events):
        noise.append("I7: the API server told of a sweep at rest")
    return noise


def _rows(world: World) -> dict[str, Row]:
    """Return a fingerprint of every table."""
    names = [str(row["name"]) for row in world.system.rows(_TABLES)]
    return {name: world.system.rows(_PRINT.format(name))[0] for name in names}


def _written(world: World) -> Counter[str]:
    asked = Counter(write.resource for write in writes(world.ways.kube.passed))
    asked["the Trading API"] = sum(one.method == "POST" for one in world.ways.trading.passed)
    return asked
