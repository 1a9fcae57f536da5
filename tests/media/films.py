"""Small films of all kinds, whose frames are known."""

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import torch
from PIL import Image
from torch import Tensor

from gan_cli.media.films import write_film
from gan_cli.media.pictures import save_png, to_pil


def levels(count: int, side: int = 16, channels: int = 3) -> Tensor:
    """A film whose frame k is of the grey level 10 k, uint8 [C, T, H, W]."""
    film = (torch.arange(count) * 10).to(torch.uint8)
    return film[None, :, None, None].expand(channels, count, side, side).contiguous()


def save(film: Tensor, path: Path, rate: int = 10) -> Path:
    """Writes a film, [C, T, H, W]: by its ending as GIF, MP4 or strip (.png, .jpg), or as a folder of frames."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix in (".gif", ".mp4"):
        write_film(film.unbind(1), path, rate)
    elif path.suffix:
        to_pil(film.transpose(1, 2).flatten(2)).convert("RGBA").save(path, "PNG")
    else:
        for number, frame in enumerate(film.unbind(1)):
            save_png(frame, path / f"frame{number}.png")
    return path


def with_a_hole(folder: Path, count: int = 12) -> Path:
    """A folder of frames that looks whole until its sixth frame is read."""
    save(levels(count), folder)
    (folder / "frame5.png").write_bytes(b"no picture")
    return folder


def video(path: Path, shown: Sequence[int], times: Sequence[int] | None = None, rate: int = 10) -> Path:
    """Writes a video of grey levels 10 k at times in frames, by av; without times they are even."""
    path.parent.mkdir(parents=True, exist_ok=True)
    kind = {".mkv": "matroska"}.get(path.suffix, path.suffix[1:])
    codec = "mpeg4" if path.suffix == ".avi" else "libx264"
    with av.open(str(path), "w", format=kind) as container:
        stream: Any = container.add_stream(codec, rate=rate)
        stream.width = stream.height = 32
        stream.pix_fmt = "yuv420p"
        stream.codec_context.time_base = Fraction(1, rate)
        for level, time in zip(shown, times or range(len(shown)), strict=True):
            frame = av.VideoFrame.from_ndarray(np.full((32, 32, 3), 10 * level, np.uint8), format="rgb24")
            frame.pts, frame.time_base = time, Fraction(1, rate)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def level(image: Image.Image) -> int:
    """Which frame of `levels` or `video` it is."""
    return round(float(np.asarray(image.convert("L")).mean()) / 10)
