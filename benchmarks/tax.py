"""What the plugin costs a suite that does not use it: ``pytest --collect-only`` with and without it loaded.

python benchmarks/tax.py --tests 1000 --rounds 15
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
from pathlib import Path

from paired import HEADER, Command, report, run_paired

OTHERS = ("xdist", "randomly", "rerunfailures", "asyncio", "timeout", "hypothesispytest", "anyio")


def main() -> None:
    """Measure collecting and running an unrelated suite, in turn with and without the plugin."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--tests", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=15)
    arguments = parser.parse_args()
    print(HEADER)
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        (home / "pytest.ini").write_text("[pytest]\n")
        tests = (f"def test_{i}():\n    pass\n" for i in range(arguments.tests))
        (home / "test_unrelated.py").write_text("\n".join(tests))
        pytest = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
        pytest += [option for name in OTHERS for option in ("-p", f"no:{name}")]
        for what, options in (("collect", ["--collect-only"]), ("run", [])):
            ours = Command("loaded", [*pytest, *options], home)
            bare = Command("not loaded", [*pytest, *options, "-p", "no:vtrack"], home)
            pairs = run_paired(ours, bare, arguments.rounds)
            print(report(f"{what} {arguments.tests:,} unrelated tests", pairs), flush=True)
            extra = statistics.median((a.cpu_s - b.cpu_s) * 1000 for a, b in pairs)
            print(f"| … difference of CPU, median | | {extra:+.0f} ms | | | | |", flush=True)


if __name__ == "__main__":
    main()
