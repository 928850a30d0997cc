"""What a sender hears, for everything it may send."""

import gzip
import json

import httpx
import pytest

from tests.receiver.conftest import Receiver
from tests.support.ledger_rows import a_run, a_submission, connect, key_of

BODY = b'{"event_type": "sweep.completed", "job_id": "job-1", "status": "completed"}'
JSON = {"Content-Type": "application/json"}
DEEP = b'{"job_id": ' + b"[" * 30_000 + b"]" * 30_000 + b"}"
NOT_JSON = b"\xff\x00 not JSON, not even text"


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (BODY, JSON, 202),
        (BODY, {}, 202),
        (BODY, {"Content-Type": "Application/JSON; charset=utf-8"}, 202),
        (BODY, {"Content-Type": "application/cloudevents+json"}, 202),
        (NOT_JSON, JSON, 202),
        (DEEP, JSON, 202),
        (b"x" * 65_536, JSON, 202),
        (b"x" * 65_537, JSON, 413),
        (b"", JSON, 400),
        (BODY, {"Content-Type": "text/html"}, 415),
        (BODY, {"Content-Type": "application/x-www-form-urlencoded"}, 415),
        (BODY, {"Content-Type": "application/jsonish"}, 415),
        (gzip.compress(BODY), JSON | {"Content-Encoding": "gzip"}, 415),
        (BODY, JSON | {"Content-Encoding": "identity"}, 202),
    ],
    ids=[
        "JSON",
        "no type declared",
        "JSON with a charset",
        "a kind of JSON",
        "not JSON (the operator judges)",
        "deep JSON (nobody parses it here)",
        "the largest",
        "too large",
        "empty",
        "HTML",
        "a form",
        "a type that begins like JSON",
        "compressed",
        "explicitly not compressed",
    ],
)
def test_a_signed_callback_is_answered_by_what_it_carries(
    receiver: Receiver, body: bytes, headers: dict[str, str], status: int
) -> None:
    """One table: what is taken, and which status code says why the rest is not."""
    key = key_of(f"{status} {headers} {len(body)}")

    answer = receiver.post(receiver.path(key), content=body, headers=headers)

    assert status == answer.status_code
    with connect(receiver.dsn) as ledger:
        rows = ledger.execute(
            "SELECT body, signed FROM callback_inbox WHERE submission_key = %s", (key,)
        ).fetchall()
    assert rows == ([(body, True)] if status == 202 else [])


@pytest.mark.parametrize("length", [65_536, 65_537, 1_000_000], ids=["just fits", "1 over", "1 MB"])
def test_a_body_without_a_length_is_counted(receiver: Receiver, length: int) -> None:
    """Chunks cannot smuggle in what a Content-Length would have shown."""
    chunks = (b"x" * min(4096, length - at) for at in range(0, length, 4096))

    answer = receiver.post(receiver.path(key_of(f"chunks {length}")), content=chunks)

    assert answer.status_code == (202 if length == 65_536 else 413)


def _wrong_paths(receiver: Receiver) -> dict[str, str]:
    key, other = key_of("right"), key_of("other")
    token = receiver.keyring.token(key)
    kid, _, mac = token.partition(".")
    return {
        "no token at all": f"{key}/x",
        "the token of another submission": f"{other}/{token}",
        "a token cut short": f"{key}/{token[:-1]}",
        "a token made longer": f"{key}/{token}A",
        "one letter changed": f"{key}/{kid}.{'B' if mac[0] == 'A' else 'A'}{mac[1:]}",
        "another key id": f"{key}/k2.{mac}",
        "no key id": f"{key}/{mac}",
        "the key in upper case": f"{key.upper()}/{receiver.keyring.token(key.upper())}",
        "a signed key that is none": f"abc/{receiver.keyring.token('abc')}",
        "letters of no alphabet": f"{key}/%F0%9F%92%A9%00%ff",
        "a very long token": f"{key}/{'A' * 8000}",
    }


