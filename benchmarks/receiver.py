"""`make bench-receiver`: a burst of callbacks, beside a bare handler; genuine ones among slow ones.

The slow connections are slowhttptest's (Debian has it; `make slowhttptest` installs it). Without
it that part is left out, and says so.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from statistics import median

import psycopg

from benchmarks.bars import Bar, at_least, below, exactly, report
from benchmarks.receiver_load import burst, requests
from dev.environment import RECEIVER_ROLE, direct, migrate, script
from dev.ports import free_port
from dev.postgres import Postgres
from dev.processes import Command
from dev.service import Service
from tests.support.ledger_rows import key_of
from tradingsweep.signature import Keyring

BURST = 10_000
ROUNDS = 3
SLOW = 500
GENUINE = 300
ATTACKS = {
    "headers": ("-H",),
    "bodies": ("-B", "-f", "application/json"),
}
BODY = (
    b'{"event_type": "sweep.completed", "job_id": "job-1", "sweep_run_id": "run-1", '
    b'"status": "completed", "ticker": "BTC-USD", "result_data": {"total_combinations": 8, '
    b'"execution_time_seconds": 127.4}, "timestamp": "2025-01-27T10:32:52Z"}'
)
SECRET = "the-secret-of-a-benchmark-alone"  # noqa: S105 - it signs nothing else

# A submission for every callback, or the inbox would keep a thousand of them for a restore.
_ROWS = """
INSERT INTO sweeps (uid, cluster_id, shard, namespace, name, generation_seen, spec, spec_hash,
                    identity_version, run_no)
VALUES ('bench', 'bench', 'bench', 'bench', 'bench', 1, '{}', 'h', 1, 1);
INSERT INTO pipeline_jobs (sweep_uid, run_no, tenant_id, status, spec_hash, parameters,
                           combinations, requested_combinations, deadline_seconds, store_results)
VALUES ('bench', 1, 'bench', 'RUNNING', 'h', '{}', 8, 9, 3600, 100);
"""
_SUBMISSIONS = """
INSERT INTO submissions (key, run_id, sweep_uid, run_no, n, state, request, callback_base,
                         token_kid, idempotent, leader_epoch)
SELECT key, (SELECT id FROM pipeline_jobs), 'bench', 1, n, 'completed', '{}', 'http://x', 'k1',
       true, 1
