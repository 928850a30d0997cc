"""A result as CSV, written piece by piece: nobody holds the whole text."""

import io
from collections.abc import Iterator
from typing import Final

import pyarrow as pa
from pyarrow import csv

from tradingapi.results.metric import TEXT

ROWS_IN_A_PIECE: Final = 4_096


def csv_pieces(table: pa.Table) -> Iterator[bytes]:
    """Write a table with its header; null is an empty field."""
    plain = pa.schema(
        pa.field(field.name, pa.string() if field.type == TEXT else field.type)
        for field in table.schema
    )
    yield _text(plain.empty_table(), header=True)
    for first in range(0, table.num_rows, ROWS_IN_A_PIECE):
        yield _text(table.slice(first, ROWS_IN_A_PIECE).cast(plain), header=False)


def _text(table: pa.Table, *, header: bool) -> bytes:
    sink = io.BytesIO()
    csv.write_csv(table, sink, csv.WriteOptions(include_header=header))
    return sink.getvalue()
