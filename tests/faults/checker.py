"""I1 to I5: what the three accounts must say together. Each rule yields what is wrong, in words.

I6 to I9 are in `surroundings.py`: they look at more than accounts.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from itertools import pairwise

from tests.faults.accounts import Accounts, Row

TERMINAL = ("Completed", "Failed")
Rule = Callable[[Accounts], Iterator[str]]

_MAY_BE_FOLLOWED = ("failed", "lost", "unusable", "cancelled", "replaced")
"""States of a submission after which its run may have another one."""


def no_job_is_doubled(accounts: Accounts) -> Iterator[str]:
    """I1: one job for each key; another key only after the end, or the unknown, of the last."""
    known = {one["key"] for one in accounts.submissions}
    for key, jobs in accounts.jobs_by_key().items():
        if len(jobs) > 1:
            yield f"I1: {len(jobs)} jobs for the submission {key[:12]}"
        if key not in known:
            yield f"I1: the job {jobs[0].job_id} has a key that nobody intended"
    for run in accounts.runs:
        for earlier, later in pairwise(accounts.submissions_of(run)):
            yield from _followed(accounts, earlier, later)


def _followed(accounts: Accounts, earlier: Row, later: Row) -> Iterator[str]:
    # Given up as unknown, and completed all the same when its callback came at last.
    came_late = earlier["state"] == "completed" and earlier["unknown_until"] is not None
    who = f"{earlier['sweep']}, run {earlier['run_no']}: submission {later['n']}"
    may_be = earlier["state"] in _MAY_BE_FOLLOWED or came_late
    if not may_be and not _came_after_resuming(accounts, earlier, later):
        yield f"I1: {who} follows one that is {earlier['state']}"
    if (earlier["state"] == "replaced" or came_late) and accounts.surface.keeps_keys:
        yield f"I1: {who} replaces one that could have been looked up"
    if came_late or (earlier["state"] == "replaced" and earlier["unknown_until"] is not None):
        yield from _was_heard(accounts, earlier, who)


def _came_after_resuming(accounts: Accounts, earlier: Row, later: Row) -> bool:
    """Whether people suspended the earlier one, resumed, and its callback cut the later off."""
    suspended = [
        row
        for row in accounts.transitions
        if row["reason"] == "Suspended"
        and (row["sweep_uid"], row["run_no"]) == (earlier["sweep_uid"], earlier["run_no"])
        and row["n"] == earlier["n"]
    ]
    return bool(suspended) and (earlier["state"], later["state"]) == ("completed", "cancelled")


def _was_heard(accounts: Accounts, replaced: Row, who: str) -> Iterator[str]:
    """Replacing is the non-promise: allowed only where neither answer nor callback came in time."""
    in_time = [
        row
        for row in accounts.inbox
        if row["submission_key"] == replaced["key"]
        and row["received_at"] < replaced["unknown_until"]
    ]
    if in_time:
        yield f"I1: {who} replaces one whose callback had come"


def every_job_is_known(accounts: Accounts) -> Iterator[str]:
    """I2: each job is in the ledger, or neither its answer nor its callback ever came."""
    ids = {(one["key"], job_id) for one in accounts.submissions for job_id in one["job_ids"]}
    heard = {row["submission_key"] for row in accounts.inbox}
    for job in accounts.jobs:
        lost = not accounts.surface.keeps_keys and job.submission_key not in heard
        if (job.submission_key, job.job_id) not in ids and not lost:
            yield f"I2: the job {job.job_id} of {job.submission_key[:12]} is in no row"


def results_belong_to_one_end(accounts: Accounts) -> Iterator[str]:
    """I3, its half without the API: a completed run has one completed submission, others none."""
    stored = Counter(row["submission_key"] for row in accounts.results)
    for run in accounts.runs:
        done = [s for s in accounts.submissions_of(run) if s["state"] == "completed"]
        wanted = run["status"] == "COMPLETED" and run["reused_from"] is None
        superseded = run["status"] == "CANCELLED"
        if len(done) != wanted and not (superseded and len(done) == 1):
            yield f"I3: a run that is {run['status']} has {len(done)} completed submissions"
        sent, says = accounts.submissions_of(run), (run["result"] or {}).get("stored", 0)
        # A superseded run keeps the results that still came; its submission stays what it was.
        keep = [one for one in sent if one in done or (superseded and one["key"] in stored)]
        if len(keep) > 1:
            yield f"I3: run {run['run_no']} keeps {len(keep)} sets of results"
        if superseded and says and not keep:
            yield f"I3: a superseded run says {says} results and has none"
        for one in sent:
            said = says if one in keep else 0
            if stored[one["key"]] != said:
                yield f"I3: {one['sweep']} has {stored[one['key']]} results stored and says {said}"


def ends_are_final(accounts: Accounts) -> Iterator[str]:
    """I4: a run that has ended stays so, and no number of a status ever falls."""
    ended: set[tuple[str, int]] = set()
    for row in accounts.transitions:
        which = (row["sweep_uid"], row["run_no"])
        if which in ended:
            yield f"I4: run {row['run_no']} left its end for {row['to_phase']}"
        if row["to_phase"] in TERMINAL:
            ended.add(which)
    last: dict[str, Row] = {}
    for _, found in accounts.seen:
        uid, status = found["metadata"]["uid"], found.get("status", {})
        yield from _fell(found["metadata"]["name"], last.get(uid, {}), status)
        last[uid] = status


def _fell(name: str, before: Row, now: Row) -> Iterator[str]:
    for number in ("recordVersion", "observedGeneration", "run"):
        if now.get(number, 0) < before.get(number, -1):
            yield f"I4: {number} of {name} fell from {before[number]} to {now.get(number)}"
    same_run = before.get("run") == now.get("run")
    if same_run and before.get("phase") in TERMINAL and now.get("phase") != before["phase"]:
        yield f"I4: {name} went from {before['phase']} to {now.get('phase')} in one run"


def statuses_are_the_ledgers(accounts: Accounts) -> Iterator[str]:
    """I5: what an object shows is what the ledger has, and what the API did."""
    for found in accounts.objects:
        name, status = found["metadata"]["name"], found.get("status", {})
        sweep = accounts.sweep(found["metadata"]["uid"])
        if sweep is None:
            yield f"I5: {name} is in no row"
            continue
        run = accounts.run_of(sweep)
        yield from (
            f"I5: {what} of {name} is {shown!r} and should be {wanted!r}"
            for what, shown, wanted in _shown(accounts, found, sweep, run)
            if shown != wanted
        )
        if status.get("recordVersion", 0) > sweep["version"]:
            yield f"I5: {name} shows a version that the ledger does not have"


def _shown(
    accounts: Accounts, found: Row, sweep: Row, run: Row
) -> Iterator[tuple[str, object, object]]:
    status = found.get("status", {})
    conditions = {c["type"]: c["status"] for c in status.get("conditions", ())}
    yield "observedGeneration", status.get("observedGeneration"), found["metadata"]["generation"]
    yield "phase", status.get("phase"), sweep["phase"]
    yield "run", status.get("run"), sweep["run_no"]
    for condition, phase in (("Complete", "Completed"), ("Failed", "Failed")):
        yield condition, conditions.get(condition) == "True", sweep["phase"] == phase
    sent = accounts.submissions_of(run)
    if not sent:
        return
    shown = next((s for s in sent if s["state"] == "completed"), sent[-1])
    job_id = shown["job_ids"][0] if shown["job_ids"] else None
    yield "jobID", status.get("jobID"), job_id
    if sweep["phase"] != "Completed":
        return
    jobs = accounts.jobs_by_key().get(shown["key"], [])
    yield "the API's job", [(j.job_id, j.state) for j in jobs], [(job_id, "completed")]
    yield "sweepRunID", status.get("sweepRunID"), jobs[0].sweep_run_id if jobs else None
    stored = [row for row in accounts.results if row["submission_key"] == shown["key"]]
    yield "results.stored", status.get("results", {}).get("stored"), len(stored)
    best = f"{stored[0]['fast_period']}/{stored[0]['slow_period']}" if stored else None
    yield "best", (status.get("best") or {}).get("periods"), best


def no_status_is_anothers(accounts: Accounts) -> Iterator[str]:
    """I5, at all times: a job that was ever shown is one of that very object."""
    owners = {job_id: one["sweep_uid"] for one in accounts.submissions for job_id in one["job_ids"]}
    for _, found in accounts.seen:
        meta, job_id = found["metadata"], found.get("status", {}).get("jobID")
        if job_id is not None and owners.get(job_id, meta["uid"]) != meta["uid"]:
            yield f"I5: {meta['name']} showed the job of another object"


def every_end_was_told_once(accounts: Accounts) -> Iterator[str]:
    """Each end of a run has one Event, and each callback one row, whoever was killed."""
    ended = Counter(
        (row["sweep_uid"], row["reason"])
        for row in accounts.transitions
        if row["to_phase"] in TERMINAL
    )
    told = Counter((event["regarding"]["uid"], event["reason"]) for event in accounts.events)
    for (uid, reason), count in ended.items():
        if told[uid, reason] != count:
            yield f"lost: {told[uid, reason]} Events {reason} for {count} such ends"
    bodies = Counter((row["submission_key"], row["body_sha256"]) for row in accounts.inbox)
    if any(count > 1 for count in bodies.values()):
        yield "I3: a callback has two rows"


RULES: tuple[Rule, ...] = (
    no_job_is_doubled,
    every_job_is_known,
    results_belong_to_one_end,
    ends_are_final,
    statuses_are_the_ledgers,
    no_status_is_anothers,
    every_end_was_told_once,
)


def violations(accounts: Accounts) -> list[str]:
    """Return everything that is wrong, in words that begin with the invariant."""
    return [said for rule in RULES for said in rule(accounts)]


def unrest(accounts: Accounts) -> list[str]:
    """Return what is still going on: empty, the system has converged."""
    busy = [f"{s['name']} is {s['phase']}" for s in accounts.sweeps if _goes_on(s)]
    busy += [f"the API's {j.job_id} is {j.state}" for j in accounts.jobs if not j.ended_at]
    left = sum(row["done_at"] is None and row["dead_at"] is None for row in accounts.outbox)
    unheard = sum(row["processed_at"] is None for row in accounts.inbox)
    counts = {"effects left": left, "callbacks": unheard, "deliveries": accounts.deliveries}
    busy += [f"{count} {what}" for what, count in counts.items() if count]
    return [*busy, *statuses_are_the_ledgers(accounts)]


def _goes_on(sweep: Row) -> bool:
    return sweep["object_gone_at"] is None and sweep["phase"] not in TERMINAL
