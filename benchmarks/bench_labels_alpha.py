"""How far people agree, with its range, on a million ratings: items with the same counts are drawn together."""

from __future__ import annotations

from benchmarks.bench_labels import side
from benchmarks.harness import Bar, Benchmark

BENCHMARK = Benchmark(
    question=(
        "How long does Krippendorff's alpha with 1,000 resamples of 200,000 items take, beside one alpha without a range by "
        "`krippendorff`?"
    ),
    sides=[
        side("sextant, 1,000 resamples", "ours", "alpha"),
        side("one count", "roofline", "count"),
        side("krippendorff, one alpha", "peer", "krippendorff"),
    ],
    bar=Bar(2, of=["krippendorff, one alpha"]),
    runs=3,
)
