"""Does the command line answer at once? A shell user and a CI job pay its start with every call."""

from __future__ import annotations

from benchmarks.harness import Bar, Benchmark, Side

BENCHMARK = Benchmark(
    question="How long does `sextant --help` take, from the key press to the prompt?",
    sides=[
        Side("sextant --help", "ours", ["{ours}/sextant", "--help"]),
        Side("python starts", "roofline", ["{ours}/python", "-c", "pass"]),
        Side("import django", "peer", ["{ours}/python", "-c", "import django"]),
        Side("import duckdb", "peer", ["{ours}/python", "-c", "import duckdb"]),
        Side("mlflow --help", "peer", ["{mlflow}/mlflow", "--help"]),
    ],
    bar=Bar(0.4, of=["import django", "import duckdb"]),
    peers=["mlflow"],
)
