"""`gan interpolate`: walks between images, as a grid with one row a walk, as frames, or as a GIF or MP4."""

import io
from pathlib import Path
from typing import Any

import av
import torch
from torch import Tensor
from torch.nn.functional import pad

from gan_cli.errors import UserError
from gan_cli.files import write_atomically
from gan_cli.inference.labels import chosen_classes, class_walk, read_labels
from gan_cli.inference.latents import usual_method, walk
from gan_cli.inference.pictures import real_points, surface
from gan_cli.inference.rendering import conditions_for, latents_of, render, takes_labels
from gan_cli.media.images import grid, save_png, to_pil
from gan_cli.media.scatter import scatter
from gan_cli.variants.base import AdversarialModule


def interpolate(model: AdversarialModule, folder: Path, options: Any, trainer_options: dict[str, Any]) -> list[Path]:
    """Makes the walks that the options of `gan interpolate` ask for and writes them.

    Args:
        model: The variant.
        folder: Where pictures go if no output is named.
        options: The options of the verb.
        trainer_options: Lightning's accelerator, devices, num_nodes, strategy, precision.

    Returns:
        What was written: a file, or the folder of frames.

    Raises:
        UserError: If an option does not fit the variant or the output.
        OSError: If the output cannot be written.
    """
    output = Path(options.output or folder / f"interpolate-seed{options.seed}.png")
    if output.suffix.lower() not in _WRITERS:
        raise UserError(f"output: {output} has no ending this verb writes; take .png, .gif, .mp4 or a folder")
    if model.point_dim and output.suffix.lower() != ".png":
        raise UserError(f"output: {output}: walks between points are drawn into one picture; take a .png")
    labels = read_labels(options.labels)
    classes = chosen_classes(model, labels) if takes_labels(model) and labels is not None else []
    paths = walks(model, options, len(classes))
    rows, steps, _ = paths.shape
    conditions = conditions_for(model, rows, labels, options.truncation_psi)
    if len(classes) > 1:  # every walk passes the classes in turn, as it passes its latents
        passed = [classes[place % len(classes)] for place in range(max(len(classes), options.keyframes))]
        conditions["labels"] = class_walk(model, passed, options.steps, options.loop).repeat(rows, 1)
    elif "labels" in conditions:
        conditions["labels"] = conditions["labels"].repeat_interleave(steps)  # a walk keeps its class
    images = render(
        model,
        paths.flatten(0, 1),
        conditions={"ema": options.ema, **conditions},
        batch_size=options.batch_size,
        trainer_options=trainer_options,
    )
    if images is None:  # another process has them
        return []
    frames = images.unflatten(0, (rows, steps))
    if model.point_dim:
        save_png(scatter(frames, real_points(model), lambda places: surface(model, places), as_paths=True), output)
    else:
        _WRITERS[output.suffix.lower()](frames, output, options.fps)
    return [output]


def walks(model: AdversarialModule, options: Any, classes: int) -> Tensor:
    """Latents of all walks, [walks, frames, Z]; walk w passes the seeds that follow those of walk w - 1.

    With several classes to pass, a walk has as many keyframes at least, and a single one may be held throughout.
    """
    held = options.keyframes == 1 and classes > 1
    each = 1 if held else max(options.keyframes, classes)
    seeds = range(options.seed, options.seed + options.walks * each)
    keyframes = latents_of(model, seeds).split(each)
    method = options.method or usual_method(model.latent_distribution)
    repeated = [k.expand(classes, -1) if held else k for k in keyframes]
    return torch.stack([walk(k, options.steps, method, options.loop) for k in repeated])


def _frames(images: Tensor) -> list[Tensor]:
    """One picture a moment, with all walks in it: uint8 [R, F, C, H, W] -> F times [C, H', W']."""
    columns = int(len(images) ** 0.5 + 0.999)
    return [grid(moment, columns) for moment in images.transpose(0, 1)]


def _write_grid(images: Tensor, path: Path, fps: int) -> None:
    save_png(grid(images.flatten(0, 1), columns=images.shape[1]), path)


def _write_frames(images: Tensor, path: Path, fps: int) -> None:
    for number, frame in enumerate(_frames(images)):
        save_png(frame, path / f"frame{number:05d}.png")


def _write_gif(images: Tensor, path: Path, fps: int) -> None:
    first, *rest = [to_pil(frame) for frame in _frames(images)]
    write_atomically(
        path, lambda file: first.save(file, "GIF", save_all=True, append_images=rest, duration=1000 / fps, loop=0)
    )


def _write_mp4(images: Tensor, path: Path, fps: int) -> None:
    """H.264 in the pixel format that every player shows, which wants even sides."""
    frames = [frame.expand(3, -1, -1) if frame.shape[0] == 1 else frame[:3] for frame in _frames(images)]
    _, height, width = frames[0].shape
    content = io.BytesIO()
    with av.open(content, "w", format="mp4", options={"fflags": "+bitexact"}) as container:
        stream = container.add_stream("libx264", rate=fps, options={"crf": "17", "threads": "1"})
        stream.width, stream.height, stream.pix_fmt = width + width % 2, height + height % 2, "yuv420p"
        for frame in frames:
            even = pad(frame, (0, width % 2, 0, height % 2), value=255).permute(1, 2, 0).contiguous()
            container.mux(stream.encode(av.VideoFrame.from_ndarray(even.numpy(), format="rgb24")))
        container.mux(stream.encode())
    write_atomically(path, lambda file: file.write(content.getvalue()))


_WRITERS = {".png": _write_grid, ".gif": _write_gif, ".mp4": _write_mp4, "": _write_frames}
