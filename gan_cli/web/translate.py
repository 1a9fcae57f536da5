"""The tab Translate: a photograph or a drawing, and what a model makes of it."""

from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any

import torch
from fastapi import APIRouter, Query, Request, UploadFile
from PIL import Image
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.datastructures import UploadFile as FormFile
from torch import Tensor

from gan_cli.data import GANDataModule
from gan_cli.data.pairs.edge_maps import edges
from gan_cli.errors import UserError
from gan_cli.inference.checkpoints import data_set_of
from gan_cli.inference.given_paths import REFERENCE
from gan_cli.inference.source_media import drawn
from gan_cli.inference.translator import translating
from gan_cli.media import reading
from gan_cli.media.frames import squared
from gan_cli.media.label_maps import LabelMaps, edges_of
from gan_cli.media.masks import Masks
from gan_cli.media.medium import Medium
from gan_cli.media.picture_files import to_tensor
from gan_cli.variants.translation import TranslationModule
from gan_cli.web import uploads
from gan_cli.web.shelf import Loaded, shelf_of
from gan_cli.web.things import still

SOURCE, DIRECTION, STYLE, LABELS = "source", "direction", "style", "source_labels"
"""The fields of a form, beside what the model is given, by name."""
FILES = 8
"""A form has at most so many files, and four times as many other fields."""


def router() -> APIRouter:
    """What the tab asks for."""
    found = APIRouter()
    found.add_api_route("/picture", picture, methods=["POST"])
    found.add_api_route("/{run}", translated, methods=["POST"])
    found.add_api_route("/{run}/example", example, methods=["GET"])
    return found


async def picture(
    request: Request,
    file: UploadFile,
    longest: Annotated[int, Query(ge=16, le=uploads.LONGEST)] = uploads.LONGEST,
    sketch: bool = False,
    square: bool = False,
) -> dict[str, Any]:
    """A file's picture, reduced to a size, or its middle as a square of that size; or its edges, as they are drawn."""
    content = await uploads.received(file)
    return await run_in_threadpool(_picture, content, file.filename or "", longest, sketch, square)


async def translated(request: Request, run: str) -> dict[str, Any]:
    """What was sent, and its translation."""
    async with request.form(max_files=FILES, max_fields=4 * FILES) as form:
        sent = {name: await uploads.received(part) for name, part in form.items() if isinstance(part, FormFile)}
        words = _words(form)
    return await shelf_of(request).use(request, run, lambda loaded: _translated(loaded, sent, words))


async def example(
    request: Request, run: str, number: Annotated[int, Query(ge=0, le=2**31)] = 0, direction: str = ""
) -> dict[str, Any]:
    """A held-out example of the set that a model has learned from, to be translated."""
    return await shelf_of(request).use(request, run, lambda loaded: _example(loaded, number, direction))


def _example(loaded: Loaded, number: int, direction: str) -> dict[str, Any]:
    """A picture of an example, of the domain that the direction starts from, and the masks that belong to it.

    Raises:
        UserError: If the set is not known, or not at hand.
    """
    model = translating(loaded.gan.model)
    data = loaded.once("data", lambda: _prepared(model))
    part = data.at_hand()
    number %= len(part)
    batch = data.on_device(part[torch.tensor([number])])
    names = list(model.media)
    back = names[:2] == ["a", "b"] and direction == model.directions[-1] != model.directions[0]
    found = {name: _pictured(model.media[name], getattr(batch, name)) for name in _with_example(model, batch)}
    source = _pictured(model.media[names[int(back)]], getattr(batch, names[int(back)]))
    return {"picture": source, "told": found, "number": number + 1, "of": len(part)}


def _prepared(model: TranslationModule) -> GANDataModule:
    data = data_set_of(model)
    data.prepare_data()
    return data


def _with_example(model: TranslationModule, batch: Any) -> list[str]:
    """What is told of the pixels of an example, and is drawn as a mask."""
    return [name for name in model.takes if isinstance(model.media.get(name), Masks) and hasattr(batch, name)]


def _pictured(medium: Medium, shown: Tensor) -> dict[str, Any]:
    """The first of some things as a picture; a mask is opaque where it means something."""
    pixels = medium.each_pictured(medium.kept(shown[:1].float() if shown.is_floating_point() else shown[:1]).cpu())[0]
    return still(torch.cat([pixels.expand(3, -1, -1), pixels]) if isinstance(medium, Masks) else pixels).plain


