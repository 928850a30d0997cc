"""`tradingapi sweep`: prices, grid, report, screen, files."""

import sys
import time
from dataclasses import replace
from pathlib import Path

from rich.console import Console

from tradingapi.cli.asked import Asked, as_option, bars_of, names_of, spec_of
from tradingapi.cli.ending import CommandError, Status
from tradingapi.cli.files import folder_of, write_all
from tradingapi.cli.many import sweep_tickers
from tradingapi.cli.screen import p_value, show
from tradingapi.engine import (
    BadBarsError,
    Bars,
    InsufficientDataError,
    SweepResult,
    SweepSpec,
)
from tradingapi.engine.cpu import processors
from tradingapi.engine.exploring import MissingOptunaError
from tradingapi.engine.sweep import sweep as run
from tradingapi.engine.waiting import waiting
from tradingapi.honesty import HonestyReport, Options, Preset, VerdictName, report


def sweep(
    asked: Asked,
    *,
    preset: str,
    top: int,
    threads: int | None,
    out: Path | None,
    files: bool,
) -> None:
    """Sweep, print, write.

    Raises:
        CommandError: It cannot be done; the message says why.
    """
    spec, names = spec_of(asked), names_of(asked)
    if len(names) > 1:
        sweep_tickers(asked, names, spec, top=top, threads=threads, out=out, files=files)
        return
    bars = bars_of(asked, names[0] if names else None, spec)
    began = time.monotonic()
    result, found = examined(bars, pinned(spec, bars), preset, asked.seed, threads)
    seconds = time.monotonic() - began
    console = Console(soft_wrap=False)
    show(result, found, top, console)
    console.print(f"{len(result.grid):,} pairs, swept and questioned in {seconds:.2f} s")
    _advise(result, found)
    if files:
        subtitle = f"{found.verdict.name.value}, {p_value(found)}. {found.verdict.sentence}"
        for line in write_all(result, found, subtitle, out or folder_of(result)):
            console.print(line, highlight=False, soft_wrap=True)


def pinned(spec: SweepSpec, bars: Bars) -> SweepSpec:
    """Say which bar is the last: the stamp then holds when newer bars have come."""
    return spec if spec.end is not None or not len(bars) else replace(spec, end=int(bars.time[-1]))


def examined(
    bars: Bars, spec: SweepSpec, preset: str, seed: int, threads: int | None
) -> tuple[SweepResult, HonestyReport]:
    """Sweep and question the winner, behind a progress bar if it takes long.

    Raises:
        CommandError: The bars are wrong, or too few.
    """
    options = Options(threads=threads or processors())
    try:
        with waiting() as bar:
            result = run(bars, spec, bar.count("sweep"), threads=threads)
            found = report(
                result,
                result.history,
                spec,
                preset=Preset(preset),
                seed=seed,
                progress=bar.step,
                options=options,
            )
    except InsufficientDataError as error:
        raise CommandError(
            f"prices: {error}", advice="Choose shorter periods, or an earlier --start."
        ) from error
    except BadBarsError as error:
        raise CommandError(f"prices: {error}") from error
    except MissingOptunaError as error:
        raise CommandError(f"--{error}", Status.WRONG) from error
    except ValueError as error:
        raise CommandError(as_option(str(error)), Status.WRONG) from error
    return result, found


def _advise(result: SweepResult, found: HonestyReport) -> None:
    if found.verdict.name is VerdictName.NO_RESULT:
        sys.stderr.write(
            f"  Lower --min-trades (now {result.spec.min_trades}), or take a longer window.\n"
        )
