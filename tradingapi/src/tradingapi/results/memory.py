"""The last results that were asked about, as Arrow in memory, with the orders asked for."""

import threading
from collections import OrderedDict
from typing import Final, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tradingapi.results.files import ResultFiles
from tradingapi.results.metric import Figure, Metric

MOST_ORDERS: Final = 64
"""Orders that are kept for one result: 124,750 rows are half a megabyte each."""

Indices = NDArray[np.uint32]


class Order(NamedTuple):
    """In which order rows are listed, and which of them."""

    sort: Figure
    descending: bool
    min_trades: int
    """Rows with fewer closed trades are left out."""


class Loaded:
    """One result in memory. Its rows are in the order of rank."""

    def __init__(self, table: pa.Table) -> None:
        self.table = table.combine_chunks()
        self._orders: OrderedDict[Order, Indices] = OrderedDict()

    @property
    def nbytes(self) -> int:
        """What it takes in memory."""
        return self.table.nbytes + sum(order.nbytes for order in tuple(self._orders.values()))

    def column(self, name: str) -> NDArray[np.float64]:
        """Return a numeric column; null is NaN."""
        column: NDArray[np.float64] = (
            self.table.column(name).to_numpy(zero_copy_only=False).astype(np.float64)
        )
        return column

    def qualified(self, limit: int) -> Indices:
        """Return the rows that the ranking has, the best first."""
        kept = self.table.column("qualified").to_numpy(zero_copy_only=False)
        return np.flatnonzero(kept)[:limit].astype(np.uint32)

    def ordered(self, order: Order) -> Indices:
        """Return the rows in an order: ties by rank, null last in both directions."""
        known = self._orders.get(order)
        if known is not None:
            return known
        values = self.column(order.sort)
        # A stable sort keeps the rank among equals, and NaN comes last either way.
        sequence = np.argsort(-values if order.descending else values, kind="stable")
        if order.min_trades > 0:
            sequence = sequence[self.column(Metric.TRADES)[sequence] >= order.min_trades]
        found = self._orders[order] = sequence.astype(np.uint32)
        while len(self._orders) > MOST_ORDERS:
            self._orders.popitem(last=False)
        return found


class ResultMemory:
    """Results by content, as many as fit into so many bytes; at least the last one."""

    def __init__(self, files: ResultFiles, most_bytes: int) -> None:
        self._files = files
        self._most_bytes = most_bytes
        self._loaded: OrderedDict[str, Loaded] = OrderedDict()
        self._lock = threading.Lock()

    def keep(self, content: str, table: pa.Table) -> None:
        """Remember a result that was just written."""
        with self._lock:
            self._remember(content, Loaded(table))

    def get(self, content: str) -> Loaded | None:
        """Return a result, from its file if need be; None if there is no file."""
        with self._lock:
            known = self._loaded.get(content)
            if known is None:
                table = self._files.read(content)
                if table is None:
                    return None
                known = Loaded(table)
            self._remember(content, known)
            return known

    def order(self, loaded: Loaded, order: Order) -> Indices:
        """Return a result's rows in an order; two who ask at once wait for one sort."""
        with self._lock:
            return loaded.ordered(order)

    def forget(self, content: str) -> None:
        """Drop a result that is deleted."""
        with self._lock:
            self._loaded.pop(content, None)

    def _remember(self, content: str, loaded: Loaded) -> None:
        self._loaded[content] = loaded
        self._loaded.move_to_end(content)
        size = sum(kept.nbytes for kept in self._loaded.values())
        while size > self._most_bytes and len(self._loaded) > 1:
            _, dropped = self._loaded.popitem(last=False)
            size -= dropped.nbytes
