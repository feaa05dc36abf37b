"""How fast Sextant is, beside the floor and beside a peer, in one run on one machine.

    python -m benchmarks                  every benchmark, as Markdown tables
    python -m benchmarks --only NAME      one of them

To add one, add a file `bench_NAME.py` here that holds `BENCHMARK = Benchmark(...)` (see `harness.py`);
a peer that is not among Sextant's own packages gets `peers/PEER.in`, and `make lock` writes its lock.
"""
