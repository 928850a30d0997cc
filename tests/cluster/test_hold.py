"""Held for a human: the whole way, at an API whose answers get lost."""

from collections.abc import Iterator

import httpx
import pytest

from tests.support.eventually import eventually
from tests.support.ground import Ground
from tests.support.said import completed
from tests.support.scripted_api import says
from tests.support.scripted_system import (
    SUBMIT,
    Scripted,
    job_of,
    run_id_of,
    scripted_system,
    takes,
)
from tests.support.system import PATIENCE

HELD = ("Submitted", "SubmissionOutcomeUnknown")
LOST = says(500, {"detail": "database is locked"})


@pytest.fixture(scope="module")
def holding(ground: Ground, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scripted]:
    """A system that is told to hold what it does not know; a callback is waited for 1.5 s."""
    folder = tmp_path_factory.mktemp("holding")
    with scripted_system(ground, folder, on_unknown_outcome="Hold") as running:
        yield running


def held(holding: Scripted, name: str) -> None:
    """Apply a sweep whose submission's answer is lost, and wait until a human is waited for."""
    holding.submissions(LOST, takes(name))
    holding.ends(name)
    holding.system.apply(name)
    eventually(lambda: "Stalled" in holding.system.conditions(name), True, within=PATIENCE)  # noqa: FBT003


def truths(holding: Scripted, name: str) -> dict[str, str]:
    """Return the conditions as a table."""
    return {kind: c["status"] for kind, c in holding.system.conditions(name).items()}


def test_an_unknown_outcome_is_held_and_shown_and_never_sent_again(holding: Scripted) -> None:
    """The phase stays, the conditions are the table's, and the message names the command."""
    held(holding, "shown")

    assert HELD == holding.system.standing("shown")
    stalled = {"Ready": "False", "Stalled": "True", "Complete": "False", "Failed": "False"}
    assert stalled == truths(holding, "shown")
    words = holding.system.conditions("shown")["Stalled"]["message"]
    assert f"tradingsweep resolve {holding.system.namespace}/shown" in words
    (submission,) = holding.system.submissions("shown")
    assert submission["slot_released_at"] >= submission["unknown_until"]
    holding.system.let_pass(3)
    assert 1 == holding.posts("shown")


def test_a_human_who_found_the_job_brings_the_sweep_to_its_results(holding: Scripted) -> None:
    """`resolve --job-id`: one POST in all, and the status names the job."""
    held(holding, "found")
    about = f"{holding.system.namespace}/found"

    status, said = holding.system.command("resolve", about, "--job-id", job_of("found"))

    assert (0, f"{about}: the operator goes on with that\n") == (status, said)
    shown = holding.system.wait_until_completed("found")
    assert job_of("found") == shown["jobID"]
    assert "Stalled" not in truths(holding, "found")
    assert 1 == holding.posts("found")


def test_a_human_who_found_no_job_has_it_submitted_anew(holding: Scripted) -> None:
    """`resolve --not-submitted`: the second attempt completes."""
    held(holding, "never-arrived")

    status, said = holding.system.command(
        "resolve", f"{holding.system.namespace}/never-arrived", "--not-submitted"
    )

    assert 0 == status, said
    assert 2 == holding.system.wait_until_completed("never-arrived")["attempt"]
    assert 2 == holding.posts("never-arrived")


def test_a_callback_ends_the_hold(holding: Scripted) -> None:
    """The API calls back late: its token names the submission, and it is believed."""
    held(holding, "called-late")
    (submission,) = holding.system.submissions("called-late")
    (post,) = [
        r for r in holding.api.asked(SUBMIT) if r.headers["idempotency-key"] == submission["key"]
    ]

    body = completed(job_of("called-late"), run_id_of("called-late"))
    answer = httpx.post(post.form["webhook_url"], content=body, trust_env=False, timeout=10)

    assert 202 == answer.status_code
    assert 1 == holding.system.wait_until_completed("called-late")["attempt"]
    assert 1 == holding.posts("called-late")


@pytest.mark.parametrize(
    ("arguments", "says_"),
    [
        (["only-a-name", "--not-submitted"], "NAMESPACE/NAME"),
        (["a/b"], "either --job-id JOB or --not-submitted"),
        (["a/b", "--job-id", "j", "--not-submitted"], "either --job-id JOB or --not-submitted"),
        (["a/b", "--job-id", "../x"], "knows no sweep a/b"),
        (["a/b", "--not-submitted"], "knows no sweep a/b"),
    ],
)
def test_a_word_that_makes_no_sense_is_refused_in_one_line(
    holding: Scripted, arguments: list[str], says_: str
) -> None:
    """The line says what is wrong; nothing is written."""
    status, said = holding.system.command("resolve", *arguments)

    assert (1, 1) == (status, said.count("\n")), said
    assert said.startswith("tradingsweep: ")
    assert says_ in said
