"""How long a student waits: from the upload's first byte to the score, through web, queue, database and sandbox.

    python -m tests.benchmarks.upload [--uploads N] [--json]

Starts a whole service as `./run` does, hands the same perceptron in N times one after the other, and sets the time a
client waits beside the time the run itself took; the difference is what everything around the sandbox costs.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
import urllib.request
from pathlib import Path

from tests import servers

CODE = (servers.ROOT / "assignments/perceptron/exemplars/update_sign_flipped.py").read_text(encoding="utf-8")
WARM_UP = 3


def measure(uploads: int) -> list[tuple[float, float]]:
    """Return for each upload the milliseconds its client waited, and those its run took."""
    with tempfile.TemporaryDirectory() as folder, servers.whole_service(Path(folder) / "var") as service:
        address = f"{service.url}/api/v1/courses/dl101/assignments/perceptron/submissions?wait=20"
        tokens = [student["token"] for student in service.demo["students"]]  # in turns: each has a rate limit
        waits = []
        for number in range(WARM_UP + uploads):
            token = tokens[number % len(tokens)]
            request = urllib.request.Request(  # noqa: S310 (our own service)
                address,
                data=json.dumps({"files": {"perceptron.py": CODE}}).encode(),
                headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
            )
            begun = time.perf_counter()
            with urllib.request.urlopen(request, timeout=60) as response:  # noqa: S310 (our own service)
                document = json.load(response)
            waits.append(((time.perf_counter() - begun) * 1000, float(document["duration_ms"])))
            assert document["score"] == 13.0, document
        return waits[WARM_UP:]


def main() -> None:
    """Print the median and the 95th percentile."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--uploads", type=int, default=50)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    waits = measure(options.uploads)
    columns = {
        "upload to score": [wait for wait, _ in waits],
        "the run itself": [run for _, run in waits],
        "everything around it": [wait - run for wait, run in waits],
    }
    found = {
        name: {"p50_ms": statistics.median(values), "p95_ms": statistics.quantiles(values, n=20)[-1]}
        for name, values in columns.items()
    }
    if options.json:
        print(json.dumps({"uploads": len(waits), **found}, indent=2))
        return
    print(f"{'':<22}{'p50 ms':>8}{'p95 ms':>8}")
    for name, row in found.items():
        print(f"{name:<22}{row['p50_ms']:>8.1f}{row['p95_ms']:>8.1f}")


if __name__ == "__main__":
    main()
