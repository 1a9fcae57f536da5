"""Every verb on what users have made: it works, or it says in a line what their kind has not. There is no trace."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
import torch
from PIL import Image

from gan_cli.__main__ import main
from gan_cli.media.medium import Medium
from tests.plugins.conftest import CADENCE, PLUGINS, Plugin, Training

WITHOUT_CPU = ("report", "compare", "list", "data")
Gan = Callable[..., str]


@pytest.fixture
def gan(training: Training, workdir: Path, capsys: pytest.CaptureFixture[str]) -> Gan:
    """Types a verb with the user's modules; gives what it says, or, where it refuses, its one line."""

    def typed(verb: str, *words: Any, refused: bool = False) -> str:
        device = () if verb in WITHOUT_CPU else ("--trainer.accelerator", "cpu")
        capsys.readouterr()
        code = main([*training.plugin.words(verb), *map(str, words), *device])
        told = capsys.readouterr()
        assert code == (2 if refused else 0), told.err
        assert len(told.err.splitlines()) == int(refused), told.err
        return (told.err if refused else told.out).strip()

    def on_checkpoint(verb: str, *words: Any, refused: bool = False) -> str:
        return typed(verb, *(() if verb in WITHOUT_CPU else ("--ckpt", training.last)), *words, refused=refused)

    return on_checkpoint


def medium_of(training: Training) -> Medium:
    medium: Medium = training.cli.model.medium
    return medium


def pictures_in(path: Path) -> int:
    """Of a film, or of a folder."""
    if path.suffix == ".mp4":
        with av.open(str(path)) as film:
            return sum(1 for _ in film.decode(video=0))
    if path.suffix == ".gif":
        return int(Image.open(path).n_frames)  # type: ignore[attr-defined]
    return len(list(path.iterdir()))


def test_samples_are_a_page_files_or_arrays(training: Training, gan: Gan) -> None:
    gan("sample", "--output", "page.png")
    assert Image.open("page.png").width > 100
    gan("sample", "--num", 5, "--seed", 2, "--format", "files", "--output", "things")
    medium = medium_of(training)
    assert sorted(path.name for path in Path("things").iterdir()) == [
        f"seed00000{k}{medium.suffix}" for k in range(2, 7)
    ]
    gan("sample", "--num", 5, "--seed", 2, "--output", "things.npz")
    content = np.load("things.npz")
    things = torch.from_numpy(content[medium.name])
    assert things.shape == (5, *training.plugin.shape)
    assert content["seeds"].tolist() == [2, 3, 4, 5, 6]
    if medium.suffix == ".obj":
        faces = [line for line in Path("things/seed000002.obj").read_text().splitlines() if line.startswith("f ")]
        assert bool(faces) == bool((things[0] >= 128).any())
        return
    read = torch.stack([medium.read(path) for path in sorted(Path("things").iterdir())])
    assert torch.equal(read, things) if read.dtype == torch.uint8 else torch.allclose(read, things, atol=1e-5)


def test_labels_are_for_who_is_conditional(training: Training, gan: Gan) -> None:
    if training.plugin.field == "videos":
        gan("sample", "--labels", "3,7", "--num", 4, "--output", "a.npz")
        assert np.load("a.npz")["labels"].tolist() == [3, 7, 3, 7]
        gan("interpolate", "--labels", "3,7", "--walks", 2, "--steps", 3, "--output", "walk.png")
        return
    for verb in ("sample", "interpolate", "arithmetic"):
        concept = ("--plus", "1") if verb == "arithmetic" else ()
        told = gan(verb, *concept, "--labels", "1", refused=True)
        assert told == f"gan: labels: this {training.plugin.variant} is not conditional; leave them out"


def test_a_film_of_samples_is_for_what_moves(training: Training, gan: Gan) -> None:
    if training.plugin.field == "videos":
        gan("sample", "--num", 5, "--output", "a.gif")
        assert pictures_in(Path("a.gif")) == training.plugin.shape[1]
        assert Image.open("a.gif").info["duration"] == 1000 // 8 // 10 * 10  # eight frames a second
        return
    assert "a.gif has no ending this verb writes" in gan("sample", "--output", "a.gif", refused=True)


@pytest.mark.parametrize("name", ["walk.png", "walk.gif", "walk.mp4", "walk"])
def test_walks_are_a_page_or_a_film_with_all_of_them(training: Training, gan: Gan, name: str) -> None:
    gan("interpolate", "--walks", 2, "--steps", 3, "--output", name)
    if name == "walk.png":
        assert Image.open(name).width > 100
        return
    moments = training.plugin.shape[1] if training.plugin.field == "videos" else 3
    assert pictures_in(Path(name)) == moments


