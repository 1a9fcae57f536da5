import weakref
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
import torch
from PIL import Image, ImageSequence
from torch import Tensor

from gan_cli.media.films import first_frame, frames_in, translate_animation, translate_video, write_film
from gan_cli.media.picture_files import Picture
from gan_cli.media.reading import Unreadable
from tests.inference.translators import colours

TIMES = [50, 100, 150, 200]


def inverted(picture: Picture) -> Picture:
    return picture._replace(colours=np.iinfo(picture.colours.dtype).max - picture.colours)


def same(picture: Picture) -> Picture:
    return picture


def frames(count: int = 4, transparent: bool = False) -> list[Image.Image]:
    made = []
    for number in range(count):
        pixels = np.full((21, 33, 4), 255, np.uint8)
        pixels[:, :, 0] = 60 * number
        pixels[:5, : 8 * number + 4, 3] = 0 if transparent else 255
        made.append(Image.fromarray(pixels if transparent else pixels[:, :, :3]))
    return made


def told(path: Path) -> tuple[list[int], Any, list[Any]]:
    with Image.open(path) as image:
        shown = [(frame.convert("RGBA"), round(frame.info["duration"])) for frame in ImageSequence.Iterator(image)]
        return [time for _, time in shown], image.info.get("loop"), [frame for frame, _ in shown]


@pytest.mark.parametrize("suffix", [".gif", ".png", ".webp"])
@pytest.mark.parametrize("transparent", [False, True])
@pytest.mark.parametrize("loop", [0, 3])
def test_animations_keep_time_repetitions_and_opacity(
    tmp_path: Path, suffix: str, transparent: bool, loop: int
) -> None:
    source, target = tmp_path / f"a{suffix}", tmp_path / f"b{suffix}"
    first, *rest = frames(transparent=transparent)
    options: dict[str, Any] = {"disposal": 2} if suffix == ".gif" and transparent else {}
    if suffix == ".webp":
        options["lossless"] = True
    first.save(source, save_all=True, append_images=rest, duration=TIMES, loop=loop, **options)
    ticks: list[tuple[int, int]] = []
    translate_animation(source, target, inverted, lambda *told: ticks.append(told))
    assert frames_in(source) == 4
    assert ticks == [(1, 4), (2, 4), (3, 4), (4, 4)]
    times, repeated, shown = told(target)
    assert (times, repeated) == (TIMES, loop)
    for number, frame in enumerate(shown):
        red, _, _, alpha = frame.getpixel((30, 15))
        assert abs(red - (255 - 60 * number)) <= 2
        assert alpha == 255
        assert frame.getpixel((2, 2))[3] == (0 if transparent else 255)
        assert frame.getpixel((8 * number + 6, 2))[3] == 255


def test_a_gif_that_is_shown_once_still_is(tmp_path: Path) -> None:
    first, *rest = frames()
    first.save(tmp_path / "a.gif", save_all=True, append_images=rest, duration=40)
    for suffix, loop in ((".gif", None), (".webp", 1), (".png", 1)):
        translate_animation(tmp_path / "a.gif", tmp_path / f"b{suffix}", same, lambda *_: None)
        assert told(tmp_path / f"b{suffix}")[:2] == ([40] * 4, loop)


def test_every_page_of_a_tiff_is_translated(tmp_path: Path) -> None:
    first, *rest = frames()
    first.save(tmp_path / "a.tif", save_all=True, append_images=rest)
    translate_animation(tmp_path / "a.tif", tmp_path / "b.tif", inverted, lambda *_: None)
    with Image.open(tmp_path / "b.tif") as image:
        assert [frame.getpixel((30, 15)) for frame in ImageSequence.Iterator(image)] == [
            (255 - 60 * number, 0, 0) for number in range(4)
        ]


def test_pages_of_16_bits_and_formats_of_one_picture_are_refused(tmp_path: Path) -> None:
    deep = [Image.fromarray(colours(33, 21, np.uint16)[:, :, 0]) for _ in range(2)]
    deep[0].save(tmp_path / "deep.tif", save_all=True, append_images=deep[1:])
    with pytest.raises(Unreadable, match="several pages of 16 bits"):
        translate_animation(tmp_path / "deep.tif", tmp_path / "b.tif", same, lambda *_: None)
    first, *rest = frames()
    first.save(tmp_path / "a.gif", save_all=True, append_images=rest)
    with pytest.raises(Unreadable, match=r"it holds 4 pictures, and a .jpg holds one"):
        translate_animation(tmp_path / "a.gif", tmp_path / "b.jpg", same, lambda *_: None)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.gif", "deep.tif"]