def test_every_wrong_token_hears_the_same(receiver: Receiver) -> None:
    """The answer does not say what was wrong, and nothing is stored."""
    answers = {
        name: receiver.post(f"/webhook/sweep-callback/{path}", content=BODY, headers=JSON)
        for name, path in _wrong_paths(receiver).items()
    }

    assert {401} == {answer.status_code for answer in answers.values()}
    assert {b'{"error":"unauthorized"}'} == {answer.content for answer in answers.values()}
    with connect(receiver.dsn) as ledger:
        key = key_of("right")
        count = "SELECT count(*) FROM callback_inbox WHERE submission_key IN (%s, %s)"
        assert (0,) == ledger.execute(count, (key, key_of("other"))).fetchone()


def test_a_wrong_token_is_refused_before_its_body_is_looked_at(receiver: Receiver) -> None:
    """A stranger learns neither the size limit nor the types."""
    answer = receiver.post(
        f"/webhook/sweep-callback/{key_of('right')}/x",
        content=b"x" * 70_000,
        headers={"Content-Type": "text/html"},
    )

    assert 401 == answer.status_code


def test_a_repeated_callback_is_accepted_and_stored_once(receiver: Receiver) -> None:
    """A sender that missed our answer is not punished for asking again."""
    key = key_of("repeated")

    answers = [receiver.post(receiver.path(key), content=BODY, headers=JSON) for _ in range(2)]

    assert [(202, "stored"), (202, "duplicate")] == [
        (answer.status_code, answer.json()["status"]) for answer in answers
    ]


def test_the_seventeenth_body_is_asked_to_come_later(receiver: Receiver) -> None:
    """What is not stored is not accepted: a sender that retries finds room when rows are gone."""
    path = receiver.path(key_of("many"))
    answers = [receiver.post(path, content=b"%d" % number) for number in range(17)]

    assert [202] * 16 + [429] == [answer.status_code for answer in answers]
    assert "300" == answers[-1].headers["Retry-After"]


def test_a_plain_callback_reaches_the_submission_that_has_the_job(receiver: Receiver) -> None:
    """The seed's static URL works for jobs that we know, and the row says that it is unsigned."""
    with connect(receiver.dsn) as ledger:
        key = a_submission(ledger, a_run(ledger, "plain"), job_id="job-plain")
        body = json.dumps({"job_id": "job-plain", "status": "completed"}).encode()

        answer = receiver.post("/webhook/sweep-callback", content=body, headers=JSON)

        assert 202 == answer.status_code
        stored = "SELECT body, signed FROM callback_inbox WHERE submission_key = %s"
        assert (body, False) == ledger.execute(stored, (key,)).fetchone()


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b'{"job_id": "nobody-knows-it"}', 202),
        (b'{"job_id": "../../etc"}', 400),
        (b'{"job_id": "nul \\u0000"}', 400),
        (b'{"job_id": "half a pair \\ud800"}', 400),
        (b'{"job_id": ""}', 400),
        (b'{"job_id": 7}', 400),
        (b'{"job": "x"}', 400),
        (b'["job_id"]', 400),
        (b"null", 400),
        (NOT_JSON, 400),
        (DEEP, 400),
        (b"9" * 60_000, 400),
        (b"", 400),
        (b"x" * 65_537, 413),
    ],
)
def test_a_plain_callback_for_no_known_job_fills_no_inbox(
    receiver: Receiver, body: bytes, status: int
) -> None:
    """An unknown job id hears what a known one hears; what names no job is a bad request."""
    with connect(receiver.dsn) as ledger:
        before = ledger.execute("SELECT count(*) FROM callback_inbox").fetchone()

        answer = receiver.post("/webhook/sweep-callback", content=body, headers=JSON)

        assert before == ledger.execute("SELECT count(*) FROM callback_inbox").fetchone()
    assert status == answer.status_code
    if status == 202:
        assert {"status": "accepted"} == answer.json()


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/healthz", 200),
        ("GET", "/readyz", 200),
        ("GET", "/webhook/sweep-callback", 405),
        ("PUT", "/webhook/sweep-callback/a/b", 405),
        ("POST", "/webhook/sweep-callback/a/b/c", 404),
        ("GET", "/", 404),
        ("GET", "/docs", 404),
        ("GET", "/metrics", 404),
    ],
)
def test_there_is_nothing_else_to_ask(
    receiver: Receiver, method: str, path: str, status: int
) -> None:
    """The receiver has its probes and its two routes."""
    assert status == httpx.request(method, receiver.url + path).status_code
