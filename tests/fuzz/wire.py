"""Looks for bytes that the reading side of the wall does not survive, guided by coverage, for a bounded time.

    python -m tests.fuzz.wire --seconds 60

Exit code 0: none were found. What was found is printed and kept beside the corpus. An input may take 5 s and 2 GiB.
"""

from __future__ import annotations

import argparse
import importlib.util
import platform
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.fuzz.feed import seeds

HAS_WHEELS = sys.platform == "linux" and platform.machine() == "x86_64" and sys.version_info < (3, 15)

FUZZ = """
import sys
import atheris
with atheris.instrument_imports(include=["worker.wire", "worker.client", "assignments", "json"]):
    from tests.fuzz.feed import asked, feed
for slug in ("python_warmup", "perceptron"):
    asked(slug)
atheris.Setup(sys.argv, feed)
atheris.Fuzz()
"""


def main(arguments: list[str] | None = None) -> int:
    """Fuzz and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz.wire", description="Fuzz what reads a box's bytes.")
    parser.add_argument("--seconds", type=int, default=60, help="how long (%(default)s)")
    parser.add_argument("--keep", type=Path, help="a folder for the corpus, to go on from next time")
    options = parser.parse_args(arguments)
    if importlib.util.find_spec("atheris") is None:
        if not HAS_WHEELS:
            sys.stdout.write("Skipped: atheris has no wheel for this machine. Hypothesis in ./test reads the same.\n")
            return 0
        sys.stderr.write("atheris is not installed. ./test installs it, with all that the tests need.\n")
        return 2
    with tempfile.TemporaryDirectory(prefix="fuzz-") as made:
        folder = options.keep or Path(made)
        folder.mkdir(parents=True, exist_ok=True)
        for number, seed in enumerate(seeds()):
            (folder / f"seed-{number}").write_bytes(seed)
        limits = [f"-max_total_time={options.seconds}", "-timeout=5", "-rss_limit_mb=2048", "-max_len=8192"]
        quiet = ["-print_final_stats=1", "-verbosity=1", f"-artifact_prefix={folder}/found-"]
        ended = subprocess.run([sys.executable, "-c", FUZZ, *limits, *quiet, str(folder)], check=False)
        found = sorted(folder.glob("found-*"))
        for path in found:
            sys.stdout.write(f"{path.name}: {path.read_bytes()!r}\n")
        return 1 if found or ended.returncode else 0


if __name__ == "__main__":
    sys.exit(main())
