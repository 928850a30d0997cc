"""The receiver as a process: Postgres away, the wake, SIGTERM, a start that is refused, its log."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import psycopg
import pytest

from dev.postgres import Postgres
from tests.receiver.conftest import Receiver
from tests.support.eventually import eventually
from tests.support.ledger_rows import connect, key_of, migrated

BODY = b'{"job_id": "job-1", "status": "completed"}'


@pytest.fixture(scope="module")
def mortal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    """A Postgres server that tests may stop."""
    log = tmp_path_factory.mktemp("mortal-postgres") / "postgres.log"
    with Postgres(log, durable=False) as running:
        yield running


@pytest.fixture(scope="module")
def receiver_of_mortal(
    mortal: Postgres, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Receiver]:
    """A receiver that gives Postgres one second."""
    log = tmp_path_factory.mktemp("receiver-of-mortal") / "receiver.log"
    dsn = migrated(mortal.create_database("ledger"))
    with Receiver(dsn, log, {"TRADINGSWEEP_RECEIVER_STORE_SECONDS": "1"}).running() as running:
        yield running


def _answer(receiver: Receiver, name: str) -> tuple[int, bool]:
    """Send a callback; return its status code, and whether it came in time."""
    start = time.monotonic()
    answer = receiver.post(receiver.path(key_of(name)), content=BODY)
    if answer.status_code == 503:
        assert "5" == answer.headers["Retry-After"]
    return answer.status_code, time.monotonic() - start < 3.0


def test_while_postgres_is_away_a_sender_is_asked_to_try_again(
    mortal: Postgres, receiver_of_mortal: Receiver
) -> None:
    """503 within a bounded time, alive but not ready, and 202 again after it is back."""
    receiver = receiver_of_mortal
    assert (202, True) == _answer(receiver, "before")

    mortal.kill()
    away = [_answer(receiver, f"away {number}") for number in range(3)]
    health = (receiver.get("/healthz").status_code, receiver.get("/readyz").status_code)
    mortal.start()

    assert [(503, True)] * 3 == away
    assert (200, 503) == health
    eventually(lambda: receiver.get("/readyz").status_code, 200, within=15)
    assert (202, True) == _answer(receiver, "after")


def test_a_postgres_that_hangs_is_a_postgres_that_is_away(
    mortal: Postgres, receiver_of_mortal: Receiver
) -> None:
    """A server that takes the query and never answers costs the sender a second or two."""
    receiver = receiver_of_mortal
    eventually(lambda: receiver.get("/readyz").status_code, 200, within=15)

    mortal.pause()
    hanging = [_answer(receiver, f"hanging {number}") for number in range(3)]
    mortal.resume()

    assert [(503, True)] * 3 == hanging
    eventually(lambda: _answer(receiver, "hanging no more"), (202, True), within=15)


def test_a_database_without_the_schema_is_not_ready(mortal: Postgres, tmp_path: Path) -> None:
    """The receiver may start before the migration: senders try again until it has run."""
    receiver = Receiver(mortal.create_database("empty"), tmp_path / "receiver.log")
    with receiver.running():
        before = (receiver.get("/readyz").status_code, _answer(receiver, "early"))
        migrated(receiver.dsn)

        assert (503, (503, True)) == before
        assert (202, True) == _answer(receiver, "in time")


def test_a_burst_wakes_the_operator_a_few_times(receiver: Receiver) -> None:
    """A stored callback is followed by a NOTIFY, and never by more than one per 50 ms."""
    path = receiver.url + receiver.path(key_of("wake"))
    with connect(receiver.dsn) as listener, httpx.Client() as client:
        listener.execute("LISTEN tradingsweep_inbox")
        start = time.monotonic()
        answers = [client.post(path, content=b"%d" % n).status_code for n in range(16)]
        seconds = time.monotonic() - start

        heard = list(listener.notifies(timeout=1.0))

    assert [202] * 16 == answers
    assert 1 <= len(heard) <= 2 + seconds / 0.05


def test_the_wake_survives_its_connection(receiver: Receiver) -> None:
    """When Postgres ends every session, the next callback still wakes the operator."""
    end_all = (
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
        " WHERE application_name = 'tradingsweep-receiver' AND datname = current_database()"
    )
    with connect(receiver.dsn) as listener:
        listener.execute("LISTEN tradingsweep_inbox")
        listener.execute(end_all)
        status, _ = _answer(receiver, "after the end of all sessions")

        assert 202 == status
        assert [] != list(listener.notifies(timeout=5.0, stop_after=1))


def test_a_receiver_that_lacks_nothing_warns_of_nothing(receiver_dsn: str, tmp_path: Path) -> None:
    """A warning is news: one that stands at every start teaches people to read past the others."""
    receiver = Receiver(receiver_dsn, tmp_path / "receiver.log")
    with receiver.running():
        receiver.process.send(signal.SIGTERM)
        ended = receiver.process.wait(10)

    assert 0 == ended
    assert ["info", "info"] == [line["level"] for line in receiver.lines()]


def test_sigterm_answers_the_request_in_flight(receiver_dsn: str, tmp_path: Path) -> None:
    """A callback that is half sent when the pod is asked to go is still stored."""
    receiver = Receiver(receiver_dsn, tmp_path / "receiver.log")
    key = key_of("in flight")
    head = f"POST {receiver.path(key)} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(BODY)}\r\n\r\n"
    with receiver.running():
        with socket.create_connection(("127.0.0.1", receiver.port), timeout=10) as connection:
            connection.sendall(head.encode() + BODY[:10])
            # Its answer proves that the connection before it was taken.
            assert 200 == receiver.get("/healthz").status_code
            receiver.process.send(signal.SIGTERM)
            eventually(lambda: _is_refused(receiver), True, within=5)  # noqa: FBT003
            connection.sendall(BODY[10:])
            answer = connection.recv(4096)
        status = receiver.process.wait(10)

    assert answer.startswith(b"HTTP/1.1 202 ")
    assert 0 == status
    with connect(receiver_dsn) as ledger:
        stored = "SELECT body FROM callback_inbox WHERE submission_key = %s"
        assert (BODY,) == ledger.execute(stored, (key,)).fetchone()


def _is_refused(receiver: Receiver) -> bool:
    try:
        socket.create_connection(("127.0.0.1", receiver.port), timeout=1).close()
    except OSError:
        return True
    return False


def _start(**environment: str) -> subprocess.CompletedProcess[str]:
    """Run the receiver's start, which is expected to end by itself."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("TRADINGSWEEP_")}
    program = (
        "import sys\n"
        "from tradingsweep.errors import ConfigurationError\n"
        "from tradingsweep.receiver import ReceiverSettings, serve\n"
        "try: serve(ReceiverSettings.load())\n"
        "except ConfigurationError as error: sys.exit(str(error))\n"
    )
    return subprocess.run(
        [sys.executable, "-c", program],
        env=kept | {f"TRADINGSWEEP_{name}": value for name, value in environment.items()},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


DSN = "postgresql://someone:database-password@127.0.0.1:1/none"
SECRETS = "k1=a-secret-of-twenty-four-bytes"


@pytest.mark.parametrize(
    ("environment", "complaint"),
    [
        ({"DSN": DSN}, "TRADINGSWEEP_CALLBACK_SECRETS: Field required"),
        ({"CALLBACK_SECRETS": SECRETS}, "TRADINGSWEEP_DSN: Field required"),
        ({"DSN": DSN, "CALLBACK_SECRETS": ""}, "callback secrets: none given"),
        ({"DSN": DSN, "CALLBACK_SECRETS": "k1=short-one"}, "secret of k1 is shorter"),
        (
            {"DSN": DSN, "CALLBACK_SECRETS": SECRETS, "WEBHOOK_SECRETS": ""},
            "webhook secrets: none given",
        ),
        ({"DSN": "no DSN at all", "CALLBACK_SECRETS": SECRETS}, "DSN of Postgres cannot be read"),
        (
            {"DSN": DSN, "CALLBACK_SECRETS": SECRETS, "RECEIVER_PORT": "0"},
            "TRADINGSWEEP_RECEIVER_PORT: Input should be greater than or equal to 1",
        ),
        (
            {"DSN": DSN, "CALLBACK_SECRETS": SECRETS, "RECEIVER_MAX_BODY": "65537"},
            "TRADINGSWEEP_RECEIVER_MAX_BODY",
        ),
    ],
)
def test_a_wrong_configuration_refuses_to_start_in_one_line(
    environment: dict[str, str], complaint: str
) -> None:
    """Fail closed, name the variable, show no secret."""
    end = _start(**environment)

    assert 1 == end.returncode
    assert complaint in end.stderr
    assert 1 == len(end.stderr.splitlines())
    for secret in ("database-password", "a-secret-of", "short-one"):
        assert secret not in end.stdout + end.stderr


def test_a_taken_port_is_said_in_one_line(receiver: Receiver) -> None:
    """Two receivers on one port: the second says so and ends."""
    end = _start(DSN=DSN, CALLBACK_SECRETS=SECRETS, RECEIVER_PORT=str(receiver.port))

    assert 1 == end.returncode
    assert f"cannot listen on 127.0.0.1:{receiver.port}" in end.stderr.splitlines()[-1]


def test_no_secret_is_in_the_log(mortal: Postgres, tmp_path: Path) -> None:
    """Good and bad callbacks, a server that goes away, a probe: no token, password or secret."""
    receiver = Receiver(
        migrated(mortal.create_database("logged")),
        tmp_path / "receiver.log",
        {
            "TRADINGSWEEP_RECEIVER_STORE_SECONDS": "1",
            "TRADINGSWEEP_PLAIN_CALLBACKS": "true",
        },
    )
    key = key_of("logged")
    with receiver.running():
        receiver.post(receiver.path(key), content=b"body-of-a-callback")
        receiver.post(f"/webhook/sweep-callback/{key}/stolen-token", content=BODY)
        receiver.post("/webhook/sweep-callback", content=b'{"job_id": "job-1"}')
        mortal.kill()
        receiver.post(receiver.path(key_of("away")), content=b"body-of-a-callback")
        mortal.start()

    events = [line["event"] for line in receiver.lines()]
    assert {"receiver", "callback", "plain callback", "cannot store", "receiver stopped"} <= {
        *events
    }
    text = receiver.log.read_text()
    password = psycopg.conninfo.conninfo_to_dict(receiver.dsn)["password"]
    for secret in (
        receiver.secret,
        str(password),
        receiver.keyring.token(key),
        receiver.keyring.token(key).partition(".")[2],
        receiver.keyring.token(key_of("away")).partition(".")[2],
        "stolen-token",
        "body-of-a-callback",
    ):
        assert secret not in text


def test_a_burst_from_many_senders_is_stored_whole(receiver: Receiver) -> None:
    """Every 202 is a row, also when sixteen senders send at once."""
    keys = [key_of(f"burst {number}") for number in range(160)]
    answers: dict[str, int] = {}

    def send(some: list[str]) -> None:
        for key in some:
            answers[key] = receiver.post(receiver.path(key), content=BODY).status_code

    threads = [threading.Thread(target=send, args=(keys[at::16],)) for at in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert dict.fromkeys(keys, 202) == answers
    with connect(receiver.dsn) as ledger:
        count = "SELECT count(*) FROM callback_inbox WHERE submission_key = ANY(%s)"
        assert (160,) == ledger.execute(count, (keys,)).fetchone()
