"""Versions of a dataset: kept as Delta tables under a data home, each with a digest of its rows.

rowsum   the digest: the same for the same rows, whatever their order, their files and the engine
store    commit, log, read, check out, tag
diff     what differs between two tables: schema, rows, distributions
"""

from __future__ import annotations

from sextant.data.versions.diff import Changed, Diff, compare
from sextant.data.versions.rowsum import Rowsum, rowsum
from sextant.data.versions.store import Committed, DataVersion, Erased, Store

__all__ = ["Changed", "Committed", "DataVersion", "Diff", "Erased", "Rowsum", "Store", "compare", "rowsum"]
