"""One Parquet file for each content: written whole or not at all, and never changed."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq
import structlog

from tradingapi.results.metric import TEXT

log = structlog.get_logger()

ROWS_IN_A_GROUP: Final = 16_384
"""A reader that wants the best rows reads the first group alone."""


class ResultFiles:
    """The files of one directory, named by the fingerprint of the question."""

    def __init__(self, root: Path) -> None:
        root.mkdir(parents=True, exist_ok=True)
        self._root = root

    def path(self, content: str) -> Path:
        """Return where a content is, or would be."""
        return self._root / f"{content}.parquet"

    def has(self, content: str) -> bool:
        """Say whether a content is here."""
        return self.path(content).is_file()

    def write(self, content: str, table: pa.Table) -> int:
        """Store a table and return its bytes; it is on disk when this returns.

        Raises:
            OSError: The disk is full, or the file cannot be written.
        """
        unfinished = self._root / f"{content}.unfinished"
        try:
            # Figures hardly ever repeat: a dictionary of them costs time, and room.
            texts: Any = [field.name for field in table.schema if field.type == TEXT]
            pq.write_table(
                table,
                unfinished,
                compression="zstd",
                row_group_size=ROWS_IN_A_GROUP,
                use_dictionary=texts,
            )
            with unfinished.open("rb+") as file:
                os.fsync(file.fileno())
            unfinished.replace(self.path(content))
        except BaseException:
            unfinished.unlink(missing_ok=True)
            raise
        self._sync_names()
        return self.path(content).stat().st_size

    def read(self, content: str) -> pa.Table | None:
        """Load a whole content; None if it is not there, or is damaged."""
        path = self.path(content)
        try:
            return pq.read_table(path) if path.is_file() else None
        except (OSError, pa.ArrowException) as error:
            log.warning("a result cannot be read", content=content, reason=type(error).__name__)
            return None

    def delete(self, content: str) -> None:
        """Remove a content; fine if it is gone already."""
        self.path(content).unlink(missing_ok=True)

    def names(self) -> Iterator[str]:
        """List the contents, after removing what a crash left unfinished."""
        for path in list(self._root.iterdir()):
            if path.suffix == ".unfinished":
                path.unlink(missing_ok=True)
            elif path.suffix == ".parquet":
                yield path.stem

    def _sync_names(self) -> None:
        folder = os.open(self._root, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
