"""A backup by the commands of the operations guide is the ledger as it was."""

import re
import subprocess
from pathlib import Path

from dev.postgres import psql
from tests.support.ledger_desk import Desk

WORDS = (Path(__file__).parents[2] / "docs" / "operations.md").read_text("utf-8")
PROGRAMS = psql().parent


def flags(program: str) -> list[str]:
    """Return what the guide tells a program, but where the database is."""
    (line,) = re.findall(rf"{program} -h 127\.0\.0\.1 -U tradingsweep (.*?)'", WORDS)
    return [word for word in line.split() if word not in ("-d", "tradingsweep")]


def run(program: str, *arguments: str, text: bytes = b"") -> bytes:
    """Run one of Postgres' own programs."""
    done = subprocess.run(
        [PROGRAMS / program, *arguments], input=text, capture_output=True, check=False
    )
    assert 0 == done.returncode, done.stderr.decode()
    return done.stdout


async def test_a_restored_ledger_is_the_one_that_was_dumped(desk: Desk, ledger: str) -> None:
    """Over a database that went on meanwhile; what came after the dump is gone."""
    before = await desk.at_the_api("before")
    await desk.finish(before)
    known = await desk.ledger.view(before.uid)
    dump = run("pg_dump", *flags("pg_dump"), ledger)
    after = await desk.at_the_api("after")

    run("pg_restore", *flags("pg_restore"), "-d", ledger, text=dump)

    restored = await desk.ledger.view(before.uid)
    assert (known.sweep, known.run, known.submissions, known.top) == (
        restored.sweep,
        restored.run,
        restored.submissions,
        restored.top,
    )
    assert known.ledger_id == restored.ledger_id
    assert (await desk.ledger.view(after.uid)).sweep is None


def test_the_guide_dumps_in_a_form_that_can_be_restored_over_what_is_there() -> None:
    """The custom format, and a restore that drops first."""
    assert ["-Fc"] == flags("pg_dump")
    assert ["--clean", "--if-exists"] == flags("pg_restore")
