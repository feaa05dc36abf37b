"""One label an item by majority, of a million ratings in memory."""

from __future__ import annotations

from benchmarks.bench_labels import side
from benchmarks.harness import Bar, Benchmark

BENCHMARK = Benchmark(
    question="How long does the majority of a million ratings take (200,000 items, 5 labels)?",
    sides=[
        side("sextant", "ours", "majority"),
        side("one count", "roofline", "count"),
        side("crowd-kit", "peer", "crowdkit_majority", "crowdkit"),
        side("DuckDB's mode", "peer", "mode"),
    ],
    bar=Bar(1 / 5, of=["crowd-kit"]),
    peers=["crowdkit"],
    runs=3,
)
