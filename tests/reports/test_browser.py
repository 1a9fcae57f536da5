"""Pages in a real browser, where there is one."""

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from gan_cli.reports import compare, report, run_record
from tests.reports.pages import losses, make_run

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium")

PROBE = """<script>
addEventListener("load", () => {
  const pictures = [...document.querySelectorAll(".slider img")];
  const shown = () => pictures.filter((picture) => picture.getClientRects().length).map((picture) => picture.alt);
  const found = { before: shown() }, slider = document.querySelector(".slider input");
  if (slider) { slider.value = 0; slider.dispatchEvent(new Event("input", { bubbles: true })); }
  found.after = shown();
  const log = document.querySelector("#logarithmic");
  log.checked = true; log.dispatchEvent(new Event("input", { bubbles: true }));
  found.axes = [...document.querySelectorAll(".chart")].map((chart) => chart._fullLayout.yaxis.type);
  found.width = [document.documentElement.scrollWidth, innerWidth];
  found.fetched = performance.getEntriesByType("resource").map((e) => e.name).filter((n) => !n.startsWith("data:"));
  document.body.dataset.found = JSON.stringify(found);
});
</script></body>"""


def opened(page: str, folder: Path, width: int = 1280) -> tuple[dict[str, Any], str]:
    """What the probe finds in a page, and what the browser's console says."""
    assert CHROMIUM is not None
    file = folder / "probed.html"
    file.write_text(page.replace("</body>", PROBE), encoding="utf-8")
    words = [
        *("--headless", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr", "--virtual-time-budget=3000"),
        *(f"--user-data-dir={folder / 'profile'}", f"--window-size={width},900", "--dump-dom"),
    ]
    done = subprocess.run([CHROMIUM, *words, file.as_uri()], capture_output=True, text=True, timeout=120, check=True)
    found = re.search(r'<body[^>]* data-found="([^"]*)"', done.stdout)
    console = "\n".join(line for line in done.stderr.splitlines() if "CONSOLE" in line)
    return json.loads(found[1].replace("&quot;", '"')) if found else {}, console


def test_the_slider_moves_the_curves_are_drawn_and_nothing_is_fetched(tmp_path: Path) -> None:
    folder = make_run(tmp_path / "run", [*losses(20), {"step": 200, "logits/real": -1.0}], [10, 20, 30])
    found, console = opened(report.page(run_record.read(folder), {}), tmp_path)
    assert console == ""
    assert (found["before"], found["after"]) == (["Samples at step 30"], ["Samples at step 10"])
    assert found["axes"] == ["log", "linear"]  # a logit is below 0
    assert found["width"][0] <= found["width"][1]
    assert found["fetched"] == []


def test_runs_side_by_side_are_drawn(tmp_path: Path) -> None:
    runs = [make_run(tmp_path / name, losses(20), [10]) for name in ("a", "b")]
    found, console = opened(compare.page([run_record.read(run) for run in runs]), tmp_path)
    assert console == ""
    assert found["axes"] == ["log", "log"]
