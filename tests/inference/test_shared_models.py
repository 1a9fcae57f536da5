import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
import yaml

import gan_cli
from gan_cli.__main__ import main
from gan_cli.errors import UserError
from gan_cli.inference import checkpoints, hub
from gan_cli.inference.shared_models import CONFIG, WEIGHTS, _exact, _plain
from gan_cli.variants.base import RECORD
from tests.conftest import TINY_FLAGS

huggingface_hub = pytest.importorskip("huggingface_hub")


@pytest.fixture(scope="module")
def shared(checkpoint: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model folder of the tiny run, whose scores stand in its card."""
    run = tmp_path_factory.mktemp("scored") / "dcgan-digits" / "version_0"
    shutil.copytree(checkpoint.parent, run)
    protocol = {"features": "classifier", "weights": "abc", "num": 64, "num_real": 64, "kind": "own"}
    table = {
        "title": "DCGAN",
        "protocol": protocol,
        "scores": {"fid": {"value": 12.5, "deviation": None, "floor": 1.0}},
    }
    scores = {"checkpoint": "/home/me/last.ckpt", "batches": 4, "split": "test", "tables": [table]}
    (run / "metrics.json").write_text(json.dumps(scores))
    folder = run.parents[1] / "digits-dcgan"
    gan_cli.share(run / "last.ckpt", folder, licence="mit")
    return folder


@pytest.fixture
def folder(shared: Path, tmp_path: Path) -> Path:
    """A copy that may be spoilt."""
    return Path(shutil.copytree(shared, tmp_path / "model"))


def changed(folder: Path, change: Any) -> None:
    told = json.loads((folder / CONFIG).read_text())
    change(told)
    (folder / CONFIG).write_text(json.dumps(told))


def test_a_folder_makes_what_its_checkpoint_makes(shared: Path, checkpoint: Path) -> None:
    one, other = gan_cli.load(checkpoint), gan_cli.load(shared)
    assert torch.equal(one.sample(8, seed=3), other.sample(8, seed=3))
    assert torch.equal(one.interpolate([1, 2]), other.interpolate([1, 2]))


def test_the_card_is_read_by_the_hub(shared: Path) -> None:
    text = (shared / "README.md").read_text()
    head = yaml.safe_load(text.split("---\n")[1])
    assert (head["library_name"], head["license"], head["datasets"]) == ("gan-cli", "mit", ["digits"])
    card = huggingface_hub.ModelCard(text)
    (result,) = card.data.eval_results
    assert (result.metric_type, result.metric_value, result.dataset_name) == ("fid", 12.5, "Digits")
    assert card.data.pipeline_tag == "unconditional-image-generation"


def test_the_card_tells_where_all_comes_from(shared: Path) -> None:
    text = (shared / "README.md").read_text()
    for said in ("arXiv:1511.06434", "CC BY 4.0", "`dcgan-digits/version_0/last.ckpt`", "| FID | 12.5 | 1 |"):
        assert said in text
    assert "gan fit --config training.yaml --seed_everything 0" in text
    for path in [line.partition("](")[2].rstrip(")") for line in text.splitlines() if line.startswith("![")]:
        assert (shared / path).is_file()
    assert list(shared.glob("samples/*.png"))


def test_the_card_tells_where_imported_weights_are_from(checkpoint: Path, tmp_path: Path) -> None:
    content = torch.load(checkpoint, weights_only=True)
    told = {"format": "biggan", "files": {"G.pth": "ab12"}, "licence": "MIT", "source": "https://example.org"}
    content[RECORD]["imported"] = told
    torch.save(content, tmp_path / "last.ckpt")
    gan_cli.share(tmp_path / "last.ckpt", tmp_path / "model")
    text = (tmp_path / "model" / "README.md").read_text()
    assert "- imported from: G.pth (biggan)\n- licence: MIT\n- source: https://example.org\n- SHA-256: ab12" in text


def test_nothing_of_the_machine_is_shared(checkpoint: Path, shared: Path) -> None:
    for path in (shared / CONFIG, shared / "README.md", shared / "training.yaml", shared / "metrics.json"):
        assert "/home/me" not in path.read_text()
        assert str(checkpoint.parents[3]) not in path.read_text()


def test_scores_of_another_checkpoint_are_left_out(checkpoint: Path, tmp_path: Path) -> None:
    run = Path(shutil.copytree(checkpoint.parent, tmp_path / "version_0"))
    (run / "metrics.json").write_text(json.dumps({"batches": 3, "tables": [{"scores": {"fid": {"value": 1.0}}}]}))
    gan_cli.share(run / "last.ckpt", tmp_path / "model")
    assert "FID" not in (tmp_path / "model" / "README.md").read_text()
    assert not (tmp_path / "model" / "metrics.json").exists()


def test_the_settings_train_the_run_anew(shared: Path, workdir: Path) -> None:
    words = ["--config", str(shared / "training.yaml"), "--trainer.max_steps", "4", "--report", "false"]
    assert main(["fit", *words]) == 0
    one, other = (
        checkpoints.read(path)["state_dict"]
        for path in (shared / WEIGHTS, workdir / "checkpoints" / "dcgan-digits" / "version_0" / "last.ckpt")
    )
    assert all(torch.equal(one[name], other[name]) for name in other)


def test_a_run_begins_with_a_folder_but_none_goes_on_there(
    shared: Path, workdir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fit = ["fit", "--config", "dcgan.yaml", *TINY_FLAGS, "--trainer.max_steps", "4"]
    assert main([*fit, "--ckpt_path", str(shared)]) == 2
    assert "ckpt_path: a shared model holds no optimizers" in capsys.readouterr().err
    assert main([*fit, "--init", str(shared)]) == 0
    assert "34 of 34 tensors taken" in capsys.readouterr().out


SPOILT: dict[str, tuple[Callable[[Path], Any], str]] = {
    "other weights": (
        lambda path: (path / WEIGHTS).write_bytes((path / WEIGHTS).read_bytes()[:-1] + b"x"),
        "other weights",
    ),
    "cut short": (lambda path: (path / WEIGHTS).write_bytes((path / WEIGHTS).read_bytes()[:-9]), "other weights"),
    "no weights": (lambda path: (path / WEIGHTS).unlink(), r"model\.safetensors is missing"),
    "no config": (lambda path: (path / CONFIG).unlink(), r"config\.json is missing"),
    "no JSON": (lambda path: (path / CONFIG).write_text("{"), "is no JSON"),
    "deep": (lambda path: (path / CONFIG).write_text("[" * 100_000), "is no JSON"),
    "a wrong mark": (lambda path: changed(path, lambda told: told["weights"].update(x={"tuple": 3})), "is no JSON"),
    "of another library": (
        lambda path: (path / CONFIG).write_text('{"model_type": "bert"}'),
        "was not written by gan sh",
    ),
    "no sum": (lambda path: changed(path, lambda told: told.pop("weights")), "no sum of the weights"),
    "another variant": (
        lambda path: changed(path, lambda told: told[RECORD].update(variant="Evil")),
        "is none of gan-cli's",
    ),
    "another class": (
        lambda path: changed(path, lambda told: told[RECORD].update(module="os")),
        "is none of gan-cli's",
    ),
    "other arguments": (lambda path: changed(path, lambda told: told["hyper_parameters"].update(depth="x")), "depth"),
    "an unknown argument": (
        lambda path: changed(path, lambda told: told["hyper_parameters"].update(x=1)),
        "does not fit",
    ),
    "other networks": (
        lambda path: changed(path, lambda told: told["hyper_parameters"].update(base_channels=8)),
        "not fit",
    ),
    "no counters": (lambda path: changed(path, lambda told: told[RECORD].pop("counters")), "counters are missing"),
    "words as counters": (
        lambda path: changed(path, lambda told: told[RECORD]["counters"].update(batches="x")),
        "no whole numbers",
    ),
    "no data": (lambda path: changed(path, lambda told: told[RECORD].update(data=3)), r"data is missing"),
    "no arguments": (lambda path: changed(path, lambda told: told.update(hyper_parameters=3)), "no names with values"),
}


@pytest.mark.parametrize("kind", SPOILT)
def test_a_spoilt_folder_is_refused_in_words(folder: Path, kind: str) -> None:
    spoil, said = SPOILT[kind]
    spoil(folder)
    with pytest.raises(UserError, match=said) as error:
        gan_cli.load(folder).sample(1)
    assert str(error.value).count("\n") <= 2


def test_weights_that_are_a_pickle_are_never_opened_as_one(folder: Path) -> None:
    class RunsCode:
        def __reduce__(self) -> tuple[Any, tuple[str]]:
            return os.mkdir, (str(folder / "executed"),)

    import hashlib
    import pickle

    (folder / WEIGHTS).write_bytes(pickle.dumps(RunsCode()))
    sum_of_it = hashlib.sha256((folder / WEIGHTS).read_bytes()).hexdigest()
    changed(folder, lambda told: told["weights"].update(sha256=sum_of_it))
    with pytest.raises(UserError, match="no weights in the format safetensors"):
        gan_cli.load(folder)
    assert not (folder / "executed").exists()


@pytest.mark.parametrize(
    "value", [(1, (2.5, None)), [float("inf")], {1: "a", (2,): "b"}, {"tuple": [1]}, {"a": {"items": 3}}, "x", True, {}]
)
def test_plain_values_are_the_same_again(value: Any) -> None:
    again = _exact(json.loads(json.dumps(_plain(value), allow_nan=False)))
    assert repr(again) == repr(value)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "to: it is missing"),
        (["--to", "here.txt"], "to: here.txt is a file"),
        (["--to", "."], r"to: . is a folder with other files"),
        (["--to", "new", "--private"], "private: only what is on the hub"),
        (["--to", "hub:nobody"], "to: hub:nobody names no model on the hub"),
    ],
)
def test_what_cannot_be_shared_is_told_and_nothing_is_written(
    words: list[str], said: str, checkpoint: Path, workdir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (workdir / "here.txt").touch()
    assert main(["share", "--ckpt", str(checkpoint), *words]) == 2
    assert said in capsys.readouterr().err
    assert [path.name for path in workdir.iterdir()] == ["here.txt"]


class FakeHub:
    """A hub whose server is the cache: what is uploaded is there for who asks for it."""

    def __init__(self, cache: Path) -> None:
        self.cache = cache

    def create_repo(self, name: str, private: bool, exist_ok: bool) -> None:
        self.private = private

    def upload_folder(self, repo_id: str, folder_path: Path, revision: str | None, commit_message: str) -> None:
        place = self.cache / f"models--{repo_id.replace('/', '--')}"
        shutil.copytree(folder_path, place / "snapshots" / ("1" * 40))
        (place / "refs").mkdir()
        (place / "refs" / "main").write_text("1" * 40)


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The hub's cache, and no network."""
    place = tmp_path / "cache"
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(place))
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(huggingface_hub, "HfApi", lambda: FakeHub(place))
    snapshot = huggingface_hub.snapshot_download
    monkeypatch.setattr(huggingface_hub, "snapshot_download", lambda name, **o: snapshot(name, cache_dir=place, **o))
    return place


