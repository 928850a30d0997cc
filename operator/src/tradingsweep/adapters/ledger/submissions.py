"""The rows of submissions: moved from state to state, put in line again, their slots freed."""

from collections.abc import Iterable

from tradingsweep.adapters.ledger.postgres import Connection
from tradingsweep.domain.changes import Move
from tradingsweep.domain.facts import Submission
from tradingsweep.domain.submissions import HOLDS_SLOT, LINGERS, State, may_move


async def move_submission(connection: Connection, known: Iterable[Submission], move: Move) -> None:
    """Change the state of one submission.

    Raises:
        AssertionError: the protocol does not know this move.
    """
    state = next(s.state for s in known if s.key == move.key)
    if not may_move(state, move.to):
        raise AssertionError(f"a submission cannot go from {state} to {move.to}")
    # What was certainly never sent leaves no job behind that could hold a slot.
    holds = move.to in HOLDS_SLOT or (move.to in LINGERS and state is not State.READY)
    await connection.execute(
        _MOVE,
        {
            "key": move.key,
            "to": move.to.value,
            "sweep_run_id": move.sweep_run_id,
            "unknown_until": move.unknown_until,
            "ended": move.to not in (*HOLDS_SLOT, State.READY),
            "frees": not holds,
            # Named at last after its slot was given up: the job is at the API and takes one.
            "retakes": move.to is State.ACCEPTED,
        },
    )


async def release_slot(connection: Connection, key: str) -> None:
    """Free the slot of an ended submission, unless another job of it may be running."""
    await connection.execute(_RELEASE, {"key": key})


async def looked_up_in_vain(connection: Connection, key: str) -> None:
    """Count an answer to a look-up that will not change and names no job."""
    await connection.execute(_IN_VAIN, {"key": key})


async def end_all_jobs(connection: Connection, key: str) -> None:
    """Take all jobs of a submission for ended."""
    await connection.execute(_END_ALL, {"key": key})


async def reopen(connection: Connection, last: Submission, key: str) -> None:
    """Put a further submission of the same run in line."""
    await connection.execute(_REOPEN, {"key": key, "from_key": last.key, "n": last.n + 1})


_MOVE = """
UPDATE submissions SET
    state = %(to)s,
    sweep_run_id = coalesce(%(sweep_run_id)s::text, sweep_run_id),
    unknown_until = coalesce(%(unknown_until)s::timestamptz, unknown_until),
    ended_at = CASE WHEN %(ended)s THEN now() END,
    -- A slot that was given back stays so: a replaced submission whose end is known takes none
    -- when it is cancelled. Only admission takes slots.
    slot_released_at =
        CASE WHEN %(frees)s THEN coalesce(slot_released_at, now())
             WHEN %(retakes)s THEN NULL ELSE slot_released_at END
WHERE key = %(key)s
"""

_RELEASE = """
UPDATE submissions SET slot_released_at = coalesce(slot_released_at, now())
WHERE key = %(key)s
  AND NOT EXISTS (SELECT FROM submission_job_ids AS j
                  WHERE j.submission_key = %(key)s AND j.ended_at IS NULL)
"""

_IN_VAIN = "UPDATE submissions SET vain_look_ups = vain_look_ups + 1 WHERE key = %(key)s"

_END_ALL = """
UPDATE submission_job_ids SET ended_at = now()
WHERE submission_key = %(key)s AND ended_at IS NULL
"""

_REOPEN = """
INSERT INTO submissions (key, run_id, sweep_uid, run_no, n, api, state, request, callback_base,
                         token_kid, idempotent, leader_epoch)
SELECT %(key)s, run_id, sweep_uid, run_no, %(n)s, api, 'ready', request, callback_base, token_kid,
       idempotent, leader_epoch
FROM submissions WHERE key = %(from_key)s
"""
