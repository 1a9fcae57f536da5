from pathlib import Path
from typing import Any

import pytest
import torch

from gan_cli.data import CaptionedClips
from gan_cli.errors import UserError
from gan_cli.media.films import write_film
from gan_cli.variants import VGAN


def film(path: Path, frames: int = 6, shade: int = 200) -> None:
    """A square that moves."""
    video = torch.zeros(1, frames, 16, 16, dtype=torch.uint8)
    for number in range(frames):
        video[0, number, 4:8, number : number + 4] = shade
    path.parent.mkdir(parents=True, exist_ok=True)
    write_film(video.unbind(1), path, 8)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for number, name in enumerate("abcd"):
        film(tmp_path / "videos" / f"{name}.gif", shade=100 + 40 * number)
    return tmp_path


def clips(root: Path, **arguments: Any) -> CaptionedClips:
    return CaptionedClips(root=str(root), num_frames=3, image_size=16, image_channels=1, held_out=0.25, **arguments)


LISTS = {
    "captions.tsv": "file\tcaption\na.gif\tone, moves\na.gif\ttwo moves\nb.gif\tthree\nc.gif\tfour\nd.gif\tfive\n",
    "captions.csv": 'video,caption\na.gif,"one, moves"\na.gif,two moves\nb.gif,three\nc.gif,four\nd.gif,five\n',
    "captions.txt": "a,one, moves\na,two moves\nb,three\nc,four\nd,five\n",
    "captions.jsonl": '{"video": "videos/a.gif", "captions": ["one, moves", "two moves"]}\n'
    + "".join(
        f'{{"video": "{name}.gif", "caption": "{said}"}}\n'
        for name, said in zip("bcd", ("three", "four", "five"), strict=True)
    ),
}


@pytest.mark.parametrize("name", LISTS)
def test_every_list_gives_all_clips_of_a_film_its_sentences(root: Path, name: str) -> None:
    (root / name).write_text(LISTS[name])
    data = clips(root)
    said = {film.path.stem: data.sentences_on(film) for film in data.found.films}
    assert said["a"] == ["one, moves", "two moves"]
    assert said["d"] == ["five"]
    part = data.part("train")
    assert len(part) == 2 * 3  # two clips of each of three films
    batch = part[torch.arange(6)].batch
    assert batch.videos.shape == (6, 1, 3, 16, 16)
    lines = data.texts.lines(batch.text)
    assert lines[0::2] == lines[1::2]
    assert all(own != other for own, other in zip(lines, data.texts.lines(batch.wrong), strict=True))
    assert data.facts["text_length"] == 24


def test_a_text_beside_each_film_will_do(root: Path) -> None:
    for name in "abcd":
        (root / "videos" / f"{name}.txt").write_text("moves\nruns\n")
    assert clips(root).notes()[-4].startswith("sentences: 8 from a text beside each film")


def test_what_has_no_partner_is_told(root: Path) -> None:
    (root / "captions.tsv").write_text("a.gif\tone\nb.gif\tone\nc.gif\t...\nz.gif\tlost\n")
    found = clips(root).mistakes()
    assert found["sentences without their film"] == ["z.gif (lost)"]
    assert found["films without a sentence, not used"] == [str(root / "videos/d.gif")]
    assert found["sentences on several films"][0].startswith("one (")
    assert found["sentences without a word"] == [f"{root}/videos/c.gif ('...')"]


def test_folders_without_sentences_or_with_others_are_refused(root: Path) -> None:
    with pytest.raises(UserError, match=r"has no sentences; put a captions.csv there with lines such as three.mp4"):
        clips(root).part("train")
    (root / "captions.tsv").write_text("z.gif\tlost\n")
    with pytest.raises(UserError, match=r"none of the 4 films below .* has a sentence in captions.tsv"):
        clips(root).part("train")
    with pytest.raises(UserError, match="on_error: skip is not possible"):
        clips(root, on_error="skip")
    with pytest.raises(UserError, match="is no folder"):
        clips(root / "nowhere").part("train")


def test_other_variants_learn_from_its_films_alone(root: Path) -> None:
    (root / "captions.tsv").write_text(LISTS["captions.tsv"])
    data = clips(root)
    assert all(name in data.fields for fields in VGAN.LEARNS_FROM for name in fields)


def test_msvds_layout_is_read(real_data: Path) -> None:
    data = CaptionedClips(root=str(real_data / "msvd_clips"), num_frames=4, frame_rate=2, image_size=16)
    part = data.part("train")
    assert sum(len(data.sentences_on(film)) for film in data.found.films) == 395
    assert part[torch.arange(2)].batch.videos.shape == (2, 3, 4, 16, 16)