@pytest.mark.usefixtures("cache")
def test_what_is_on_the_hub_is_taken_wherever_a_checkpoint_is(
    checkpoint: Path, workdir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["share", "--ckpt", str(checkpoint), "--to", "hub:user/digits"]) == 0
    assert "https://huggingface.co/user/digits\nnext: gan sample --ckpt hub:user/digits" in capsys.readouterr().out
    assert main(["sample", "--ckpt", "hub:user/digits", "--num", "4"]) == 0
    (made,) = workdir.glob("checkpoints/hub/user--digits/pictures/*.png")  # not in the cache
    assert main(["sample", "--ckpt", str(checkpoint), "--num", "4", "--output", "same.png"]) == 0
    assert made.read_bytes() == Path("same.png").read_bytes()
    sampled = gan_cli.load("hub:user/digits@main").sample(4)
    assert torch.equal(sampled, gan_cli.load(checkpoint).sample(4))
    assert main(["interpolate", "--ckpt", "hub:user/digits"]) == 0


@pytest.mark.usefixtures("cache")
def test_pages_are_made_of_what_was_shared(shared: Path, folder: Path, workdir: Path) -> None:
    """Scores and settings come along; what a run alone has is left out, and nothing is written into the cache."""
    hub.upload(shared, "hub:user/digits")
    assert main(["report", "--no_pictures", "hub:user/digits"]) == 0
    pages = [workdir / "checkpoints/hub/user--digits/report.html"]
    assert main(["report", "--no_pictures", str(folder)]) == 0
    pages.append(folder / "report.html")
    for page in pages:
        text = page.read_text()
        assert "12.5" in text
        assert "training.yaml, all of it" in text
        assert "DCGAN" in text
    assert "base_channels" in pages[0].read_text()
    assert main(["compare", str(folder), "hub:user/digits"]) == 0
    assert "user--digits" in Path("compare.html").read_text()
    pytest.importorskip("fastapi")
    from gan_cli.web.known_runs import KnownRuns

    assert [run.name for run in KnownRuns(["hub:user/digits"]).all()] == ["hub/user--digits"]