FROM unnest(%s::text[]) WITH ORDINALITY AS given (key, n)
"""


@dataclass(frozen=True)
class Place:
    """A receiver and a bare handler on the same Postgres."""

    dsn: str
    receiver: int
    bare: int

    def path(self, key: str) -> str:
        """Return the signed path of a submission."""
        return f"/webhook/sweep-callback/{key}/{Keyring.parse(f'k1={SECRET}').token(key)}"

    def count(self) -> int:
        """Count what is in the inbox."""
        with psycopg.connect(self.dsn) as ledger:
            row = ledger.execute("SELECT count(*) FROM callback_inbox").fetchone()
        return int(row[0]) if row else 0


def main() -> int:
    """Measure, show and write; returns the exit status."""
    with tempfile.TemporaryDirectory(prefix="bench-receiver-") as folder, _place(folder) as place:
        bars = _bursts(place)
        if shutil.which("slowhttptest") is None:
            print("LEFT OUT: slowhttptest is missing, run `make slowhttptest`", file=sys.stderr)
        else:
            bars += [_among_slow(place, what, Path(folder)) for what in ATTACKS]
    return 0 if report("receiver", bars) else 1


@contextmanager
def _place(place: str) -> Iterator[Place]:
    folder = Path(place)
    with ExitStack() as stack:
        postgres = stack.enter_context(Postgres(folder / "postgres.log"))
        dsn = postgres.create_database("bench")
        migrate(dsn)
        login = postgres.create_login("receiver", RECEIVER_ROLE)
        running = Place(dsn, free_port(), free_port())
        with psycopg.connect(dsn, autocommit=True) as ledger:
            ledger.execute("CREATE TABLE bare (id bigserial PRIMARY KEY, body bytea NOT NULL)")
            ledger.execute(_ROWS)
            ledger.execute(_SUBMISSIONS, (_keys(0, BURST * ROUNDS),))
        environment = {
            **direct(),
            "TRADINGSWEEP_DSN": postgres.dsn("bench", login),
            "TRADINGSWEEP_CALLBACK_SECRETS": f"k1={SECRET}",
            "TRADINGSWEEP_RECEIVER_PORT": str(running.receiver),
        }
        ours = Command("receiver", [script("tradingsweep"), "receiver"], folder / "r", environment)
        bare = Command(
            "bare",
            [sys.executable, "-m", "benchmarks.bare_receiver", str(running.bare), dsn],
            folder / "b",
            direct(),
        )
        for command, port in ((ours, running.receiver), (bare, running.bare)):
            service = Service(command, f"http://127.0.0.1:{port}/healthz")
            stack.enter_context(service).wait_ready()
        yield running


def _keys(first: int, count: int) -> list[str]:
    return [key_of(f"bench {number}") for number in range(first, first + count)]


def _bursts(place: Place) -> list[Bar]:
    """Send bursts to both in turn: what else the machine does meanwhile falls on both."""
    ratios, slowest, rates = [], 0.0, []
    for number in range(ROUNDS):
        paths = [place.path(key) for key in _keys(number * BURST, BURST)]
        timings, ours = burst(place.receiver, requests(paths, BODY, place.receiver))
        plain = ["/webhook/x"] * BURST
        _, theirs = burst(place.bare, requests(plain, BODY, place.bare))
        ratios.append(theirs / ours)
        rates.append(BURST / ours)
        slowest = max(slowest, _p99(timings))
    return [
        exactly(
            f"callbacks stored of {ROUNDS} bursts of {BURST}", place.count(), "", BURST * ROUNDS
        ),
        below("a callback of a burst, p99, worst burst", slowest, "s", 1.0),
        at_least("callbacks a second, of a bare handler's, median", median(ratios), "x", 0.6),
        Bar("callbacks a second, median", round(median(rates)), "/s", "-", met=True),
    ]


def _among_slow(place: Place, what: str, folder: Path) -> Bar:
    """Send genuine callbacks one after the other while 500 slow connections are held open.

    The receiver cuts them; so new ones are opened again and again, for as long as it takes.
    """
    stop = time.monotonic() + 20
    timings: list[float] = []
    path = place.path(key_of(f"attacked by slow {what}"))
    attack = _attack(place, what, path, folder)
    try:
        while len(timings) < GENUINE or time.monotonic() < stop:
            if attack.poll() is not None:
                attack = _attack(place, what, path, folder)
            key = key_of(f"genuine {what} {len(timings)}")
            timings += _one(place, place.path(key))
    finally:
        attack.kill()
        attack.wait()
    return below(
        f"a genuine callback among {SLOW} slow {what}, p99", 1e3 * _p99(timings), "ms", 250
    )


def _one(place: Place, path: str) -> list[float]:
    begun = time.perf_counter()
    connection = HTTPConnection("127.0.0.1", place.receiver, timeout=30)
    connection.request("POST", path, BODY, {"Content-Type": "application/json"})
    answer = connection.getresponse()
    answer.read()
    connection.close()
    assert answer.status == 202, answer.status
    return [time.perf_counter() - begun]


def _attack(place: Place, what: str, path: str, folder: Path) -> subprocess.Popen[bytes]:
    url = f"http://127.0.0.1:{place.receiver}{path}"
    command = ["slowhttptest", *ATTACKS[what], "-c", str(SLOW), "-r", str(SLOW), "-i", "2"]
    return subprocess.Popen(
        [*command, "-l", "8", "-t", "POST", "-x", "10", "-p", "3", "-u", url],
        cwd=folder,
        env={**os.environ, **direct()},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def _p99(seconds: Sequence[float]) -> float:
    return sorted(seconds)[int(0.99 * len(seconds))]


if __name__ == "__main__":
    sys.exit(main())