def film(path: Path, codec: str, width: int, height: int, sound: str = "", uneven: bool = False) -> Path:
    with av.open(str(path), "w") as container:
        stream: Any = container.add_stream(codec, rate=Fraction(30000, 1001))
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv444p" if codec == "libx264" else "yuv420p"
        track: Any = container.add_stream(sound, rate=48000) if sound else None
        if uneven:
            stream.codec_context.time_base = Fraction(1, 1000)
        for number in range(6):
            frame = av.VideoFrame.from_ndarray(np.full((height, width, 3), 40 * number, np.uint8), format="rgb24")
            if uneven:
                frame.pts, frame.time_base = 40 * number + 13 * (number % 3), Fraction(1, 1000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
        if track:
            silence = av.AudioFrame.from_ndarray(np.zeros((1, 960), np.float32), format="fltp", layout="mono")
            silence.sample_rate, silence.pts = 48000, 0
            container.mux(track.encode(silence))
            container.mux(track.encode())
    return path


def seen(path: Path) -> tuple[list[float], list[float], tuple[int, int], int]:
    """When each frame is shown, how bright it is, their size, and bytes of sound."""
    with av.open(str(path)) as container:
        shown = [(frame.time, frame.to_ndarray(format="rgb24")) for frame in container.decode(video=0)]
    with av.open(str(path)) as container:
        sound = sum(packet.size for packet in container.demux(audio=0)) if container.streams.audio else 0
    times = [float(time or 0) for time, _ in shown]
    return times, [float(pixels.mean()) for _, pixels in shown], shown[0][1].shape[1::-1], sound


@pytest.mark.parametrize("size", [(64, 48), (65, 47)])
@pytest.mark.parametrize(
    ("name", "codec", "sound"),
    [
        ("a.mp4", "libx264", "aac"),
        ("a.webm", "libvpx-vp9", "libopus"),
        ("a.avi", "mpeg4", ""),
        ("a.mkv", "libx264", ""),
    ],
)
def test_videos_keep_frames_times_size_and_sound(
    tmp_path: Path, name: str, codec: str, sound: str, size: tuple[int, int]
) -> None:
    source = film(tmp_path / name, codec, *size, sound, uneven=name == "a.mkv")
    ticks: list[int] = []
    for target in ("b", "c"):
        translate_video(source, tmp_path / target / name, inverted, lambda done, of: ticks.append(done))
    assert ticks == [1, 2, 3, 4, 5, 6] * 2
    (times, bright, shape, track), (times_now, bright_now, shape_now, track_now) = (
        seen(path) for path in (source, tmp_path / "b" / name)
    )
    assert times_now == pytest.approx(times)
    assert bright_now == pytest.approx([255 - value for value in bright], abs=4)
    assert (shape_now, track_now) == (shape, track) == (size, track)
    assert (track > 0) == bool(sound)
    assert (tmp_path / "b" / name).read_bytes() == (tmp_path / "c" / name).read_bytes()
    assert [path.name for path in (tmp_path / "b").iterdir()] == [name]


def test_the_first_frame_and_names_that_look_like_addresses(tmp_path: Path) -> None:
    source = film(tmp_path / "http: %03d.mp4", "libx264", 64, 48)
    translate_video(source, tmp_path / "b: é.mp4", inverted, lambda *_: None)
    assert first_frame(tmp_path / "b: é.mp4").colours.mean() > 250


@pytest.mark.parametrize("kind", ["empty", "text", "cut", "missing"])
def test_what_is_no_film_is_named_and_nothing_is_left(tmp_path: Path, kind: str) -> None:
    source = film(tmp_path / "a.mp4", "libx264", 64, 48)
    content = source.read_bytes()
    source.write_bytes({"empty": b"", "text": b"hello" * 99}.get(kind, content[: len(content) // 2]))
    if kind == "missing":
        source.unlink()
    with pytest.raises(Unreadable) as caught:
        translate_video(source, tmp_path / "out" / "b.mp4", same, lambda *_: None)
    assert caught.value.reason
    assert not list((tmp_path / "out").iterdir())


def test_a_video_that_breaks_off_in_the_middle_leaves_the_older_file(tmp_path: Path) -> None:
    source = film(tmp_path / "a.mp4", "libx264", 64, 48)
    target = tmp_path / "out" / "b.mp4"
    translate_video(source, target, same, lambda *_: None)
    before = target.read_bytes()

    def stop(done: int, of: int) -> None:
        if done == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        translate_video(source, target, inverted, stop)
    assert target.read_bytes() == before
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["b.mp4"]


@pytest.mark.parametrize(("rate", "milliseconds"), [(8, 120), (12, 80), (25, 40), (200, 10)])
@pytest.mark.parametrize("shown", [[0, 0, 0, 0], [0, 0, 1, 1, 1, 2, 0], [2]])
@pytest.mark.parametrize("channels", [1, 3])
def test_a_gif_has_as_many_frames_as_it_is_made_of(
    tmp_path: Path, rate: int, milliseconds: int, shown: list[int], channels: int
) -> None:
    levels = [30, 90, 200]
    frames = [torch.full((channels, 9, 7), levels[number], dtype=torch.uint8) for number in shown]
    frames[0][:, 3:] = 0
    write_film(frames, tmp_path / "a.gif", rate)
    times, loop, back = told(tmp_path / "a.gif")
    assert times == [milliseconds] * len(shown)
    assert loop == 0
    assert [frame.getpixel((0, 0))[0] for frame in back] == [levels[number] for number in shown]
    with av.open(tmp_path / "a.gif") as film:  # as another program reads it
        decoded = [frame.to_ndarray(format="rgb24")[0, 0, 0] for frame in film.decode(video=0)]
    assert [int(level) for level in decoded] == [levels[number] for number in shown]


@pytest.mark.parametrize("name", ["a.gif", "a.mp4"])
def test_few_frames_of_a_film_are_held_while_it_is_written(tmp_path: Path, name: str) -> None:
    alive: list[int] = []

    def made() -> Iterator[Tensor]:
        frames: list[weakref.ref[Tensor]] = []
        for level in range(0, 250, 25):
            frame = torch.full((3, 8, 8), level, dtype=torch.uint8)
            frames.append(weakref.ref(frame))
            alive.append(sum(ref() is not None for ref in frames))
            yield frame
            del frame

    write_film(made(), tmp_path / name, 10)
    assert max(alive) <= 3
    with av.open(tmp_path / name) as film:
        assert len(list(film.decode(video=0))) == 10
