"""A page that is served to a real browser: the system's chromium, driven by playwright."""

import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pytest

CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


class Served(NamedTuple):
    """A page that is listened for.

    Attributes:
        address: Where, as a browser takes it.
        shelf: Its models.
        runs: The identifier of each run by a short name.
    """

    address: str
    shelf: Any
    runs: dict[str, str]


@pytest.fixture(scope="module")  # while it is there, its loop of events is the only one that its thread can have
def browser() -> Iterator[Any]:
    """Chromium without a window."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is missing: pip install playwright")
    path = next(filter(None, map(shutil.which, CHROMIUM)), None)
    if path is None:
        pytest.skip("there is no chromium here: apt-get install chromium (make test-web does so)")
    with playwright.sync_playwright() as driver:
        options = ["--no-sandbox", "--autoplay-policy=no-user-gesture-required", "--mute-audio"]
        chromium = driver.chromium.launch(executable_path=path, args=options)
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def served(
    tmp_path_factory: pytest.TempPathFactory, checkpoint: Path, class_styles_checkpoint: Path
) -> Iterator[Served]:
    """The page with a tiny model of every kind that it plays with."""
    from gan_cli.web.app import application
    from gan_cli.web.known_runs import KnownRuns
    from gan_cli.web.shelf import Shelf
    from tests.web import tiny

    places = {"digits": checkpoint, "styles": class_styles_checkpoint}
    places |= tiny.saved_all(tmp_path_factory.mktemp("runs"))
    known = KnownRuns([str(path) for path in places.values()])
    shelf = Shelf(known, modules=("tests.toys",), kept=len(places))
    identifiers = dict(zip(places, (run.identifier for run in known.all()), strict=True))
    with listened_for(application(shelf)) as address:
        yield Served(address, shelf, identifiers)


@contextmanager
def listened_for(app: Any) -> Iterator[str]:
    """The address of an application, which is served within the block."""
    import uvicorn

    from gan_cli.web import server

    found = server.listening("127.0.0.1", 0)
    running = uvicorn.Server(uvicorn.Config(app, log_level="warning"))
    thread = threading.Thread(target=running.run, kwargs={"sockets": [found]}, daemon=True)
    thread.start()
    while not running.started:
        time.sleep(0.02)
    yield server.address_of(found)
    running.should_exit = True
    thread.join(20)


@pytest.fixture
def page(browser: Any, served: Served) -> Iterator[Any]:
    """A page of a wide window; a message in its console, or a request that it is refused, fails the test."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, accept_downloads=True)
    made = context.new_page()
    complaints = watched(made)
    yield made
    context.close()
    assert complaints == []


def watched(page: Any) -> list[str]:
    """What a page complains about, from now on."""
    complaints: list[str] = []
    page.on(
        "console", lambda message: complaints.append(message.text) if message.type in ("error", "warning") else None
    )
    page.on("pageerror", lambda error: complaints.append(str(error)))
    return complaints
