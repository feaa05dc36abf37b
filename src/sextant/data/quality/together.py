"""Several pieces of work on one table, as many at a time as there are processors."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from queue import SimpleQueue
from typing import Any

from sextant.tables import Table
from sextant.tables.engines import is_duckdb

#: Runs pieces of work, each given the table to work on, and returns what each gives, in their order.
Run = Callable[[Sequence[Callable[[Table], Any]]], list[Any]]

#: From so many rows on it is worth the while, but not for more pieces at a time than this.
_WORTH, _MOST_AT_ONCE = 100_000, 8


def one_by_one(table: Table) -> Run:
    """What runs pieces one after the other."""
    return lambda work: [piece(table) for piece in work]


@contextmanager
def together(table: Table, rows: int) -> Iterator[Run]:
    """What runs pieces at the same time, where rows are many and DuckDB counts them: each on a connection of its own.
    A cluster has work enough with one."""
    processors = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    if rows < _WORTH or processors < 2 or not is_duckdb(table.engine):
        yield one_by_one(table)
        return
    from sextant.data.counting import beside

    with beside(table, min(processors, _MOST_AT_ONCE)) as sides, ThreadPoolExecutor(len(sides)) as pool:
        free: SimpleQueue[Table] = SimpleQueue()
        for side in sides:
            free.put(side)

        def on_a_free_one(piece: Callable[[Table], Any]) -> Any:
            side = free.get()
            try:
                return piece(side)
            finally:
                free.put(side)

        try:
            yield lambda work: list(pool.map(on_a_free_one, work))
        finally:
            pool.shutdown(cancel_futures=True)
