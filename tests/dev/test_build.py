"""Programs are built once for a user, whole or not at all; a tiny module stands for the big one."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from dev.build import BuildError, Recipe, built
from dev.golang import NoGoError, find_go
from dev.progress import Quiet

# Builds the recipe in the folder given, and ends without a goodbye as soon as Go has started.
INTERRUPTED = """
import os, sys
from pathlib import Path
from dev.build import Recipe, built

class Killer:
    def say(self, line): pass
    def at(self, where):
        if where.startswith("compiling"):
            os.kill(os.getpid(), 9)

built(Recipe("tiny", Path(sys.argv[1]), {"hello": "example.invalid/tiny"}), Killer())
"""


class Lines:
    """Keeps what was said."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def say(self, line: str) -> None:
        """Keep a line."""
        self.said.append(line)

    def at(self, where: str) -> None:
        """Keep nothing of what passes."""


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What Go has compiled: its standard library takes ten seconds, once."""
    return tmp_path_factory.mktemp("go-build")


@pytest.fixture
def recipe(tmp_path: Path, compiled: Path, monkeypatch: pytest.MonkeyPatch) -> Recipe:
    """A module of one program without dependencies, and an empty cache for this test."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("GOCACHE", str(compiled))
    module = tmp_path / "module"
    module.mkdir()
    (module / "go.mod").write_text("module example.invalid/tiny\n\ngo 1.26.0\n")
    (module / "go.sum").touch()
    (module / "main.go").write_text('package main\n\nfunc main() { println("hello") }\n')
    return Recipe("tiny", module, {"hello": "example.invalid/tiny"})


def test_a_build_that_was_killed_halfway_is_done_again(recipe: Recipe) -> None:
    """The cache never holds half a build, and nothing of it is left behind."""
    with subprocess.Popen([sys.executable, "-c", INTERRUPTED, str(recipe.module)]) as killed:
        killed.wait(60)
    assert not recipe.folder.exists()
    assert [] != list(recipe.folder.parent.glob("*.building-*"))

    program = built(recipe, Quiet()) / "hello"

    assert "hello\n" == subprocess.run([program], capture_output=True, text=True, check=True).stderr
    assert {recipe.folder.name, f"{recipe.folder.name}.lock"} == {
        path.name for path in recipe.folder.parent.iterdir()
    }


def test_two_that_build_at_once_make_one_build(recipe: Recipe) -> None:
    """The second waits, says so, and takes what the first has built."""
    screens = Lines(), Lines()
    with ThreadPoolExecutor(2) as both:
        folders = list(both.map(lambda screen: built(recipe, screen), screens))

    said = sorted(line.split()[0] for screen in screens for line in screen.said)
    assert ["Another", "Building", "Built"] == said
    assert [recipe.folder, recipe.folder] == folders


def test_what_is_built_is_not_built_again(recipe: Recipe) -> None:
    """A warm start costs nothing."""
    built(recipe, Quiet())
    screen = Lines()

    built(recipe, screen)

    assert [] == screen.said


def test_another_version_is_another_build(recipe: Recipe) -> None:
    """A changed pin cannot meet yesterday's programs."""
    before = recipe.folder

    (recipe.module / "go.sum").write_text("example.invalid/other v1.0.0 h1:=\n")

    assert before != recipe.folder


def test_what_does_not_compile_says_what_go_said(recipe: Recipe) -> None:
    """The error holds the compiler's words, and the cache stays empty."""
    (recipe.module / "main.go").write_text("package main\n\nfunc main() { nonsense() }\n")

    with pytest.raises(BuildError, match="undefined: nonsense"):
        built(recipe, Quiet())

    assert not recipe.folder.exists()


def test_a_go_that_is_too_old_is_named_with_what_is_needed(tmp_path: Path) -> None:
    """The message says which version to get and which were looked at."""
    module = tmp_path / "go.mod"
    module.write_text("module example.invalid/future\n\ngo 1.999\n")

    with pytest.raises(NoGoError, match=r"needs Go 1\.999 or newer; tried .*go \(1\.\d+\)"):
        find_go(module)
