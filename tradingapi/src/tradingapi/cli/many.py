"""`tradingapi sweep` of several tickers: pairs by their places, and the winner as a portfolio."""

import importlib
import json
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from rich.console import Console

from tradingapi.cli.asked import Asked, as_option, bars_of
from tradingapi.cli.ending import CommandError, Status
from tradingapi.cli.files import draw_heat, write_table, write_text, written
from tradingapi.cli.many_screen import headline, show
from tradingapi.engine import Bars, Progress, SweepSpec
from tradingapi.engine.waiting import waiting
from tradingapi.honesty.stamp import parameters_of, versions
from tradingapi.pictures import page_of
from tradingapi.pictures.places import places_map
from tradingapi.results.places import part_on_the_wire, places_of, portfolio_on_the_wire
from tradingapi.tickers import BadTickerError, ManyResult, Portfolio, portfolio, sweep_many


@dataclass(frozen=True)
class Found:
    """What there is to show."""

    result: ManyResult
    together: Portfolio | None
    """None where no pair is ranked."""


def sweep_tickers(
    asked: Asked,
    names: list[str],
    spec: SweepSpec,
    *,
    top: int,
    threads: int | None,
    out: Path | None,
    files: bool,
) -> None:
    """Sweep, print, write.

    Raises:
        CommandError: It cannot be done; the message says why, and names the ticker.
    """
    if asked.where.file is not None and not asked.where.file.is_dir():
        raise CommandError(
            "FILE: one file has the prices of one ticker",
            Status.WRONG,
            "Give a folder of TICKER/INTERVAL.csv or .parquet.",
        )
    began = time.monotonic()
    found = _found(asked, names, spec, threads)
    console = Console(soft_wrap=False)
    show(found.result, found.together, top, console)
    seconds = time.monotonic() - began
    pairs = len(found.result.grid)
    console.print(
        f"{pairs:,} pairs on {len(names):,} tickers, fetched and swept in {seconds:.2f} s"
    )
    if found.together is None:
        console.print(f"Lower --min-trades (now {spec.min_trades}), or take a longer window.")
    if files:
        folder = out or Path(f"sweep-{len(names)}-{spec.strategy.value}")
        for line in _write(found, folder):
            console.print(line, highlight=False, soft_wrap=True)


def _found(asked: Asked, names: list[str], spec: SweepSpec, threads: int | None) -> Found:
    with waiting() as bar:
        prices = _prices(asked, names, spec, bar.count("prices"))
        try:
            result = sweep_many(prices, spec, bar.count("sweep"), threads=threads)
        except BadTickerError as error:
            raise CommandError(
                str(error), advice="Leave that ticker out, or choose another window."
            ) from error
        except ValueError as error:
            raise CommandError(as_option(str(error)), Status.WRONG) from error
        if result.winner is None:
            return Found(result, None)
        together = portfolio(result, prices, on_progress=bar.count("portfolio"))
    return Found(result, together)


def _prices(asked: Asked, names: list[str], spec: SweepSpec, told: Progress) -> dict[str, Bars]:
    prices = {}
    for number, name in enumerate(names):
        told(number, len(names))
        prices[name] = bars_of(asked, name, spec)
    return prices


def _write(found: Found, folder: Path) -> list[str]:
    result, together = found.result, found.together
    heat = places_map(result, headline(result))
    files = {
        "results.parquet": partial(write_table, places_of(result)),
        "report.json": partial(write_text, json.dumps(_report(found), indent=1) + "\n"),
        "heatmap.html": partial(write_text, page_of(heat)),
        "heatmap.png": partial(draw_heat, heat),
    }
    if together is not None:
        files["portfolio.parquet"] = partial(write_table, together.to_arrow())
        files["portfolio.png"] = partial(_draw, together, result.title)
    return written(folder, files)


def _draw(together: Portfolio, title: str, path: Path) -> None:
    importlib.import_module("tradingapi.pictures.curve").write_curve(together, title, path)


def _report(found: Found) -> dict[str, Any]:
    together = found.together
    return {
        "parameters": parameters_of(found.result.spec),
        "versions": versions(),
        "portfolio": None if together is None else portfolio_on_the_wire(together),
        "tickers": [part_on_the_wire(part) for part in found.result.parts],
    }
