"""Make the picture of the HTML report: its overview, for the example's version 1.3 against 1.2.

    python docs/pictures/report.py

Runs pytest on a copy of the example and photographs the page it writes. Needs the package with its extra
`demo`, playwright, and Chromium (`VTRACK_CHROMIUM` names one that is not on the path).
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

EXAMPLE = Path(__file__).parents[2] / "examples/helpdesk"
PICTURE = Path(__file__).with_name("report.png")
WIDTH, HEIGHT = 1180, 1060


def report(folder: Path) -> Path:
    """Evaluate both versions of the example and return the report of the second."""
    for version, more in (("1.2", []), ("1.3", ["--vtrack-baseline=v1.2", "--vtrack-html=report.html"])):
        subprocess.run(  # noqa: S603  our own interpreter with fixed arguments
            [sys.executable, "-m", "pytest", "-q", f"--vtrack-version=v{version}", *more],
            cwd=folder,
            env={**os.environ, "HELPDESK_VERSION": version, "PYTEST_ADDOPTS": ""},
            capture_output=True,
            check=False,
        )
    return folder / "report.html"


def photograph(page: Path, picture: Path) -> None:
    """Take a picture of the top of a page, as a reader with a light theme sees it."""
    from playwright.sync_api import sync_playwright

    chromium = os.environ.get("VTRACK_CHROMIUM") or shutil.which("chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        opened = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT}, color_scheme="light")
        opened.goto(page.as_uri())
        opened.screenshot(path=picture)
        browser.close()


def main() -> None:
    """Write the picture."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "helpdesk"
        shutil.copytree(EXAMPLE, home, ignore=shutil.ignore_patterns(".*", "__pycache__"))
        photograph(report(home), PICTURE)


if __name__ == "__main__":
    main()