def test_concepts_are_added(gan: Gan) -> None:
    gan("arithmetic", "--plus", "1,2", "--plus", "3", "--minus", "4", "--output", "sum.png")
    assert Image.open("sum.png").width > 300


def test_nearest_training_things_are_shown(training: Training, gan: Gan, features: str) -> None:
    gan("neighbours", "--samples", 30, "--num", 3, "--features", features, "--cache_dir", "c", "--output", "n.png")
    found = json.loads(Path("n.json").read_text())
    assert set(found["views"]) == {"values", "features of numbers.pt"}
    assert Image.open("n.png").width > 100


def test_the_discriminator_tells_classes_where_there_are_any(training: Training, gan: Gan) -> None:
    if training.plugin.field == "future":
        told = gan("probe", refused=True)
        assert told.startswith(
            "gan: ckpt: the discriminator of TrajectoryGAN judges nothing alone, but beside other things"
        )
        return
    gan("probe", "--labels_per_class", 5, "--output", "probe.json")
    found = json.loads(Path("probe.json").read_text())
    assert found["pixels"]["accuracy"] > found["guessing"]


def test_held_out_things_are_looked_at(training: Training, gan: Gan) -> None:
    told = gan("validate")
    assert "logits/held_out: " in told
    assert ("metric/ade_best_of_20: " in told) == (training.plugin.field == "future")
    again = gan("validate", "--data", training.plugin.data, *training.plugin.tiny.partition(" --model")[0].split())
    assert again.splitlines()[-1].partition(":")[0] == told.splitlines()[-1].partition(":")[0]


def test_scores_are_taken_in_the_features_of_a_file(training: Training, gan: Gan, features: str) -> None:
    plain = gan("test", "--output", "plain.json", "--cache_dir", "c")
    assert "logits/held_out: " in plain
    assert not json.loads(Path("plain.json").read_text())["tables"]
    gan("test", "--features", features, "--num", 20, "--output", "scores.json", "--cache_dir", "c")
    (table,) = json.loads(Path("scores.json").read_text())["tables"]
    assert {"fid", "kid", "precision", "recall", "coverage"} <= set(table["scores"])
    for name in ("inception", "lite0", "classifier"):
        told = gan("test", "--features", name, refused=True)
        assert (
            told == f"gan: features: {name} is for images, and {training.plugin.data} has none; take a TorchScript file"
        )


def test_what_makes_things_from_noise_translates_nothing(training: Training, gan: Gan) -> None:
    told = gan("translate", "--input", "x.png", refused=True)
    assert f"{training.plugin.variant} makes {medium_of(training).name} from noise" in told


def test_the_report_shows_what_the_verbs_make(training: Training, gan: Gan) -> None:
    gan("report", training.last, "--output", "page.html")
    page = Path("page.html").read_text()
    assert page.count("<img") >= 3  # the last grid, walks, neighbours
    assert "No picture by gan" not in page


def test_a_users_variant_and_set_are_listed(training: Training, gan: Gan) -> None:
    told = gan("list")
    for name, module in zip((training.plugin.variant, training.plugin.data), training.plugin.modules, strict=True):
        assert any(line.split()[:1] == [name] and line.endswith(f"({module})") for line in told.splitlines())
    assert "latent_dim" in gan("list", training.plugin.variant)


def test_runs_of_all_users_are_compared(train_once: Callable[[Plugin], Training], workdir: Path) -> None:
    runs = [str(train_once(plugin).run) for plugin in PLUGINS]
    assert main(["compare", *runs, "--output", "page.html"]) == 0
    page = Path("page.html").read_text()
    assert all(plugin.variant.lower() in page for plugin in PLUGINS)


@pytest.mark.parametrize("plugin", PLUGINS, ids=lambda plugin: plugin.variant)
def test_scores_while_training_want_features(plugin: Plugin, workdir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*plugin.words("fit"), *CADENCE.split()]) == 2
    told = capsys.readouterr().err
    assert told.startswith("gan: evaluation: there are no usual features of ")
    assert told.endswith("; leave it out, or type --evaluation.features FILE (TorchScript)\n")


@pytest.mark.parametrize(("variant", "data"), [(0, 1), (1, 2), (2, 0)])
def test_data_of_another_kind_is_refused(
    variant: int, data: int, workdir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    named = [
        word for module in (PLUGINS[variant].modules[0], PLUGINS[data].modules[1]) for word in ("--module", module)
    ]
    assert main(["fit", *named, "--model", PLUGINS[variant].variant, "--data", PLUGINS[data].data]) == 2
    (told,) = capsys.readouterr().err.splitlines()
    assert told.startswith(f"gan: data: {PLUGINS[data].data} yields ")
    assert f"{PLUGINS[variant].variant} learns from " in told
