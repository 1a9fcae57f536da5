"""Runs to make pages of, and pages as one reads them."""

import csv
import json
from collections.abc import Mapping, Sequence
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import yaml
from PIL import Image

CONFIG: dict[str, Any] = {
    "seed_everything": 7,
    "trainer": {"max_steps": 100},
    "model": {
        "class_path": "gan_cli.variants.DCGAN",
        "init_args": {"generator_lr": 0.0002, "image_size": 16, "image_channels": 1, "latent_dim": 100},
    },
    "data": {"class_path": "gan_cli.data.Digits", "init_args": {"image_size": 16}},
}


def make_run(
    folder: Path,
    rows: Sequence[Mapping[str, Any]] = (),
    grids: Sequence[int] = (),
    config: Mapping[str, Any] | None = CONFIG,
    scores: Any = None,
) -> Path:
    """The folder of a run that never was."""
    folder.mkdir(parents=True)
    if config is not None:
        (folder / "config.yaml").write_text(yaml.safe_dump(dict(config)))
    if rows:
        with (folder / "metrics.csv").open("w", newline="") as file:
            writer = csv.DictWriter(file, sorted({name for row in rows for name in row}))
            writer.writeheader()
            writer.writerows(rows)
    for step in grids:
        (folder / "samples").mkdir(exist_ok=True)
        Image.new("L", (20, 20), step % 256).save(folder / f"samples/step-{step:08d}.png")
    if scores is not None:
        (folder / "metrics.json").write_text(json.dumps(scores))
    return folder


def losses(count: int, every: int = 10) -> list[dict[str, Any]]:
    """Rows of a log: the generator's loss is 1 / step."""
    return [
        {
            "step": step,
            "kimg": step * 0.064,
            "loss/generator/adversarial": 1 / step,
            "loss/discriminator/adversarial": 0.5,
        }
        for step in range(every, every * count + 1, every)
    ]


def scored(num: int, fid: float) -> dict[str, Any]:
    """What `gan test` writes."""
    protocol = {"features": "classifier", "num": num, "resize": "none"}
    return {
        "batches": 100,
        "logged": {"logits/held_out": 1.25},
        "tables": [
            {
                "title": "DCGAN after 1,000 batches beside Digits test",
                "protocol": protocol,
                "scores": {"fid": {"value": fid, "deviation": None, "floor": 0.25}},
                "left_out": ["inception_score: left out"],
            }
        ],
    }


class Reading(HTMLParser):
    """A page's elements and texts."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.data: dict[str, list[str]] = {}
        self._open: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop() != tag:
            continue

    def handle_data(self, data: str) -> None:
        self.data.setdefault(self._open[-1] if self._open else "", []).append(data)

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]

    @property
    def text(self) -> str:
        return " ".join(text for tag, texts in self.data.items() if tag not in ("script", "style") for text in texts)

    @property
    def charts(self) -> list[dict[str, Any]]:
        """The numbers that the curves are drawn from."""
        found: list[dict[str, Any]] = next(
            (json.loads(text) for text in self.data.get("script", []) if text.startswith('[{"title"')), []
        )
        return found