@pytest.mark.usefixtures("cache", "workdir")
def test_a_page_of_what_the_hub_has_not_is_told_in_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", "hub:user/none"]) == 2
    error = capsys.readouterr().err
    assert error.startswith("gan: run: hub:user/none is not in the cache, and the hub is not reached")
    assert error.count("\n") == 1


@pytest.mark.usefixtures("cache", "workdir")
@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("hub:user/none", "hub:user/none is not in the cache, and the hub is not reached"),
        ("hub:none", "hub:none names no model on the hub"),
        ("hub:-x/y..z", "hub:-x/y..z is no name that the hub knows"),
    ],
)
def test_what_the_hub_has_not_is_told_in_a_line(typed: str, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sample", "--ckpt", typed]) == 2
    error = capsys.readouterr().err
    assert error.startswith(f"gan: ckpt: {said}")
    assert error.count("\n") == 1
    assert not Path("checkpoints").exists()


@pytest.mark.usefixtures("cache")
def test_another_librarys_model_on_the_hub_is_refused(cache: Path, workdir: Path) -> None:
    snapshot = cache / "models--user--bert" / "snapshots" / ("1" * 40)
    snapshot.mkdir(parents=True)
    (snapshot / CONFIG).write_text('{"model_type": "bert"}')
    (cache / "models--user--bert" / "refs").mkdir()
    (cache / "models--user--bert" / "refs" / "main").write_text("1" * 40)
    with pytest.raises(UserError, match="was not written by gan share"):
        gan_cli.load("hub:user/bert")


def test_an_upload_that_is_not_allowed_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    class Refused(huggingface_hub.errors.HfHubHTTPError):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            Exception.__init__(self, "401 Client Error\nmore")
            self.response = SimpleNamespace(status_code=401)

    def refuse(*_: Any, **__: Any) -> None:
        raise Refused

    monkeypatch.setattr(huggingface_hub, "HfApi", lambda: SimpleNamespace(create_repo=refuse))
    with pytest.raises(UserError, match=r"^to: hub:a/b was refused by the hub \(401 Client Error\); hf auth login"):
        hub.upload(tmp_path, "hub:a/b")


def test_without_its_extra_the_hub_is_refused_before_work_is_done(
    checkpoint: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    with pytest.raises(UserError, match=r"^to: the hub needs its client: pip install 'gan-cli\[hub\]'"):
        gan_cli.share(checkpoint, "hub:user/name")
