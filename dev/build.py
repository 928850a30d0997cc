"""Programs built from Go modules, once per user and recipe.

The cache is `$XDG_CACHE_HOME/tradingsweep` (`~/.cache/tradingsweep`). A build happens under a file
lock, into a folder with another name, and is renamed when it is whole: the cache holds a finished
build or none. The module and compiler caches lie there too while it lasts (about 3 GB), so a
build that was interrupted goes on from where it was; they go when it is done.
"""

import hashlib
import os
import platform
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from dev.golang import find_go, traceless
from dev.processes import Command, Process
from dev.progress import Progress

_LOOK_EVERY = 0.2
"""Seconds between two looks at how far a build is."""
_PATIENCE = 3600.0
"""Seconds after which another process's build counts as stuck."""


class BuildError(RuntimeError):
    """The programs could not be built; the message ends with Go's own words."""


@dataclass(frozen=True)
class Recipe:
    """Which programs to build from which module."""

    name: str
    module: Path
    """The folder of go.mod and go.sum, which pin every version, and of sources if it has some."""
    programs: Mapping[str, str]
    """A program's file name → its Go package."""
    linker_flags: str = "-s -w"
    takes: str = "a moment"
    """How long a build takes, in words."""

    @property
    def folder(self) -> Path:
        """Where the finished programs are; it exists only when all of them do."""
        return cache_folder() / f"{self.name}-{self._fingerprint()}"

    def _fingerprint(self) -> str:
        digest = hashlib.sha256()
        for part in (
            (self.module / "go.mod").read_bytes(),
            (self.module / "go.sum").read_bytes(),
            *(source.read_bytes() for source in sorted(self.module.rglob("*.go"))),
            repr(sorted(self.programs.items())).encode(),
            f"{self.linker_flags} {platform.system()} {platform.machine()}".encode(),
        ):
            digest.update(hashlib.sha256(part).digest())
        return digest.hexdigest()[:12]


def cache_folder() -> Path:
    """Return the folder of everything that outlives a run; nothing else is written outside."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "tradingsweep"


def built(recipe: Recipe, progress: Progress) -> Path:
    """Return the folder with the recipe's programs, building them first where it must.

    Raises:
        BuildError: Go failed, or another process has been building for more than an hour.
        NoGoError: there is no Go that can.
    """
    if not recipe.folder.is_dir():
        cache_folder().mkdir(parents=True, exist_ok=True)
        with _only_builder(recipe, progress):
            if not recipe.folder.is_dir():
                _build(recipe, progress)
    return recipe.folder


@contextmanager
def _only_builder(recipe: Recipe, progress: Progress) -> Iterator[None]:
    lock = FileLock(f"{recipe.folder}.lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        progress.say(f"Another process is building {recipe.folder.name}: waiting for it.")
        try:
            lock.acquire(timeout=_PATIENCE)
        except Timeout:
            raise BuildError(f"another process holds {lock.lock_file} for an hour") from None
    try:
        yield
    finally:
        lock.release()


def _build(recipe: Recipe, progress: Progress) -> None:
    for half_finished in recipe.folder.parent.glob(f"{recipe.folder.name}.building-*"):
        shutil.rmtree(half_finished)
    target = Path(
        tempfile.mkdtemp(prefix=f"{recipe.folder.name}.building-", dir=recipe.folder.parent)
    )
    go = _Go(recipe, target)
    started = time.monotonic()
    progress.say(
        f"Building {' and '.join(recipe.programs)} from Go modules, once for this user:"
        f" it takes {recipe.takes}."
    )
    go.run("list", ["list", "-deps", *recipe.programs.values()], progress, "finding modules")
    packages = go.lines("list")
    for number, (program, package) in enumerate(recipe.programs.items()):
        go.run(
            program,
            ["build", "-v", "-ldflags", recipe.linker_flags, "-o", str(target / program), package],
            progress,
            f"compiling {program} ({number + 1} of {len(recipe.programs)})",
            packages,
        )
    for log in target.glob("*.log"):
        log.unlink()
    target.rename(recipe.folder)
    # Not there where the environment names both caches.
    shutil.rmtree(go.home, ignore_errors=True)
    progress.say(f"Built {recipe.folder} in {time.monotonic() - started:.0f} s.")


class _Go:
    """Runs Go with nothing from the user's own Go settings but the module proxy."""

    def __init__(self, recipe: Recipe, logs: Path) -> None:
        self._program = find_go(recipe.module / "go.mod")
        self._module = recipe.module
        self._logs = logs
        self.home = recipe.folder.with_name(f"{recipe.folder.name}.go")
        self._environment = {
            **traceless(),
            "CGO_ENABLED": "0",
            "GOFLAGS": "-mod=readonly -modcacherw -trimpath -buildvcs=false",
            "GOTOOLCHAIN": "local",
            "GOWORK": "off",
            "GOOS": "",
            "GOARCH": "",
            "GOPATH": str(self.home),
            # A CI that keeps its own says so.
            "GOMODCACHE": os.environ.get("GOMODCACHE") or str(self.home / "mod"),
            "GOCACHE": os.environ.get("GOCACHE") or str(self.home / "build"),
        }

    def run(
        self,
        name: str,
        arguments: list[str],
        progress: Progress,
        doing: str,
        total: int | None = None,
    ) -> None:
        log = self._logs / f"{name}.log"
        command = Command(
            name="go",
            arguments=[self._program, *arguments],
            log=log,
            environment=self._environment,
            folder=self._module,
        )
        started = time.monotonic()
        with Process(command) as process:
            while process.is_running:
                done = f"{self.lines(name)}/{total} packages" if total else "downloading"
                seconds = time.monotonic() - started
                progress.at(f"{doing}: {done}, {seconds:.0f} s")
                time.sleep(_LOOK_EVERY)
            if process.returncode != 0:
                raise BuildError(str(process.error(f"failed while {doing}")))

    def lines(self, name: str) -> int:
        """Count the packages that a step has named so far."""
        log = self._logs / f"{name}.log"
        return sum(not line.startswith("go: ") for line in log.read_text().splitlines())
