"""The figures that a release is held to: measured, shown as a table, written to `build/bars/`."""

import json
import os
import platform
import subprocess
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "build" / "bars"


@dataclass(frozen=True)
class Bar:
    """One figure and what it must be."""

    what: str
    value: float
    unit: str
    bar: str
    """In words that a person reads beside the value, such as `< 30`."""
    met: bool


def below(what: str, value: float, unit: str, bar: float) -> Bar:
    """Hold a figure that must be below its bar."""
    return Bar(what, round(value, 3), unit, f"< {bar:g}", value < bar)


def at_most(what: str, value: float, unit: str, bar: float) -> Bar:
    """Hold a figure that must not be above its bar."""
    return Bar(what, round(value, 3), unit, f"<= {bar:g}", value <= bar)


def at_least(what: str, value: float, unit: str, bar: float) -> Bar:
    """Hold a figure that must not be below its bar."""
    return Bar(what, round(value, 3), unit, f">= {bar:g}", value >= bar)


def exactly(what: str, value: float, unit: str, bar: float) -> Bar:
    """Hold a figure that must be its bar."""
    return Bar(what, value, unit, f"= {bar:g}", value == bar)


def goal(what: str, value: float, unit: str, least: float) -> Bar:
    """Show a figure beside its goal: a machine that is busy misses it, and nothing is wrong."""
    return Bar(what, round(value, 3), unit, f"goal {least:g}", met=True)


def shown(what: str, value: float, unit: str) -> Bar:
    """Show a figure that nothing is held against."""
    return Bar(what, round(value, 3), unit, "shown", met=True)


def report(name: str, bars: Sequence[Bar]) -> bool:
    """Show the bars, write `build/bars/NAME.json`, and say whether all are met."""
    Console().print(_table(name, bars))
    FOLDER.mkdir(parents=True, exist_ok=True)
    document = {
        "name": name,
        "commit": _commit(),
        "machine": _machine(),
        "load": round(os.getloadavg()[0], 1),
        "bars": [asdict(bar) for bar in bars],
    }
    (FOLDER / f"{name}.json").write_text(json.dumps(document, indent=2) + "\n", "utf-8")
    return all(bar.met for bar in bars)


def _table(name: str, bars: Sequence[Bar]) -> Table:
    table = Table(title=name, title_justify="left", box=SIMPLE_HEAD)
    table.add_column("What")
    for head in ("Value", "Unit", "Bar", "Met"):
        table.add_column(head, justify="left" if head == "Unit" else "right")
    for bar in bars:
        met = "[green]yes[/green]" if bar.met else "[red]no[/red]"
        table.add_row(bar.what, f"{bar.value:g}", bar.unit, bar.bar, met)
    return table


def _commit() -> str:
    """Return the commit that was measured; `+` stands for changes that are in none."""
    changed = "+" if _git("status", "--porcelain", "--untracked-files=no") else ""
    return _git("rev-parse", "HEAD") + changed


def _git(*arguments: str) -> str:
    answer = subprocess.run(
        ["git", *arguments], cwd=ROOT, capture_output=True, text=True, timeout=30, check=True
    )
    return answer.stdout.strip()


def _machine() -> str:
    memory = psutil.virtual_memory().total / 2**30
    return (
        f"{os.cpu_count()} cores ({_processor()}), {memory:.0f} GiB,"
        f" {platform.system()} {platform.release()}, Python {platform.python_version()}"
    )


def _processor() -> str:
    """Return the processor's name; what Python itself knows is only its kind."""
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except OSError:
        lines = []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.processor() or platform.machine())
