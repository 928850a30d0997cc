"""The files of a sweep: results, report, and heat map as a page and as a picture."""

import importlib.util
import re
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
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
    """Write a sweep's files, and return what there is to say of them.

    Raises:
        CommandError: The folder or a file cannot be written.
    """
    heat = heat_map(result, subtitle)
    return written(
        folder,
        {
            "results.parquet": partial(write_table, table_of(result)),
            "report.json": partial(write_text, report.text() + "\n"),
            "heatmap.html": partial(write_text, page_of(heat)),
            "heatmap.png": partial(draw_heat, heat),
        },
    )


def written(folder: Path, files: Mapping[str, Callable[[Path], object]]) -> list[str]:
    """Write files, each whole or not at all, and return what there is to say of them.

    Raises:
        CommandError: The folder or a file cannot be written.
    """
    drawn = importlib.util.find_spec("matplotlib") is not None
    said = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, write in files.items():
            if drawn or not name.endswith(".png"):
                _whole(folder / name, write)
                said.append(str(folder / name))
    except OSError as error:
        raise CommandError(
            f"--out: {folder} cannot be written: {error.strerror}", advice="Name another folder."
        ) from error
    return said if drawn else [*said, NO_PNG]


def draw_heat(heat: HeatMap, path: Path) -> None:
    """Draw a heat map; the library that draws is an extra, and is loaded here."""
    importlib.import_module("tradingapi.pictures.png").write_png(heat, path)


def write_text(text: str, path: Path) -> None:
    """Write a text."""
    path.write_text(text, "utf-8")


def write_table(table: pa.Table, path: Path) -> None:
    """Write a table; only texts repeat so often that a dictionary is worth its room."""
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
