"""How long somebody waits at the page of `gan serve`: milliseconds from a click to the pictures, in a real browser.

    python -m benchmarks.page RUN [--clicks 20]

RUN makes things from noise, such as one of `gan fit --config dcgan.yaml`. Clicked is "Other seeds" of the tab Sample,
for 64 things; the time ends when all of them are drawn. A place of the walk is measured the same way. Chromium is the
system's (`make chromium`).
"""

import argparse
import shutil
import statistics
import threading
import time
from collections.abc import Sequence
from typing import Any

from gan_cli.web import server
from gan_cli.web.app import application
from gan_cli.web.known_runs import KnownRuns
from gan_cli.web.shelf import Shelf

NUM = 64
"""How many things a click makes."""


def summary(times: Sequence[float]) -> str:
    """Milliseconds in a line: the median, and the slowest."""
    return f"median {statistics.median(times):.0f} ms, slowest {max(times):.0f} ms of {len(times)}"


def started(run: str) -> str:
    """Serves a run from a thread of this process; returns the address."""
    import uvicorn

    found = server.listening("127.0.0.1", 0)
    running = uvicorn.Server(uvicorn.Config(application(Shelf(KnownRuns([run]))), log_level="error"))
    threading.Thread(target=running.run, kwargs={"sockets": [found]}, daemon=True).start()
    while not running.started:
        time.sleep(0.02)
    return server.address_of(found)


def grids(page: Any, address: str, clicks: int) -> list[float]:
    """Milliseconds of clicks for other seeds."""
    page.goto(f"{address}#sample")
    page.locator(".tile").first.wait_for()
    page.get_by_label("How many").fill(str(NUM))
    return [_timed(page, "#panel-sample .results", "#panel-sample button[name=random]") for _ in range(clicks)]


def places(page: Any, address: str, clicks: int) -> list[float]:
    """Milliseconds of clicks on seeds of the walk, in turn."""
    page.goto(f"{address}#walk")
    page.locator(".seeds .tile").nth(1).wait_for()
    page.locator(".stage canvas").wait_for()
    return [_timed(page, "#panel-walk .stage", f".seeds li:nth-child({k % 2 + 1}) .tile") for k in range(clicks)]


def _timed(page: Any, box: str, button: str) -> float:
    """The time from a click to the end of what it begins, as the page measures it."""
    page.locator(box).evaluate("box => { delete box.dataset.took; }")
    page.locator(button).click()
    page.locator(f"{box}[data-took]:not([aria-busy])").wait_for()
    return float(page.locator(box).get_attribute("data-took"))


def main() -> None:
    """Prints both."""
    from playwright.sync_api import sync_playwright

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run")
    parser.add_argument("--clicks", type=int, default=20)
    asked = parser.parse_args()
    path = shutil.which("chromium")
    if path is None:
        parser.error("there is no chromium here; make chromium installs it where it may")
    address = started(asked.run)
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=path, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        print(f"{NUM} things:  {summary(grids(page, address, asked.clicks))}")
        print(f"one place: {summary(places(page, address, asked.clicks))}")
        browser.close()


if __name__ == "__main__":
    main()
