"""Bars that were used, each series in one Parquet file named by its fingerprint.

A result can be looked into bar by bar as long as its bars are here, whatever its source says today.
"""

import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from tradingapi.engine import BadBarsError, Bars, Origin

COLUMNS: Final = ("time", "open", "high", "low", "close")
ORIGIN: Final = b"tradingapi.origin"


class BarShelf:
    """A directory of series."""

    def __init__(self, root: Path) -> None:
        root.mkdir(parents=True, exist_ok=True)
        self._root = root

    def put(self, bars: Bars) -> str:
        """Keep a series and return its name: its fingerprint.

        Raises:
            OSError: The disk is full, or the file cannot be written.
        """
        path = self._path(bars.sha256)
        if not path.exists():
            unfinished = path.with_suffix(f".{id(bars):x}.unfinished")
            try:
                pq.write_table(_table(bars), unfinished, compression="zstd")
                unfinished.replace(path)
            except BaseException:
                unfinished.unlink(missing_ok=True)
                raise
        return bars.sha256

    def get(self, name: str) -> Bars | None:
        """Find a series; None if it is not here, or is no longer what its name says."""
        path = self._path(name)
        try:
            bars = _bars(pq.read_table(path)) if path.is_file() else None
        except (OSError, pa.ArrowException, BadBarsError, KeyError, TypeError, ValueError):
            return None
        return bars if bars is not None and bars.sha256 == name else None

    def sizes(self) -> Iterator[tuple[str, int, float]]:
        """List names, bytes and times of writing, after removing what a crash left unfinished."""
        for path in list(self._root.iterdir()):
            if path.suffix == ".unfinished":
                path.unlink(missing_ok=True)
            elif path.suffix == ".parquet":
                found = path.stat()
                yield path.stem, found.st_size, found.st_mtime

    def delete(self, name: str) -> None:
        """Remove a series; fine if it is gone already."""
        self._path(name).unlink(missing_ok=True)

    def _path(self, name: str) -> Path:
        return self._root / f"{name}.parquet"


def _table(bars: Bars) -> pa.Table:
    columns = [pa.array(getattr(bars, name)) for name in COLUMNS]
    origin = json.dumps(asdict(bars.origin)).encode()
    return pa.table(columns, names=list(COLUMNS)).replace_schema_metadata({ORIGIN: origin})


def _bars(table: pa.Table) -> Bars:
    origin = Origin(**json.loads((table.schema.metadata or {})[ORIGIN]))
    arrays = {name: table.column(name).to_numpy() for name in COLUMNS}
    time = arrays.pop("time").astype(np.int64)
    prices = {name: values.astype(np.float64) for name, values in arrays.items()}
    return Bars(time=time, origin=origin, **prices)
