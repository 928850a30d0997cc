"""promtool: from PATH, else built once from Go modules and cached for the user."""

import shutil
import subprocess
from pathlib import Path

from dev.build import Recipe, built
from dev.progress import Progress

RECIPE = Recipe(
    name="promtool",
    module=Path(__file__).with_suffix(""),
    programs={"promtool": "github.com/prometheus/prometheus/cmd/promtool"},
    takes="about 10 minutes on 2 cores",
)

_TIMEOUT = 60.0
"""Seconds for one check."""


class PromtoolError(RuntimeError):
    """promtool found something wrong; the message is what it said."""


class Promtool:
    """Prometheus' own word on metrics, expressions and rules."""

    def __init__(self, program: Path) -> None:
        self._program = program

    def check_metrics(self, scrape: str) -> None:
        """Lint a scrape.

        Raises:
            PromtoolError: it cannot be read, or breaks a convention.
        """
        self._run("check", "metrics", text=scrape)

    def check_rules(self, file: Path) -> str:
        """Parse a file of rules, lint it, and return what was said: `SUCCESS: N rules found`.

        Raises:
            PromtoolError: it is wrong.
        """
        return self._run("check", "rules", "--lint-fatal", str(file))

    def test_rules(self, file: Path) -> str:
        """Run tests of rules, and return what was said: `SUCCESS`.

        Raises:
            PromtoolError: one fails; the message says what was expected and what came.
        """
        return self._run("test", "rules", str(file))

    def _run(self, *arguments: str, text: str | None = None) -> str:
        answer = subprocess.run(
            [self._program, *arguments],
            input=text,
            capture_output=True,
            text=True,
            timeout=_TIMEOUT,
            check=False,
        )
        if answer.returncode != 0:
            raise PromtoolError(f"{answer.stdout}\n{answer.stderr}".strip())
        return answer.stdout


def promtool(progress: Progress) -> Promtool:
    """Return promtool, built first where this machine has none.

    Raises:
        BuildError, NoGoError: with what to do about it.
    """
    if (on_path := shutil.which("promtool")) is not None:
        return Promtool(Path(on_path))
    return Promtool(built(RECIPE, progress) / "promtool")