def _words(form: FormData) -> dict[str, str]:
    return {name: part for name, part in form.items() if isinstance(part, str)}


def _picture(content: bytes, name: str, longest: int, sketch: bool, square: bool) -> dict[str, Any]:
    image, note = uploads.picture(content, name, uploads.LONGEST if square else longest)
    if square:
        image, note = squared(image, longest), note or f"The middle of it, as a square of {longest} pixels"
    if sketch:
        image = Image.fromarray(edges(reading.to_tensor(image, 1)[0].numpy()))
    pixels = reading.to_tensor(image, 4 if image.mode in ("LA", "RGBA") else 3)
    return {"picture": still(pixels).plain, "note": note}


def _translated(loaded: Loaded, sent: Mapping[str, bytes], words: Mapping[str, str]) -> dict[str, Any]:
    """A source and its translation as pictures.

    Args:
        loaded: The model.
        sent: The content of files, by what they are.
        words: The direction, the seed of a style, the attributes of the source.

    Raises:
        UserError: If something is missing or does not fit the model.
    """
    model = translating(loaded.gan.model)
    if SOURCE not in sent:
        raise UserError("source: there is no picture yet; drop one, or draw")
    unknown = set(sent) - {SOURCE, *model.takes}
    if unknown:
        raise UserError(f"given: {unknown.pop()} is nothing that {type(model).__name__} takes")
    source, before = _source(model, sent[SOURCE])
    height, width = source.shape[1:]
    given: dict[str, Any] = {}
    for name in model.takes:
        if name == REFERENCE and name in sent:
            given[name] = uploads.picture(sent[name], name).image
        elif name in sent:
            given[name] = _told(model.media[name], name, sent[name], height, width)
        elif name == "edges" and name in model.media and isinstance(model.source, LabelMaps):
            given[name] = edges_of(source)
    options = _options(words, REFERENCE in given)
    made = loaded.gan.translate(source, words.get(DIRECTION) or None, given=given or None, **options)
    return {"before": still(before).plain, "after": still(_seen(made)).plain}


def _options(words: Mapping[str, str], with_reference: bool) -> dict[str, Any]:
    """The further arguments of `TrainedGAN.translate`.

    Raises:
        UserError: If a seed is none.
    """
    options: dict[str, Any] = {}
    if (style := words.get(STYLE, "")) and not with_reference:
        if not style.isdecimal() or len(style) > 15:
            raise UserError(f"style: {style[:40]} is no seed; take a whole number from 0")
        options["style"] = int(style)
    if LABELS in words:
        options["source_labels"] = words[LABELS]
    return options


def _source(model: TranslationModule, content: bytes) -> tuple[Tensor, Tensor]:
    """What is translated, as its medium keeps it, uint8 [C, H, W], and how people look at it."""
    if not isinstance(model.source, LabelMaps):
        image = uploads.picture(content, SOURCE).image
        pixels = reading.to_tensor(image, 4 if image.mode in ("LA", "RGBA") else 3)
        return pixels, _seen(pixels)
    uploads.check(content, SOURCE)
    labels = _told(model.source, SOURCE, content)
    shrunk = uploads.LONGEST / max(labels.shape[1:])
    if shrunk < 1:
        rows, columns = ((torch.arange(int(side * shrunk)) / shrunk).long() for side in labels.shape[1:])
        labels = labels[:, rows][:, :, columns]
    return labels, to_tensor(drawn(model.source, lambda: labels))


def _told(medium: Medium, name: str, content: bytes, height: int = 0, width: int = 0) -> Tensor:
    """A thing of a medium from the content of an uploaded picture, as it is kept; beside an image of a size, if any.

    Raises:
        UserError: If it is none.
    """
    uploads.check(content, name)
    with TemporaryDirectory(ignore_cleanup_errors=True) as folder:  # media read files; this one has a name of ours
        path = Path(folder) / f"{name}.png"
        path.write_bytes(uploads.without_idle_opacity(content) if isinstance(medium, Masks) else content)
        try:
            return medium.read_for(path, height, width) if height else medium.read(path)
        except UserError as error:
            raise UserError(str(error).replace(str(path), f"the {name}")) from error


def _seen(pixels: Tensor) -> Tensor:
    """Pixels as a PNG shows them; of two channels the last is the opacity."""
    return torch.cat([pixels[:1].expand(3, -1, -1), pixels[1:]]) if pixels.shape[0] == 2 else pixels
