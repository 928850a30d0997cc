"""Other people's judgment of our objects and scripts: kstatus, and Lua as Argo CD runs it.

Two small Go programs around the very libraries that those use; built once and cached for the user.
"""

import json
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from dev.build import Recipe, built
from dev.progress import Progress

RECIPE = Recipe(
    name="judges",
    module=Path(__file__).with_suffix(""),
    programs={"lua": "./lua", "kstatus": "./kstatus"},
    takes="about half a minute",
)

_TIMEOUT = 60.0
"""Seconds for one program, however many objects it is given."""


class JudgeError(RuntimeError):
    """A program did not take what it was given; the message is what it said."""


class LuaError(RuntimeError):
    """A script failed, or gave something that is not a table; the message is Lua's."""


class Judges:
    """The two programs; each call runs one of them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def kstatus(self, objects: Sequence[dict[str, Any]]) -> list[str]:
        """Return what kstatus takes each object for: InProgress, Current, Failed, Terminating."""
        return [str(status) for status in self._ask("kstatus", objects)]

    def lua(self, script: str, objects: Sequence[dict[str, Any]]) -> list[Any]:
        """Run a script on each object, and return the tables that it gives, as JSON would have it.

        Raises:
            LuaError: the first failure, a script that took longer than a second among them.
        """
        tasks = [{"script": script, "object": one} for one in objects]
        answers = self._ask("lua", tasks)
        for answer in answers:
            if "error" in answer:
                raise LuaError(answer["error"])
        return [answer.get("value") for answer in answers]

    def _ask(self, program: str, question: Sequence[object]) -> list[Any]:
        answer = subprocess.run(
            [self._folder / program],
            input=json.dumps(question),
            capture_output=True,
            text=True,
            timeout=_TIMEOUT,
            check=False,
        )
        if answer.returncode != 0:
            raise JudgeError(answer.stderr.strip())
        found: list[Any] = json.loads(answer.stdout)
        return found


def judges(progress: Progress) -> Judges:
    """Return the programs, built first where they are not there yet.

    Raises:
        BuildError, NoGoError: with what to do about it.
    """
    return Judges(built(RECIPE, progress))
