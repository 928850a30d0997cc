"""The inbox functions: once per body, sixteen per submission, and garbage harms nothing."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from psycopg import errors

from tests.support.eventually import eventually
from tests.support.ledger_rows import Connection, a_run, a_submission, connect, key_of

BODY = b'{"job_id": "job-1", "status": "completed"}'


def put(connection: Connection, key: str, body: bytes) -> str:
    """Put a signed callback and return the answer."""
    row = connection.execute("SELECT inbox_put_v1(%s, %b)", (key, body)).fetchone()
    assert row is not None
    return str(row[0])


def put_unsigned(connection: Connection, job_id: str, body: bytes) -> str:
    """Put a plain callback and return the answer."""
    row = connection.execute("SELECT inbox_put_unsigned_v1(%s, %b)", (job_id, body)).fetchone()
    assert row is not None
    return str(row[0])


def stored(connection: Connection) -> list[tuple[str, bytes, bool]]:
    """Return the inbox in the order in which it was filled."""
    return connection.execute(
        "SELECT submission_key, body, signed FROM callback_inbox ORDER BY id"
    ).fetchall()


def parked(connection: Connection) -> list[tuple[str, bytes]]:
    """Return what waits for its job's id."""
    return connection.execute(
        "SELECT job_id, body FROM parked_callbacks ORDER BY received_at, job_id"
    ).fetchall()


def test_a_callback_is_stored_once(connection: Connection) -> None:
    """A sender that repeats itself leaves one row."""
    key = a_submission(connection, a_run(connection))

    answers = [put(connection, key, BODY) for _ in range(3)]

    assert ["stored", "duplicate", "duplicate"] == answers
    assert [(key, BODY, True)] == stored(connection)


def test_a_garbage_first_body_does_not_swallow_the_real_one(connection: Connection) -> None:
    """Bodies are told apart: what came first does not decide."""
    key = a_submission(connection, a_run(connection))

    assert ["stored", "stored"] == [put(connection, key, body) for body in (b"\x00garbage", BODY)]
    assert [b"\x00garbage", BODY] == [body for _, body, _ in stored(connection)]


def test_a_writer_waits_for_the_one_before_it_to_be_counted(
    connection: Connection, ledger: str
) -> None:
    """Of two callbacks for the last free place one gets it.

    1. the first is stored and not committed; 2. the second must not count before that is done.
    """
    key = a_submission(connection, a_run(connection))
    for number in range(15):
        put(connection, key, b"%d" % number)
    waiting = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"

    with connect(ledger) as first, connect(ledger) as second, ThreadPoolExecutor(1) as pool:
        with first.transaction():
            assert "stored" == put(first, key, b"the last place")
            answer = pool.submit(put, second, key, b"too late")
            eventually(lambda: connection.execute(waiting).fetchone(), (1,), within=10)

        assert "full" == answer.result(10)


def test_eight_writers_at_once_store_sixteen_bodies(connection: Connection, ledger: str) -> None:
    """The limit holds under concurrency: each writer's count sees the others' commits."""
    key = a_submission(connection, a_run(connection))

    def write(writer: int) -> list[str]:
        with connect(ledger) as own:
            return [put(own, key, f"{writer}-{number}".encode()) for number in range(8)]

    with ThreadPoolExecutor(8) as pool:
        answers = [answer for some in pool.map(write, range(8)) for answer in some]

    assert {"stored": 16, "full": 48} == {a: answers.count(a) for a in set(answers)}
    assert 16 == len(stored(connection))


def test_a_full_inbox_still_knows_what_it_has(connection: Connection) -> None:
    """A repeated callback hears that it is there, also when there is no room for more."""
    key = a_submission(connection, a_run(connection))
    for number in range(16):
        put(connection, key, b"%d" % number)

    assert ("full", "duplicate") == (put(connection, key, BODY), put(connection, key, b"3"))


def test_a_key_that_the_ledger_lost_is_kept_for_a_restore(connection: Connection) -> None:
    """A genuine callback whose row went with a restored backup is not thrown away."""
    assert "stored" == put(connection, key_of("lost"), BODY)


def test_lost_keys_cannot_fill_the_disk(connection: Connection) -> None:
    """At most a thousand callbacks wait for rows that may never come back."""
    connection.execute(
        "INSERT INTO callback_inbox (submission_key, body_sha256, body, signed)"
        " SELECT encode(sha256(n::text::bytea), 'hex'), sha256('x'), 'x', true"
        " FROM generate_series(1, 1000) AS n"
    )
    key = a_submission(connection, a_run(connection))

    assert ("full", "stored") == (
        put(connection, key_of("one too many"), BODY),
        put(connection, key, BODY),
    )


@pytest.mark.parametrize(
    ("key", "body"),
    [
        (key_of("a"), b""),
        (key_of("a"), b"x" * 65_537),
        ("a" * 63, BODY),
        ("A" * 64, BODY),
        (key_of("a") + "\n", BODY),
    ],
    ids=["empty", "too big", "short key", "upper case", "newline"],
)
def test_the_function_itself_refuses_what_the_receiver_would(
    connection: Connection, key: str, body: bytes
) -> None:
    """The limits hold also where the receiver was taken over."""
    with pytest.raises(errors.InvalidParameterValue):
        put(connection, key, body)


