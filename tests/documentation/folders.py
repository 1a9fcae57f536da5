"""The folder in which a page's commands are typed: the files and the runs that it speaks of, small."""

import shutil
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import numpy as np
from torch import nn

from gan_cli import verbs
from gan_cli.media import midi_files
from gan_cli.media.notes import Note
from tests import fake_mnist
from tests.command import test_configs as sets
from tests.data import pictures
from tests.data.boxes.layouts import voc
from tests.documentation.shortest import FEATURES, shortest
from tests.imports.foreign import drawn, saved
from tests.imports.test_zhu import Resnet
from tests.media import films
from tests.media.test_paths import walk
from tests.test_own_variant import example


def run(*words: str) -> None:
    """Makes a run, small, by the command that makes a whole one."""
    verbs.run(shortest(["fit", *words]))


def pictures_in(folder: str, count: int = 40, side: int = 136, mode: str = "RGB") -> None:
    """A folder of pictures."""
    for number in range(count):
        pictures.write(Path(folder) / f"{number:03d}.png", side, side, mode=mode)


def classes_in(folder: str, names: Sequence[str] = ("0", "1"), count: int = 20) -> None:
    """A folder of pictures for each class."""
    for name in names:
        for number in range(count):
            pictures.write(Path(folder) / name / f"{name}{number}.png", 32, 32)


def picture(name: str, side: int = 48) -> None:
    pictures.write(Path(name), side, side)


