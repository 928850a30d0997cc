"""What the other side can do to a submission, and the one answer that it means."""

from tests.contract.orders import SWEEP, TAKEN
from tests.support.scripted_api import Script, cut, events, reply, says
from tradingsweep.domain.answers import Accepted, Answer, NotSent, OutcomeUnknown, Refused

FIRST_SEND: dict[str, tuple[Script, Answer]] = {
    "202 with a job id": (TAKEN, Accepted("sweep_1")),
    "200 with a job id": (says(200, {"job_id": "sweep_1"}), Accepted("sweep_1")),
    "202, replayed": (
        says(202, {"job_id": "sweep_1"}, Idempotent_Replayed="true"),
        Accepted("sweep_1", replayed=True),
    ),
    # Certainly refused.
    "400 with broken rules": (
        says(400, {"error": "Invalid", "detail": [{"field": "step", "rule": "must be 1 to 50"}]}),
        Refused("step: must be 1 to 50 (HTTP 400)"),
    ),
    "422 as FastAPI says it": (
        says(422, {"detail": [{"loc": ["body", "fast_range"], "msg": "two numbers"}]}),
        Refused("fast_range: two numbers (HTTP 422)"),
    ),
    "404 in plain text": (
        reply(404, b"unknown\x1b[31m\r\nticker", "text/plain"),
        Refused("unknown[31m ticker (HTTP 404)"),
    ),
    "400 as a page": (
        reply(400, b"<html>nginx</html>", "text/html"),
        Refused("the API answered text/html, not JSON (HTTP 400)"),
    ),
    "409 without a body": (reply(409), Refused("the API gave no reason (HTTP 409)")),
    "400, its body cut off": (
        cut(says(400, {"error": "a long story"}), after=100),
        Refused("no reason could be read: the answer is not whole, or is not HTTP (HTTP 400)"),
    ),
    # Certainly not taken, and worth another try.
    "401": (
        says(401, {"error": "no such key"}),
        NotSent("CredentialsRejected", "no such key (HTTP 401)"),
    ),
    "403": (reply(403), NotSent("CredentialsRejected", "the API gave no reason (HTTP 403)")),
    "408": (reply(408), NotSent("Throttled", "the API gave no reason (HTTP 408)")),
    "425": (reply(425), NotSent("Throttled", "the API gave no reason (HTTP 425)")),
    "429 with seconds": (
        says(429, {"error": "queue full"}, Retry_After="7"),
        NotSent("Throttled", "queue full (HTTP 429)", 7.0),
    ),
    "429 with a date": (
        reply(
            429,
            Retry_After="Mon, 27 Jan 2025 10:31:30 GMT",
            Date="Mon, 27 Jan 2025 10:30:00 GMT",
        ),
        NotSent("Throttled", "the API gave no reason (HTTP 429)", 90.0),
    ),
    "429 with a date gone by": (
        reply(429, Retry_After="Mon, 27 Jan 2025 10:31:30 GMT"),
        NotSent("Throttled", "the API gave no reason (HTTP 429)", 0.0),
    ),
    "429 with a year": (
        reply(429, Retry_After="31536000"),
        NotSent("Throttled", "the API gave no reason (HTTP 429)", 3600.0),
    ),
    "429 with nonsense": (
        reply(429, Retry_After="-1 or so"),
        NotSent("Throttled", "the API gave no reason (HTTP 429)"),
    ),
    # Nobody knows.
    "500": (
        says(500, {"detail": "database is locked"}),
        OutcomeUnknown("database is locked (HTTP 500)"),
    ),
    "503": (reply(503), OutcomeUnknown("the API gave no reason (HTTP 503)")),
    "302": (
        reply(302, Location="http://127.0.0.1:9/api"),
        OutcomeUnknown("the API gave no reason (HTTP 302)"),
    ),
    "307 to itself": (
        reply(307, Location=SWEEP),
        OutcomeUnknown("the API gave no reason (HTTP 307)"),
    ),
    "201 with a job id": (
        says(201, {"job_id": "sweep_1"}),
        OutcomeUnknown("the API gave no reason (HTTP 201)"),
    ),
    "101": (
        Script(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n"),
        OutcomeUnknown("the answer is not whole, or is not HTTP"),
    ),
    "202 as a page": (
        reply(202, b"<html>busy</html>", "text/html"),
        OutcomeUnknown("the answer names no job: the body is not JSON (HTTP 202)"),
    ),
    "202 without a body": (
        reply(202),
        OutcomeUnknown("the answer names no job: the body is empty (HTTP 202)"),
    ),
    "202 with half a JSON": (
        reply(202, b'{"job_id": "swe'),
        OutcomeUnknown("the answer names no job: the body is not JSON (HTTP 202)"),
    ),
    "202 with NaN": (
        reply(202, b'{"job_id": NaN}'),
        OutcomeUnknown(
            "the answer names no job: NaN and Infinity are not numbers of JSON (HTTP 202)"
        ),
    ),
    "202 with two job ids": (
        reply(202, b'{"job_id": "a", "job_id": "b"}'),
        OutcomeUnknown("the answer names no job: a member comes twice (HTTP 202)"),
    ),
    "202 without a job id": (
        says(202, {"status": "queued"}),
        OutcomeUnknown("the answer names no job: job_id: Field required (HTTP 202)"),
    ),
    "202 with a path for a job id": (
        says(202, {"job_id": "../../admin"}),
        OutcomeUnknown(
            "the answer names no job: job_id: must be 1 to 128 of A-Z, a-z, 0-9, '.', '_', '-', "
            "and not '.' or '..' (HTTP 202)"
        ),
    ),
    "202, its body cut off": (
        cut(TAKEN, after=len(TAKEN.data) - 4),
        OutcomeUnknown("the answer is not whole, or is not HTTP (HTTP 202)"),
    ),
    "202 that announces 10 MB": (
        reply(202, b" " * 10_000_000),
        OutcomeUnknown("the answer is over 256 KiB (HTTP 202)"),
    ),
    "202 that announces 10 MB and sends nothing": (
        Script(b"HTTP/1.1 202 OK\r\nContent-Length: 10000000\r\n\r\n", silent=True),
        OutcomeUnknown("the answer is over 256 KiB (HTTP 202)"),
    ),
    "202 of 10 MB without an end": (
        Script(b"HTTP/1.1 202 OK\r\n\r\n" + b" " * 10_000_000),
        OutcomeUnknown("the answer is over 256 KiB (HTTP 202)"),
    ),
    "202, compressed": (
        reply(202, b"\x1f\x8b" + b"\0" * 60, Content_Encoding="gzip"),
        OutcomeUnknown("the answer is compressed, which was not asked for (HTTP 202)"),
    ),
    "a cut before the answer": (Script(), OutcomeUnknown("the connection was cut")),
    "a cut in the status line": (
        Script(b"HTTP/1.1 20"),
        OutcomeUnknown("the connection was cut"),
    ),
    "what is no HTTP": (
        Script(b"220 mail.example ESMTP\r\n\r\n"),
        OutcomeUnknown("the answer is not whole, or is not HTTP"),
    ),
    "headers without an end": (
        Script(b"HTTP/1.1 202 OK\r\n" + b"X-A: b\r\n" * 50_000),
        OutcomeUnknown("the answer is not whole, or is not HTTP"),
    ),
}


NEVER_WHOLE: dict[str, tuple[Script, Answer]] = {
    "a stream without an end": (
        events("{}", silent=True, status=202),
        OutcomeUnknown("no whole answer within 0.5 s (HTTP 202)"),
    ),
    "silence": (Script(silent=True), OutcomeUnknown("no whole answer within 0.5 s")),
    "an answer that drips": (
        Script(TAKEN.data, drip=0.02),
        OutcomeUnknown("no whole answer within 0.5 s"),
    ),
    "a thousand 100 Continue": (
        Script(b"HTTP/1.1 100 Continue\r\n\r\n" * 1000, silent=True),
        OutcomeUnknown("no whole answer within 0.5 s"),
    ),
}

REPEATED_SEND: dict[str, tuple[Script, Answer]] = {
    "202, replayed": (
        says(202, {"job_id": "sweep_1"}, Idempotent_Replayed="true"),
        Accepted("sweep_1", replayed=True),
    ),
    "409": (reply(409), OutcomeUnknown("the API gave no reason (HTTP 409)", alert=True)),
    "422": (
        says(422, {"error": "key reused"}),
        OutcomeUnknown("key reused (HTTP 422)", alert=True),
    ),
    "400": (reply(400), OutcomeUnknown("the API gave no reason (HTTP 400)")),
    "404": (reply(404), OutcomeUnknown("the API gave no reason (HTTP 404)")),
    "500": (reply(500), OutcomeUnknown("the API gave no reason (HTTP 500)")),
    "500, replayed": (
        reply(500, Idempotent_Replayed="true"),
        OutcomeUnknown("the API gave no reason (HTTP 500)", stored=True),
    ),
    "401": (reply(401), NotSent("CredentialsRejected", "the API gave no reason (HTTP 401)")),
    "429": (reply(429), NotSent("Throttled", "the API gave no reason (HTTP 429)")),
}
