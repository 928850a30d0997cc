"""What the ledger's tables refuse, whoever writes."""

import psycopg
import pytest
from psycopg import errors

from tests.support.ledger_rows import Connection, a_run, a_submission, key_of

LIVE = ("ready", "intent", "unknown", "accepted")
ENDED = (
    "refused",
    "replaced",
    "completed",
    "failed",
    "lost",
    "unusable",
    "timed_out",
    "cancelled",
)


@pytest.mark.parametrize("state", [*LIVE, *ENDED])
def test_each_state_of_the_protocol_is_taken(connection: Connection, state: str) -> None:
    """The twelve states of a submission can be stored."""
    a_submission(connection, a_run(connection), state=state)

    assert (state,) == connection.execute("SELECT state FROM submissions").fetchone()


@pytest.mark.parametrize("state", ["", "Accepted", "canceled", "sent"])
def test_another_state_is_refused(connection: Connection, state: str) -> None:
    """A word that the protocol does not have never enters the ledger."""
    with pytest.raises(errors.CheckViolation):
        a_submission(connection, a_run(connection), state=state)


@pytest.mark.parametrize("first", LIVE)
@pytest.mark.parametrize("second", LIVE)
def test_a_run_has_one_live_submission(connection: Connection, first: str, second: str) -> None:
    """Two attempts of one run are never under way at once."""
    run = a_run(connection)
    a_submission(connection, run, state=first)

    with pytest.raises(errors.UniqueViolation, match="submissions_one_live_per_run"):
        a_submission(connection, run, n=2, state=second)


@pytest.mark.parametrize("ended", ENDED)
def test_an_ended_submission_makes_room_for_the_next(connection: Connection, ended: str) -> None:
    """The next attempt starts once the one before it is over."""
    run = a_run(connection)
    a_submission(connection, run, state=ended)
    a_submission(connection, run, n=2, state="intent")

    assert (2,) == connection.execute("SELECT count(*) FROM submissions").fetchone()


def test_a_submission_repeats_its_runs_sweep_and_number(connection: Connection) -> None:
    """The columns that are copied for speed cannot say something else than the run."""
    a_submission(connection, a_run(connection))

    with pytest.raises(errors.ForeignKeyViolation):
        connection.execute("UPDATE submissions SET run_no = 2")


@pytest.mark.parametrize("table", ["sweeps", "pipeline_jobs", "submissions"])
def test_what_something_hangs_on_cannot_be_deleted(connection: Connection, table: str) -> None:
    """No row dies with its object."""
    a_submission(connection, a_run(connection), job_id="job-1")

    with pytest.raises(psycopg.IntegrityError):
        connection.execute(f"DELETE FROM {table}")  # noqa: S608 - the names above


def test_two_sweeps_may_have_the_same_job_id(connection: Connection) -> None:
    """The documented API's job ids collide; both facts are kept."""
    for uid in ("uid-1", "uid-2"):
        a_submission(connection, a_run(connection, uid), job_id="sweep_20250127_103045_btcusd")

    assert (2,) == connection.execute("SELECT count(*) FROM submission_job_ids").fetchone()


@pytest.mark.parametrize("job_id", ["", ".", "..", "a/b", "a b", "x" * 129, "é"])
def test_a_job_id_that_is_no_path_segment_is_refused(connection: Connection, job_id: str) -> None:
    """What the API calls a job can be put into a URL, or it is not stored."""
    with pytest.raises(errors.CheckViolation):
        a_submission(connection, a_run(connection), job_id=job_id)


def _store(connection: Connection, rank: int, digest: str, score: float | None) -> None:
    connection.execute(
        "INSERT INTO trading_sweep_results (submission_key, rank, params_digest, job_id,"
        " sweep_run_id, ticker, strategy_type, fast_period, slow_period, score, sharpe_ratio,"
        " total_trades)"
        " SELECT key, %s, %s, run_id, 'run-1', 'BTC-USD', 'SMA', 10, 20, %s, NULL, 87"
        " FROM submissions WHERE key = %s",
        (rank, digest, score, key_of("uid-1|1")),
    )


@pytest.mark.parametrize("score", [float("nan"), float("inf"), float("-inf"), None])
def test_a_score_that_is_no_number_is_refused(connection: Connection, score: float | None) -> None:
    """NaN would sort above every real score."""
    a_submission(connection, a_run(connection))

    with pytest.raises(psycopg.IntegrityError):
        _store(connection, 1, "digest-1", score)


def test_results_are_stored_in_full_precision_and_unknown_ones_as_null(
    connection: Connection,
) -> None:
    """A metric comes back as it went in; an undefined one is NULL."""
    a_submission(connection, a_run(connection))
    _store(connection, 1, "digest-1", 2.470000000000001)

    row = connection.execute("SELECT score, sharpe_ratio FROM trading_sweep_results").fetchone()

    assert (2.470000000000001, None) == row


@pytest.mark.parametrize(("rank", "digest"), [(1, "digest-2"), (2, "digest-1")])
def test_neither_a_rank_nor_a_pair_is_stored_twice(
    connection: Connection, rank: int, digest: str
) -> None:
    """A result set is stored once and whole."""
    a_submission(connection, a_run(connection))
    _store(connection, 1, "digest-1", 2.0)

    with pytest.raises(errors.UniqueViolation):
        _store(connection, rank, digest, 1.0)


def test_a_result_belongs_to_its_submissions_run(connection: Connection) -> None:
    """No result can be filed under another run."""
    a_submission(connection, a_run(connection))
    _store(connection, 1, "digest-1", 2.0)
    other = a_run(connection, "uid-2")

    with pytest.raises(errors.ForeignKeyViolation):
        connection.execute("UPDATE trading_sweep_results SET job_id = %s", (other.run_id,))


def test_a_decision_is_recorded_once_per_version(connection: Connection) -> None:
    """Two transitions of one version would count one change of phase twice."""
    a_run(connection)
    insert = (
        "INSERT INTO transitions (sweep_uid, version, run_no, to_phase, reason, ticker,"
        " strategy_type) VALUES ('uid-1', 2, 1, 'Submitted', 'Accepted', 'BTC-USD', 'SMA')"
    )
    connection.execute(insert)

    with pytest.raises(errors.UniqueViolation):
        connection.execute(insert)