def test_the_largest_body_is_taken(connection: Connection) -> None:
    """64 KiB is the limit, not above it."""
    key = a_submission(connection, a_run(connection))

    assert "stored" == put(connection, key, b"x" * 65_536)


@pytest.mark.parametrize("state", ["intent", "unknown", "accepted"])
def test_a_plain_callback_finds_its_submission_by_job_id(
    connection: Connection, state: str
) -> None:
    """It is kept as unsigned: somebody must confirm it."""
    key = a_submission(connection, a_run(connection), state=state, job_id="job-1")

    assert "stored" == put_unsigned(connection, "job-1", BODY)
    assert [(key, BODY, False)] == stored(connection)


@pytest.mark.parametrize("state", ["completed", "failed", "lost", "unusable", "refused"])
def test_a_plain_callback_for_what_is_over_is_not_kept(connection: Connection, state: str) -> None:
    """A stranger cannot write about jobs that nobody waits for."""
    a_submission(connection, a_run(connection), state=state, job_id="job-1")

    assert "unknown" == put_unsigned(connection, "job-1", BODY)
    assert [] == stored(connection)


@pytest.mark.parametrize("job_id", ["", "a/b", "x" * 200, "job-2\n"])
def test_a_plain_callback_for_no_job_at_all_is_not_kept(
    connection: Connection, job_id: str
) -> None:
    """Impossible job ids leave nothing behind."""
    a_submission(connection, a_run(connection), job_id="job-1")

    assert "unknown" == put_unsigned(connection, job_id, BODY)
    assert ([], []) == (stored(connection), parked(connection))


def test_a_plain_callback_for_a_job_that_nobody_knows_yet_is_parked(
    connection: Connection,
) -> None:
    """A fast job calls back before the answer to its submission is recorded."""
    a_submission(connection, a_run(connection), job_id="job-1")

    answers = [put_unsigned(connection, "job-2", BODY) for _ in range(2)]

    assert ["parked", "duplicate"] == answers
    assert ([], [("job-2", BODY)]) == (stored(connection), parked(connection))


def test_a_thousand_callbacks_are_parked_at_most(connection: Connection) -> None:
    """A stranger who invents job ids fills 64 MB for an hour, and no room of known jobs."""
    key = a_submission(connection, a_run(connection), job_id="job-1")
    connection.execute(
        "INSERT INTO parked_callbacks (job_id, body_sha256, body)"
        " SELECT 'invented-' || n, sha256('x'), 'x' FROM generate_series(1, 1000) AS n"
    )

    assert "full" == put_unsigned(connection, "job-2", BODY)
    assert "stored" == put_unsigned(connection, "job-1", BODY)
    connection.execute("UPDATE parked_callbacks SET received_at = now() - interval '61 minutes'")
    assert "parked" == put_unsigned(connection, "job-2", BODY)
    assert [(key, BODY, False)] == stored(connection)


def test_a_plain_callback_whose_job_id_two_sweeps_have_reaches_both(
    connection: Connection,
) -> None:
    """Job ids collide: each candidate gets the hint, and the results decide."""
    keys = [
        a_submission(connection, a_run(connection, uid), job_id="job-1")
        for uid in ("uid-1", "uid-2")
    ]

    assert "stored" == put_unsigned(connection, "job-1", BODY)
    assert sorted(keys) == sorted(key for key, _, _ in stored(connection))


def test_plain_callbacks_cannot_take_the_room_of_signed_ones(connection: Connection) -> None:
    """Whoever guesses a job id fills the room of strangers only."""
    key = a_submission(connection, a_run(connection), job_id="job-1")
    plain = [put_unsigned(connection, "job-1", b"%d" % number) for number in range(17)]

    assert ["stored"] * 16 + ["full"] == plain
    assert "stored" == put(connection, key, BODY)


def test_a_signed_callback_makes_the_same_plain_one_certain(connection: Connection) -> None:
    """The same words with a token are news: the row is signed and looked at again."""
    key = a_submission(connection, a_run(connection), job_id="job-1")
    put_unsigned(connection, "job-1", BODY)
    connection.execute("UPDATE callback_inbox SET outcome = 'mismatched', processed_at = now()")

    assert "stored" == put(connection, key, BODY)
    assert "duplicate" == put_unsigned(connection, "job-1", BODY)
    row = connection.execute("SELECT signed, outcome, processed_at FROM callback_inbox").fetchone()
    assert (True, None, None) == row


def test_a_thousand_plain_callbacks_wait_at_most(connection: Connection) -> None:
    """A stranger's flood ends; after an hour there is room again."""
    key = a_submission(connection, a_run(connection), job_id="job-1")
    connection.execute(
        "INSERT INTO callback_inbox (submission_key, body_sha256, body, signed)"
        " SELECT encode(sha256(n::text::bytea), 'hex'), sha256('x'), 'x', false"
        " FROM generate_series(1, 1000) AS n"
    )

    assert "full" == put_unsigned(connection, "job-1", BODY)
    connection.execute("UPDATE callback_inbox SET received_at = now() - interval '61 minutes'")
    assert "stored" == put_unsigned(connection, "job-1", BODY)
    assert (1,) == connection.execute(
        "SELECT count(*) FROM callback_inbox WHERE submission_key = %s", (key,)
    ).fetchone()
