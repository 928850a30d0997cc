"""The files of a sweep: results, report, and heat map as a page and as a picture."""

import importlib.util
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pyarrow.parquet as pq

from tradingapi.cli.ending import CommandError
from tradingapi.engine import SweepResult
from tradingapi.honesty import HonestyReport
from tradingapi.pictures import HeatMap, heat_map, page_of
from tradingapi.results.metric import TEXT
from tradingapi.results.table import table_of

NO_PNG: Final = "no PNG: install tradingapi[plots]"


def folder_of(result: SweepResult) -> Path:
    """Return where a sweep's files go if nobody says where."""
    ticker = re.sub(r"[^A-Za-z0-9.=_-]", "", result.origin.ticker) or "prices"
    return Path(f"sweep-{ticker}-{result.spec.strategy.value}")


def write_all(result: SweepResult, report: HonestyReport, subtitle: str, folder: Path) -> list[str]:
    """Write the files, each whole or not at all, and return what there is to say of them.

    Raises:
        CommandError: The folder or a file cannot be written.
    """
    heat = heat_map(result, subtitle)
    said = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, write in (
            ("results.parquet", lambda path: _write_results(result, path)),
            ("report.json", lambda path: path.write_text(report.text() + "\n", "utf-8")),
            ("heatmap.html", lambda path: path.write_text(page_of(heat), "utf-8")),
        ):
            _whole(folder / name, write)
            said.append(str(folder / name))
        said.append(_picture(heat, folder / "heatmap.png"))
    except OSError as error:
        raise CommandError(
            f"--out: {folder} cannot be written: {error.strerror}", advice="Name another folder."
        ) from error
    return said


def _picture(heat: HeatMap, path: Path) -> str:
    if importlib.util.find_spec("matplotlib") is None:
        return NO_PNG
    # matplotlib is an extra: it is loaded where a picture is wanted and can be had.
    write: Callable[[HeatMap, Path], None] = importlib.import_module(
        "tradingapi.pictures.png"
    ).write_png
    _whole(path, lambda unfinished: write(heat, unfinished))
    return str(path)


def _write_results(result: SweepResult, path: Path) -> None:
    table = table_of(result)
    texts: Any = [field.name for field in table.schema if field.type == TEXT]
    pq.write_table(table, path, compression="zstd", use_dictionary=texts)


def _whole(path: Path, write: Callable[[Path], object]) -> None:
    unfinished = path.with_name(f".{path.name}.unfinished")
    try:
        write(unfinished)
        unfinished.replace(path)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise
