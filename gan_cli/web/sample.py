"""The tab Sample: things of seeds, each alone with its player, and files to take away."""

import io
import zipfile
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any

import torch
from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field
from torch import Tensor

from gan_cli.errors import UserError
from gan_cli.inference.given import fields_given, given_of
from gan_cli.inference.labels import chosen_classes
from gan_cli.inference.pictures import beside
from gan_cli.inference.rendering import takes_labels
from gan_cli.media.medium import Beside
from gan_cli.variants.latent import LatentModule
from gan_cli.web.shelf import Loaded, shelf_of
from gan_cli.web.things import played, png, still, tiles

EXAMPLES = 64
"""So many held-out examples are taken to make things from, where none are told; seed k gets number k modulo their
number."""
MOST = 256
"""At most so many things are made at a time."""

SMALL, AT_A_TIME = 64, 8
"""Images up to a side of `SMALL` pixels are made all at once, and others so many at a time."""

SeedNumber = Annotated[int, Field(ge=0, le=2**53 - 1000)]
"""A seed that JavaScript's numbers hold."""


class Asked(BaseModel):
    """What things are to be like.

    Attributes:
        labels: Classes, dealt out in turn; none of them means all.
        truncation_psi: See `TrainedGAN.sample`.
        truncation_threshold: See `TrainedGAN.sample`.
        told: What is typed of what the model is given, by name.
        bars: Each thing is a tune of so many bars.
        part: The part of things to look at.
    """

    labels: list[str] = []
    truncation_psi: float | None = None
    truncation_threshold: float | None = None
    told: dict[str, Annotated[str, Field(max_length=1000)]] = {}
    bars: Annotated[int, Field(ge=1, le=32)] | None = None
    part: str | None = None


class AskedGrid(Asked):
    """Things of the seeds from one on."""

    seed: SeedNumber = 0
    num: Annotated[int, Field(ge=1, le=MOST)] = 64


class AskedFile(AskedGrid):
    """A file of things: `grid` or `archive`, or one thing's by an ending such as ".mid"."""

    kind: str = "grid"


def router() -> APIRouter:
    """What the tab asks for."""
    found = APIRouter()
    found.add_api_route("/{run}", grid, methods=["POST"])
    found.add_api_route("/{run}/one", one, methods=["POST"])
    found.add_api_route("/{run}/file", file, methods=["POST"])
    return found


async def grid(request: Request, run: str, asked: AskedGrid) -> dict[str, Any]:
    """A picture of each thing, with its seed and its class; or one picture of all that are only shown together.

    They are made some at a time, so that a browser that went on to others need not be waited for.
    """
    shelf = shelf_of(request)
    parts = await shelf.use(request, run, lambda loaded: _parts(loaded, asked))
    made = await shelf.each(request, run, [partial(_grid, asked=part) for part in parts])
    return {"together": made[0]["together"], "things": [thing for part in made for thing in part["things"]]}


async def one(request: Request, run: str, asked: AskedGrid) -> dict[str, Any]:
    """The thing of the first seed, with what its player needs."""
    return await shelf_of(request).use(request, run, lambda loaded: _one(loaded, asked))


async def file(request: Request, run: str, asked: AskedFile) -> Response:
    """A file to take away."""
    return await shelf_of(request).use(request, run, lambda loaded: _file(loaded, asked))


def _parts(loaded: Loaded, asked: AskedGrid) -> list[AskedGrid]:
    """What was asked for, cut into parts that take moments."""
    model = loaded.gan.model
    small = (loaded.gan.data.get("image_size") or 0) <= SMALL and model.medium.moves is False
    if small or not model.medium.suffix:
        return [asked]
    classes = [str(number) for number in chosen_classes(model, asked.labels or None)] if takes_labels(model) else []
    parts = []
    for start in range(0, asked.num, AT_A_TIME):
        turned = classes[start % len(classes) :] + classes[: start % len(classes)] if classes else []
        first = {"seed": asked.seed + start, "num": min(AT_A_TIME, asked.num - start), "labels": turned}
        parts.append(asked.model_copy(update=first))
    return parts


def _grid(loaded: Loaded, asked: AskedGrid) -> dict[str, Any]:
    made, shown = sampled(loaded, asked)
    medium = loaded.gan.model.medium
    if not medium.suffix:
        return {"together": still(medium.page(made, shown)).plain, "things": []}
    things = [
        {"seed": asked.seed + k, "label": label, "picture": sheet.plain}
        for k, (sheet, label) in enumerate(zip(tiles(medium, made, shown), labels_of(loaded, asked), strict=True))
    ]
    return {"together": None, "things": things}


def _one(loaded: Loaded, asked: AskedGrid) -> dict[str, Any]:
    made, shown = sampled(loaded, asked.model_copy(update={"num": 1}))
    return {"seed": asked.seed, **played(loaded.gan.model.medium, made[0], shown)}