def film(name: str, side: int = 64, count: int = 48) -> None:
    """A film in which something moves."""
    frames = films.levels(count, side)
    step = side // 32
    for at in range(count):
        frames[:, at, side // 4 + step * (at % 8) : side // 2 + step * (at % 8), side // 3 : side // 2] = 255
    films.save(frames, Path(name))


def films_in(folder: str) -> None:
    for number in range(3):
        film(f"{folder}/{number}.mp4")


def placed(write: Callable[[Path], object], part: str, folder: str) -> None:
    """What a test of the configs writes into its folder of data, at the place that a page names."""
    write(Path("written"))
    Path(folder).parent.mkdir(parents=True, exist_ok=True)
    shutil.move(Path("written") / part, folder)
    shutil.rmtree("written")


def solids(folder: str) -> None:
    placed(sets.write_solids, "shapenet_chairs", folder)


def tune(name: str, number: int = 1) -> None:
    """A tune of twenty bars."""
    notes = [Note(beat, 1.0, 60 + beat * number % 12) for beat in range(80)]
    midi_files.write([midi_files.Track("melody", notes)], Path(name), 120)


def foreign_generator(name: str) -> None:
    """A generator in the layout of CycleGAN's authors."""
    saved(Path(name), drawn(Resnet(nn.InstanceNorm2d, blocks=1)))


def points(name: str) -> None:
    rows = np.random.default_rng(0).normal(size=(100, 2))
    np.savetxt(name, rows, delimiter=",", header="x,y", comments="")


def copied(goal: str, place: str) -> None:
    """A run's checkpoint under the name that stands for any."""
    shutil.copy(place, goal)


def text(name: str, content: str) -> None:
    Path(name).write_text(content, "utf-8")


DOMAINS = ("trainA", "trainB", "testA", "testB")


def parts_in(folder: str, parts: Sequence[str], width: int = 32) -> None:
    """A set of pairs or of two domains."""
    for part in parts:
        for number in range(6):
            pictures.write(Path(folder) / part / f"{number}.jpg", width, 32)


def recordings() -> None:
    sets.write_recordings(Path())


def digits(root: str) -> None:
    sets.write_digits(Path(root))


SHOWN = (
    *("dcgan", "cyclegan_horse2zebra", "frame_prediction", "caption_gan", "dann", "icgan_celeba", "cgan"),
    "living_portraits",
)
"""Configs whose runs are opened in Python."""

READY: dict[str, tuple[Callable[[], object], ...]] = {
    "README.md": (
        partial(pictures_in, "my_images", 130, 40),
        partial(pictures_in, "photos", 2, 48),
        partial(parts_in, "data/horse2zebra", DOMAINS),
        partial(run, "--config", "cyclegan_horse2zebra.yaml"),
    ),
    "adaptation.md": (
        partial(digits, "data"),
        partial(classes_in, "photos"),
        partial(classes_in, "drawings"),
        partial(classes_in, "my_digits"),
    ),
    "codes.md": (partial(pictures_in, "photos", 3), partial(picture, "upper.png", 32)),
    "data.md": (
        partial(pictures_in, "my_images"),
        partial(sets.write_faces_and_moods, Path("data")),
        partial(classes_in, "a"),
        partial(classes_in, "b", ("2", "3")),
    ),
    "detection.md": (lambda: voc(Path("my/boxes")), partial(pictures_in, "photos", 2, 48)),
    "faces.md": (
        partial(placed, sets.write_persons, "cmu_faces", "my/cmu_faces"),
        partial(placed, sets.write_persons, "cmu_faces", "my/faces"),
        partial(pictures_in, "my/turned", 2),
        partial(placed, sets.write_films, "portraits", "my/films"),
        partial(picture, "face.png"),
        partial(picture, "him1.jpg"),
        partial(picture, "him2.jpg"),
        partial(film, "film.mp4", 640),
        partial(films_in, "films"),
        partial(sets.write_faces, Path()),
        partial(pictures_in, "faces", 2, 48),
        partial(picture, "face.jpg"),
        partial(picture, "other.jpg"),
    ),
    "latents.md": (
        partial(run, "--config", "stylegan2.yaml", "--model.noise", "true"),
        partial(copied, "X", "checkpoints/stylegan2-digits/version_0/last.ckpt"),
        partial(picture, "photo.jpg"),
        partial(pictures_in, "faces", 2, 48),
    ),
    "music.md": (
        *(partial(tune, f"my/midi/{number}.mid", number) for number in range(1, 5)),
        partial(tune, "tune.mid"),
    ),
    "own.md": (lambda: text("my_gan.py", example()),),
    "page.md": (partial(run, "--config", "pix2pix.yaml"),),
    "results.md": (
        partial(classes_in, "few"),
        partial(classes_in, "other"),
        partial(parts_in, "edges2shoes", ("train", "val"), 64),
        partial(parts_in, "horse2zebra", DOMAINS),
    ),
    "scores.md": (
        partial(run, "--config", "dcgan.yaml"),
        partial(copied, "X", "checkpoints/dcgan-digits/version_0/last.ckpt"),
        partial(pictures_in, "my_images", 30, 28),
        lambda: verbs.run(["sample", "--output", "mine.npz"]),
        partial(pictures_in, "theirs", 30, 16, "L"),
        partial(copied, "network.pt", FEATURES),
        partial(pictures_in, "mine", 30, 16),
        lambda: np.savez("published.npz", arr_0=np.random.default_rng(0).integers(0, 256, (30, 16, 16, 3), np.uint8)),
        partial(points, "points.csv"),
        lambda: fake_mnist.write(Path("data"), count=40),
        lambda: fake_mnist.write(Path("R"), count=40),
        partial(classes_in, "cifar10_png"),
    ),
    "settings.md": (
        lambda: fake_mnist.write(Path("data"), count=40),
        partial(sets.write_faces, Path("data")),
        partial(run, "--model", "StyleGAN2", "--data", "CelebA"),
        partial(pictures_in, "photos"),
    ),
    "sharing.md": (partial(run, "--config", "dcgan.yaml"),),
    "solids.md": (partial(solids, "my/solids"),),
    "start.md": (partial(pictures_in, "my_images"),),
    "trajectories.md": (recordings, lambda: text("street.txt", walk(range(0, 300, 10), 1, 2, 3))),
    "translation.md": (
        partial(parts_in, "my/horse2zebra", DOMAINS),
        partial(pictures_in, "my_images"),
        partial(pictures_in, "my/photographs"),
        partial(picture, "holiday/0.jpg"),
        partial(picture, "holiday/1.jpg"),
        partial(film, "film.mp4"),
    ),
    "verbs.md": (
        partial(parts_in, "data/horse2zebra", DOMAINS),
        partial(sets.write_faces, Path("data")),
        *(partial(run, "--config", f"{name}.yaml") for name in SHOWN),
        partial(picture, "horse.jpg"),
        partial(film, "film.gif"),
        partial(picture, "a.png"),
        partial(picture, "b.png"),
        partial(picture, "face.jpg"),
        partial(picture, "face.png"),
        partial(film, "film.mp4"),
    ),
    "videos.md": (
        partial(run, "--config", "frame_prediction.yaml", "--model.target", "between"),
        partial(copied, "BETWEEN", "checkpoints/frameprediction-movingdigits/version_0/last.ckpt"),
        partial(placed, sets.write_films, "weizmann", "my/films"),
        partial(picture, "photo.png"),
        partial(film, "film.mp4"),
        partial(film, "film.gif"),
        partial(films_in, "films"),
    ),
    "weights.md": (partial(foreign_generator, "latest_net_G.pth"), partial(pictures_in, "photos", 2, 48)),
    "words.md": (
        partial(placed, sets.write_captions, "flickr8k", "my/photos"),
        partial(placed, sets.write_captioned_films, "msvd", "my/films"),
        lambda: text("lines.txt", "a thick red three\na thin blue seven\n"),
        partial(film, "film.mp4"),
        partial(film, "film.gif"),
        partial(films_in, "films"),
    ),
}
"""What is made before a page's commands are typed, in this order; nothing for other pages."""

OPEN: dict[str, dict[str, str]] = {"latents.md": {"gan": "X"}}
"""What a page's Python takes for opened: a checkpoint for each name."""
