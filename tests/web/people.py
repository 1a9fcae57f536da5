"""People at the page: a client whose requests look like those of our own page in a browser, and what they send."""

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from fastapi.testclient import TestClient
from PIL import Image

from gan_cli.web.app import application
from gan_cli.web.known_runs import KnownRuns
from gan_cli.web.shelf import Shelf
from tests.inference import translators

HOME = "http://127.0.0.1:8765"


class Person(TestClient):
    """Somebody at a page that shows some runs.

    Args:
        runs: Folders or checkpoints.
        **options: Further arguments of `Shelf`.
    """

    def __init__(self, runs: Sequence[Path], **options: Any) -> None:
        shelf = Shelf(KnownRuns([str(run) for run in runs]), **options)
        super().__init__(application(shelf), base_url=HOME, headers={"origin": HOME})
        self.shelf = shelf
        self.runs = [run["id"] for run in self.get("/api/models").json()]

    @property
    def run(self) -> str:
        """The first run."""
        return str(self.runs[0])


def png(pixels: Any) -> bytes:
    """The content of a PNG of uint8 [H, W] or [H, W, C]."""
    content = io.BytesIO()
    Image.fromarray(np.asarray(pixels, dtype=np.uint8)).save(content, "PNG")
    return content.getvalue()


def opened(content: Any) -> Image.Image:
    """The picture behind a data address, or of a file's content."""
    if isinstance(content, dict):
        content = content["src"]
    if isinstance(content, str):
        import base64

        assert content.startswith("data:image/png;base64,")
        content = base64.b64decode(content.partition(",")[2])
    return Image.open(io.BytesIO(content))


def photograph(width: int = 48, height: int = 32) -> bytes:
    """The content of a smooth picture in colours."""
    return png(translators.colours(width, height))