def sampled(loaded: Loaded, asked: AskedGrid) -> tuple[Tensor, Beside]:
    """The things that were asked for, as they are kept, with what a page shows beside them.

    Raises:
        UserError: If the model makes none from noise, or something does not fit it.
    """
    gan, model = loaded.gan, loaded.gan.model
    if not isinstance(model, LatentModule) or model.VERB != "sample":
        raise UserError(f"{type(model).__name__} makes nothing from seeds; look at it by gan {model.VERB}")
    num = asked.num if model.medium.suffix else model.medium.usual
    options: dict[str, Any] = {
        "truncation_psi": asked.truncation_psi,
        "truncation_threshold": asked.truncation_threshold,
        "part": asked.part or None,
        "labels": asked.labels or None,
    }
    typed = typed_of(loaded, asked.told) or None
    given = typed if asked.bars else given_kept(loaded, asked.told, asked.seed, num)
    made = gan.sample(num, asked.seed, given=given, bars=asked.bars, **options)
    real = loaded.once("real", lambda: beside(model).real) if model.medium.beside_real else None
    shown = beside(model, None, None, real)
    rows = given if given and not asked.bars else {}
    lines = [lines for name, things in rows.items() if (lines := model.media[name].lines(things)) is not None]
    return made, Beside(given=rows, real=real, judge=shown.judge, lines=lines[0] if lines else ())


def labels_of(loaded: Loaded, asked: AskedGrid) -> list[str]:
    """The class of each thing, by the word that asks for it; "" without classes."""
    model = loaded.gan.model
    if not takes_labels(model):
        return [""] * asked.num
    chosen = chosen_classes(model, asked.labels or None)
    return [str(chosen[k % len(chosen)]) for k in range(asked.num)]


def given_kept(loaded: Loaded, told: Mapping[str, str], seed: int, num: int) -> dict[str, Tensor] | None:
    """What things are made from, by name, as it is kept: what was typed, or held-out examples; None for nothing.

    Args:
        loaded: The model.
        told: What was typed, by name.
        seed: The first seed.
        num: How many rows.

    Raises:
        UserError: If a text means nothing, or there are no examples.
    """
    model = loaded.gan.model
    typed, fields = typed_of(loaded, told), fields_given(model)
    if not fields:
        return None
    if set(typed) == set(fields):
        return {name: rows[torch.arange(num) % len(rows)] for name, rows in typed.items()}
    examples = loaded.once("examples", lambda: given_of(model, None, EXAMPLES).shown)
    kept = {name: model.media[name].kept(rows).cpu() for name, rows in examples.items() if name not in typed}
    places = torch.arange(seed, seed + num)
    return {name: rows[places % len(rows)] for name, rows in (kept | typed).items()}


def typed_of(loaded: Loaded, told: Mapping[str, str]) -> dict[str, Tensor]:
    """What was typed of what a model is given, by name, as it is kept; a text is never taken for a file's name.

    Raises:
        UserError: If the model takes nothing of that name, or the text means nothing.
    """
    model = loaded.gan.model
    if unknown := set(told) - set(fields_given(model)):
        raise UserError(f"given: {unknown.pop()} is nothing that {type(model).__name__} takes")
    found = {}
    for name, text in told.items():
        rows = model.media[name].told(text) if text.strip() else None
        if rows is None and text.strip():
            raise UserError(f"given: {name} cannot be typed; leave it empty for held-out examples")
        if rows is not None:
            found[name] = rows
    return found


def _file(loaded: Loaded, asked: AskedFile) -> Response:
    medium = loaded.gan.model.medium
    if asked.kind in medium.endings or asked.kind == medium.suffix != "":
        made, _ = sampled(loaded, asked.model_copy(update={"num": 1}))
        with TemporaryDirectory(ignore_cleanup_errors=True) as folder:
            medium.write(made[0], Path(folder) / f"thing{asked.kind}")
            content = _content(Path(folder), asked.kind)
        return download(content, f"seed-{asked.seed}{asked.kind}")
    made, shown = sampled(loaded, asked)
    name = f"seeds-{asked.seed}-{asked.seed + asked.num - 1}"
    if asked.kind == "grid":
        return download(png(medium.page(made, shown)), f"{name}.png")
    if asked.kind != "archive":
        raise UserError(f"file: {asked.kind} is none of {medium.name}; take {', '.join(medium.endings) or 'grid'}")
    return download(_archive(loaded, asked, made, shown), f"{name}.zip")


def _content(folder: Path, ending: str) -> bytes:
    """What was written into a folder: one file, or a ZIP of several."""
    written = sorted(path for path in folder.rglob("*") if path.is_file())
    if len(written) == 1 and written[0].suffix == ending:
        return written[0].read_bytes()
    return _zipped({path.name: path.read_bytes() for path in written})


def _archive(loaded: Loaded, asked: AskedGrid, made: Tensor, shown: Beside) -> bytes:
    """A ZIP with the page, and a file of each thing by its seed."""
    medium = loaded.gan.model.medium
    files = {"grid.png": png(medium.page(made, shown))}
    with TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        if medium.suffix:
            for k, thing in enumerate(made):
                medium.write(thing, Path(folder) / f"seed{asked.seed + k:06d}{medium.suffix}")
        files |= {path.name: path.read_bytes() for path in sorted(Path(folder).iterdir())}
    return _zipped(files)


def _zipped(files: Mapping[str, bytes]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_STORED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return content.getvalue()


TYPES = {
    ".png": "image/png",
    ".zip": "application/zip",
    ".gif": "image/gif",
    ".mp4": "video/mp4",
    ".mid": "audio/midi",
    ".wav": "audio/wav",
    ".csv": "text/csv",
}


def download(content: bytes, name: str) -> Response:
    """A file for the browser to save under a name."""
    kind = (
        "application/zip" if content[:4] == b"PK\x03\x04" else TYPES.get(Path(name).suffix, "application/octet-stream")
    )
    name = f"{Path(name).stem}.zip" if kind == "application/zip" else name
    return Response(content, media_type=kind, headers={"content-disposition": f'attachment; filename="{name}"'})
