"""Films: made of pictures, or translated frame by frame, keeping their container and timing."""

import errno
import io
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from fractions import Fraction
from itertools import chain
from pathlib import Path
from typing import Any

import av
import numpy as np
from PIL import Image, ImageSequence
from torch import Tensor
from torch.nn.functional import pad

from gan_cli.files import replacing, write_atomically
from gan_cli.media import pictures
from gan_cli.media.gif_frames import UNIT, unmerged
from gan_cli.media.picture_files import FORMATS, OPTIONS, Picture, picture_of, to_pil
from gan_cli.media.reading import Unreadable

VIDEOS = frozenset({".mp4", ".m4v", ".mov", ".mkv", ".webm", ".avi"})
"""File endings, in lower case, that are read as videos."""

FILMS = (".gif", ".mp4")
"""File endings of films that are made of pictures."""

ANIMATED = ("GIF", "PNG", "WEBP", "AVIF", "TIFF")
"""Pillow's formats that hold several pictures."""

Make = Callable[[Picture], Picture]
Tick = Callable[[int, int], object]
"""A function that is told after each frame how many are done, and of how many (0 if the file does not say)."""

_CODECS = {".webm": ("libvpx-vp9", {"crf": "20", "b": "0"}), ".avi": ("mpeg4", {"qmin": "2", "qmax": "2"})}
_H264 = ("libx264", {"crf": "17"})
HIGH = 720
"""From this many rows on, a video that names no colours has those of high definition (ITU-R 709)."""
ITU709, UNSAID, ITU601 = 1, 2, 6
"""FFmpeg's numbers for colours: ITU-R 709, not said, and ITU-R 601."""
_ALIKE = {"threads": "1"}
"""Encoder options: with more threads the bytes would depend on how many processors there are."""


def frames_in(path: Path) -> int:
    """How many pictures an image file holds in time or on pages; 1 for all but animations, also for broken files."""
    try:
        with Image.open(path) as image:
            return getattr(image, "n_frames", 1) if image.format in ANIMATED else 1
    except Exception:  # on broken files Pillow's readers raise whatever they stumble upon
        return 1


def translate_animation(source: Path, target: Path, make: Make, tick: Tick) -> None:
    """Writes an animated picture's translation; it keeps each frame's time, and how often the animation is repeated.

    Args:
        source: A GIF, or another image file of several frames or pages.
        target: The file to make; the format of its ending must hold several pictures.
        make: Translates a frame.
        tick: Told of each frame.

    Raises:
        Unreadable: If the file is damaged, or the target holds one picture only.
        OSError: If the target cannot be written.
    """
    kind = FORMATS[target.suffix.lower()]
    content = io.BytesIO()
    with reasons(source), Image.open(source) as image:
        count: int = getattr(image, "n_frames", 1)
        if kind not in ANIMATED:
            raise Unreadable(source, f"it holds {count} pictures, and a {target.suffix} holds one")
        times, transparent = _looked_through(source, image)
        frames = []
        for number, frame in enumerate(ImageSequence.Iterator(image)):
            frames.append(to_pil(make(picture_of(frame.convert("RGBA") if transparent else frame))))
            tick(number + 1, count)
        options = {**OPTIONS.get(kind, {}), **_timing(kind, times, image.info.get("loop"), transparent)}
        frames[0].save(content, kind, save_all=True, append_images=frames[1:], **options)
    write_atomically(target, lambda file: file.write(content.getbuffer()))


def translate_video(source: Path, target: Path, make: Make, tick: Tick) -> None:
    """Writes a video's translation: each frame at its time, the first sound track as it is.

    Args:
        source: The video.
        target: The file to make, of the same ending.
        make: Translates a frame.
        tick: Told of each frame.

    Raises:
        Unreadable: If it is no video, or damaged.
        OSError: If the target cannot be written; nothing of it remains.
    """
    with replacing(target) as temporary, reasons(source), av.open(address(source)) as container:
        if not container.streams.video:
            raise Unreadable(source, "it holds no video")
        _remuxed(container, temporary, source, make, tick)


def first_frame(path: Path) -> Picture:
    """A video's first frame.

    Raises:
        Unreadable: If it is no video, or damaged.
    """
    with reasons(path), av.open(address(path)) as container:
        frame = next(container.decode(video=0), None) if container.streams.video else None
        if frame is None:
            raise Unreadable(path, "it holds no frame")
        return upright(frame)


def _remuxed(container: Any, temporary: Path, source: Path, make: Make, tick: Tick) -> None:
    pictures, sounds = container.streams.video[0], container.streams.audio[:1]
    pictures.thread_type = "AUTO"
    writer, done = None, 0
    kind = _muxer(source.suffix.lower())
    with av.open(address(temporary), "w", format=kind, options={"fflags": "+bitexact"}) as output:
        sound = output.add_stream_from_template(sounds[0]) if sounds else None
        waiting = []  # sound before the first frame waits, because the size of the video is not known yet
        for packet in container.demux(pictures, *sounds):
            if packet.stream.type == "audio":
                waiting.append(packet)
            else:
                for frame in packet.decode():
                    made = make(upright(frame))
                    writer = writer or _Writer(output, pictures, frame, made, source.suffix.lower())
                    writer.write(frame, made)
                    done += 1
                    tick(done, pictures.frames)
            if writer is not None:
                for held in waiting:
                    if held.dts is not None:
                        held.stream = sound
                        output.mux(held)
                waiting.clear()
        if writer is None:
            raise Unreadable(source, "it holds no frame")
        writer.finish()


