"""Make the environments of peers: `python -m benchmarks.peers NAME...`; what is there already stays.

It needs nothing but Python, so that it can run before Sextant itself is installed.
"""

from __future__ import annotations

import sys

from benchmarks.harness import HERE, peer_programs

for name in sys.argv[1:] or sorted(lock.stem for lock in (HERE / "peers").glob("*.lock")):
    print(f"{name}: {peer_programs(name)}", flush=True)