class _Writer:
    """The video stream of an output; it begins once the first frame is known."""

    def __init__(self, output: Any, pictures: Any, first: Any, made: Picture, suffix: str) -> None:
        height, width = made.colours.shape[:2]
        codec, options = _CODECS.get(suffix, _H264)
        rate = pictures.average_rate or pictures.guessed_rate or Fraction(25)
        self.output = output
        self.stream = output.add_stream(codec, rate=rate, options={**options, **_ALIKE})
        self.stream.width, self.stream.height = width, height
        halved = codec != "libx264" or not (height % 2 or width % 2)  # H.264 wants even sides for halved colours
        self.stream.pix_fmt = "yuv420p" if halved else "yuv444p"
        self.time_base = Fraction(1) / rate if suffix == ".avi" else pictures.time_base
        self.stream.codec_context.time_base = self.time_base
        self.count = 0
        self.by_number = suffix == ".avi" or first.pts is None
        self.space = ITU709 if height >= HIGH else ITU601
        self.stream.codec_context.colorspace = self.space
        self.stream.codec_context.color_range = 1

    def write(self, source: Any, made: Picture) -> None:
        colours = made.colours if made.colours.shape[2] == 3 else made.colours.repeat(3, axis=2)
        frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(colours), format="rgb24")
        frame = frame.reformat(format=self.stream.pix_fmt, dst_colorspace=self.space)
        frame.pts, frame.time_base = (self.count, self.time_base) if self.by_number else (source.pts, source.time_base)
        self.count += 1
        self.output.mux(self.stream.encode(frame))

    def finish(self) -> None:
        self.output.mux(self.stream.encode(None))


def upright(frame: Any) -> Picture:
    """A frame's colours, turned as the camera was held."""
    if frame.colorspace == UNSAID and frame.height >= HIGH:
        frame.colorspace = ITU709
    colours = frame.to_ndarray(format="rgb24")
    turns = round(frame.rotation / 90) % 4
    return Picture(np.ascontiguousarray(np.rot90(colours, turns)))


def address(path: Path) -> str:
    """A path that FFmpeg takes for one, whatever colons are in it."""
    return f"file:{path}"


def _muxer(suffix: str) -> str:
    return {".m4v": "mp4", ".mkv": "matroska"}.get(suffix, suffix[1:])


def _looked_through(source: Path, image: Image.Image) -> tuple[list[int], bool]:
    """Milliseconds of each frame, as far as the file says, and whether any frame is transparent somewhere.

    Raises:
        Unreadable: If a page has 16 bits, because Pillow would lose half of them.
    """
    times, transparent = [], False
    for frame in ImageSequence.Iterator(image):
        if ";16" in f"{frame.mode} {getattr(frame, 'tile', '')}":
            raise Unreadable(source, "several pages of 16 bits cannot be written; make a file of each")
        frame.load()
        times.append(round(frame.info.get("duration", 0)))
        transparent = transparent or frame.has_transparency_data
    return times, transparent


def _timing(kind: str, times: list[int], loop: int | None, transparent: bool) -> dict[str, Any]:
    """The options of Pillow's writers. A GIF that says nothing about repetitions is shown once."""
    if kind == "TIFF":
        return {}
    options: dict[str, Any] = {"duration": times} if any(times) else {}
    if kind == "GIF" and transparent:
        options["disposal"] = 2  # each frame is whole: nothing of the one before may shine through
    if loop is None:
        return options if kind == "GIF" else {**options, "loop": 1}
    return {**options, "loop": loop}


@contextmanager
def reasons(source: Path) -> Iterator[None]:
    """Within the block, what the decoders raise becomes `Unreadable`, except for a full disk.

    FFmpeg's own "cannot allocate memory" is among them: a damaged file may name a table of billions of rows.
    """
    try:
        yield
    except (OSError, SyntaxError, ValueError, EOFError, av.FFmpegError) as error:
        if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS):
            raise
        raise Unreadable(source, f"damaged, or no film ({getattr(error, 'strerror', None) or error})") from error


def write_film(frames: Iterable[Tensor], path: Path, fps: int | Fraction) -> None:
    """Writes pictures as a film, whole or not at all.

    Args:
        frames: uint8 [C, H, W] each, of one size; they are taken one after the other, and one at least.
        path: Ends in one of `FILMS`.
        fps: Pictures a second.

    Raises:
        OSError: If it cannot be written.
    """
    (_write_gif if path.suffix.lower() == ".gif" else _write_mp4)(frames, path, fps)


def _write_gif(frames: Iterable[Tensor], path: Path, fps: int | Fraction) -> None:
    images = map(pictures.to_pil, frames)
    first = next(images)
    content, each = io.BytesIO(), max(UNIT, float(1000 / fps))
    first.save(content, "GIF", save_all=True, append_images=images, duration=each, loop=0)
    write_atomically(path, lambda file: file.write(unmerged(content.getvalue(), each)))


def _write_mp4(frames: Iterable[Tensor], path: Path, fps: int | Fraction) -> None:
    """Writes H.264 in the pixel format that every player shows, which needs even sides."""
    coloured = (frame.expand(3, -1, -1) if frame.shape[0] == 1 else frame[:3] for frame in frames)
    first = next(coloured)
    _, height, width = first.shape
    content = io.BytesIO()
    with av.open(content, "w", format="mp4", options={"fflags": "+bitexact"}) as container:
        stream = container.add_stream("libx264", rate=fps, options={"crf": "17", "threads": "1"})
        stream.width, stream.height, stream.pix_fmt = width + width % 2, height + height % 2, "yuv420p"
        for frame in chain([first], coloured):
            even = pad(frame, (0, width % 2, 0, height % 2), value=255).permute(1, 2, 0).contiguous()
            container.mux(stream.encode(av.VideoFrame.from_ndarray(even.numpy(), format="rgb24")))
        container.mux(stream.encode())
    write_atomically(path, lambda file: file.write(content.getvalue()))
