"""The parts of the benchmarks that decide and count; what they train takes minutes and is not repeated here."""

import dataclasses
import os
import signal
import sys
import threading
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch
from lightning.pytorch import Trainer

from benchmarks import (
    bare,
    data,
    few_images,
    grid,
    judge,
    learning,
    overhead,
    peers,
    projection,
    robustness,
    runs,
    score,
    semi_supervised,
    speed,
    stacked,
)
from benchmarks.judge import Judge, Scores
from gan_cli import variants
from gan_cli.batches import ImageBatch
from gan_cli.command import catalogue, cli
from gan_cli.data import Digits
from gan_cli.inference.api import TrainedGAN
from gan_cli.media.pictures import to_float
from gan_cli.metrics import features
from gan_cli.metrics.classifier import classify, train_classifier
from gan_cli.metrics.modes import ModeScores
from gan_cli.seeding import Rows
from gan_cli.variants import CGAN, DCGAN, GAN, SGAN, WGANGP, AdversarialModule, StyleGAN2
from gan_cli.variants.base import Counters
from tests import fake_mnist, tiny_styles
from tests.conftest import TINY_FLAGS
from tests.toys import batch_for

SMALL: dict[str, Any] = {"image_size": 16, "image_channels": 1, "base_channels": 4, "latent_dim": 8}
TINY_RUN = runs.Run(
    "tiny",
    "dcgan.yaml",
    name=None,
    settings={
        "model.base_channels": 4,
        "model.latent_dim": 8,
        "data.image_size": 16,
        "data.batch_size": 16,
        "trainer.max_steps": 4,
    },
)
"""The run of the fixture `checkpoint`."""


def made_of(model: AdversarialModule) -> TrainedGAN:
    """A GAN that has learned nothing and needs no file."""
    gan = object.__new__(TrainedGAN)
    gan.model = model.eval()
    gan.data = model.data_facts
    return gan


@pytest.fixture(scope="module")
def hasty_judge(tmp_path_factory: pytest.TempPathFactory) -> Judge:
    return Judge(Digits(image_size=16), tmp_path_factory.mktemp("judge"), steps=100)


# Speed


def test_operations_of_products_are_counted_forward_backward_and_under_a_penalty() -> None:
    values, weights = torch.ones(8, 16, requires_grad=True), torch.ones(16, 4, requires_grad=True)
    product = 2 * 8 * 16 * 4
    counter = speed.FlopCounter()
    with counter:
        (slope,) = torch.autograd.grad((values @ weights).sum(), values, create_graph=True)
        assert counter.flops == 2 * product
        slope.square().sum().backward()
    assert counter.flops == 3 * product  # the slope has one factor only


def test_grouped_convolutions_have_the_operations_of_their_groups() -> None:
    layer, maps = torch.nn.Conv2d(8, 8, 3, padding=1, groups=4, bias=False), torch.rand(2, 8, 6, 6, requires_grad=True)
    with speed.FlopCounter() as counter:
        made = layer(maps)
        forward = counter.flops
        made.sum().backward()
    assert forward == 2 * (2 * 6 * 6) * 8 * (8 // 4) * 3 * 3
    assert counter.flops == 3 * forward


# Runs


@pytest.mark.parametrize(
    ("steps", "seconds", "current", "wanted"),
    [
        (100, 10, True, "leave"),  # finished
        (99, 10, True, "go on"),
        (99, 120, True, "leave"),  # out of time
        (100, 10, False, "start"),  # finished, but under other settings
        (50, 500, False, "start"),
    ],
)
def test_what_is_done_with_a_run(steps: int, seconds: float, current: bool, wanted: str) -> None:
    assert runs.decision(runs.Standing(Path("x"), steps, 100, seconds, current), minutes=2) == wanted


def test_a_run_of_which_nothing_is_saved_starts(tmp_path: Path) -> None:
    assert runs.decision(None, minutes=2) == "start"
    assert runs.standing(TINY_RUN, tmp_path) is None


def test_only_a_run_that_has_not_ended_is_marked() -> None:
    assert runs.Standing(Path("x"), 2500, 4000, 10, True).mark() == " (2,500 / 4,000)"
    assert runs.Standing(Path("x"), 4000, 4000, 10, True).mark() == ""


def test_settings_agree_where_something_is_wanted() -> None:
    had = {"seed": 0, "model": {"init_args": {"pack": 2, "depth": 3, "betas": [0.5, 0.9]}}}
    assert runs.agrees(had, {"model": {"init_args": {"pack": 2, "betas": [0.5, 0.9]}}})
    assert not runs.agrees(had, {"model": {"init_args": {"pack": 1}}})
    assert not runs.agrees(had, {"seed": 0, "trainer": {"max_steps": 10}})


def test_a_run_lays_its_settings_over_the_configs() -> None:
    run = runs.Run("x", "r3gan_grid25.yaml", settings={"model.pack": 2, "trainer.max_steps": 7}, seed=3)
    wanted = runs.wanted_settings(run)
    assert (wanted["seed_everything"], wanted["trainer"]["max_steps"]) == (3, 7)
    assert wanted["model"]["init_args"].items() >= {"pack": 2, "architecture": "mlp"}.items()
    assert runs.family(run) == "r3gan-grid25-bench"
    assert runs.family(run._replace(data="Ring8", name=None)) == "r3gan-ring8"


def test_another_set_is_told_what_it_takes_of_the_configs_arguments() -> None:
    run = runs.Run("x", "cut.yaml", data="UnpairedFolder", root="here", settings={"data.image_size": 32})
    assert runs.wanted_settings(run)["data"] == {"init_args": {"image_size": 32, "batch_size": 1}}  # and no task
    assert runs.wanted_settings(run._replace(data=None))["data"]["init_args"]["task"] == "china2flower"
    elsewhere = runs.Run("x", "perceptual_gan_facades.yaml", root="here")  # a config that names a root of its own
    assert runs.wanted_settings(elsewhere)["data"]["init_args"]["root"] == "here"


def test_the_words_of_a_run() -> None:
    run = runs.Run("x", "gan_grid25.yaml", "pack2-seed3", settings={"model.pack": 2}, seed=3, in_float32=True)
    words = " ".join(runs.command(run, Path("here"), going_on=False))
    assert "fit --config gan_grid25.yaml --seed_everything 3 --name pack2-seed3 --model.pack 2" in words
    assert "--trainer.precision 32-true --trainer.default_root_dir here" in words
    assert "ckpt_path" not in words
    assert runs.command(run, Path("here"), going_on=True)[-2:] == ["--ckpt_path", "last"]


def test_a_checkpoint_says_how_far_its_run_is(checkpoint: Path) -> None:
    root = checkpoint.parents[2]
    found = runs.standing(TINY_RUN, root)
    assert found == runs.Standing(checkpoint, steps=4, of=4, seconds=0.0, current=True)
    longer = TINY_RUN._replace(settings={**TINY_RUN.settings, "trainer.max_steps": 8})
    assert not getattr(runs.standing(longer, root), "current", True)
    assert list(runs.trained([TINY_RUN, longer], root)) == [(TINY_RUN, found)]


def test_what_is_done_is_left_alone(checkpoint: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "command", pytest.fail)
    runs.train([TINY_RUN], checkpoint.parents[2], jobs=1, minutes=1)


def sleeps(*_: Any, **__: Any) -> list[str]:
    return [sys.executable, "-c", "import time; print('here', flush=True); time.sleep(60)"]


def test_a_run_that_takes_too_long_is_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(runs, "command", sleeps)
    start = time.monotonic()
    others = [TINY_RUN._replace(title=f"run {number}", name=f"n{number}") for number in range(2)]
    runs.train(others, tmp_path, jobs=2, minutes=0.02)
    assert time.monotonic() - start < 20
    assert capsys.readouterr().out.count("nothing saved") == 2
    assert (tmp_path / "dcgan-digits-n0.log").read_text() == "here\n"


def test_stopping_the_benchmark_stops_its_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "command", sleeps)
    threading.Timer(1, os.kill, (os.getpid(), signal.SIGTERM)).start()
    with pytest.raises(SystemExit, match="143"):
        runs.train([TINY_RUN], tmp_path, jobs=1, minutes=1)


def test_a_run_that_fails_says_where_to_look(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(runs, "command", lambda *_: [sys.executable, "-c", "raise SystemExit('no')"])
    runs.train([TINY_RUN], tmp_path, jobs=1, minutes=1)
    assert f"failed, see {tmp_path / 'dcgan-digits.log'}" in capsys.readouterr().out


def test_results_are_remembered_until_their_source_is_newer(tmp_path: Path) -> None:
    source, result, calls = tmp_path / "source", tmp_path / "result.json", []
    source.touch()

    def compute() -> int:
        calls.append(1)
        return len(calls)

    assert [runs.remembered(result, [source], compute) for _ in range(2)] == [1, 1]
    later = result.stat().st_mtime_ns + 10**9
    os.utime(source, ns=(later, later))
    assert runs.remembered(result, [source], compute) == 2


# The judge


def test_the_judge_tells_real_images_from_nonsense(hasty_judge: Judge) -> None:
    assert hasty_judge.accuracy() > 0.8
    table = {name: hasty_judge.score(images) for name, images in hasty_judge.baselines()}
    best = table.pop("training reals")
    assert best.nearest < 0.1
    assert best.classes == 10
    assert all(best.frechet < other.frechet for other in table.values())
    assert all(best.coverage > other.coverage for other in table.values())
    assert table["ten repeated images"].spread < 0.2
    assert table["ten repeated images"].coverage < 0.2
    itself = hasty_judge.score(hasty_judge.held_out.images)
    assert (itself.frechet, itself.coverage, itself.nearest) == pytest.approx((0, 1, 1), abs=1e-6)
    assert len(best.cells()) == len(judge.COLUMNS)


def test_copies_of_one_mean_image_are_one_unit_away(hasty_judge: Judge, monkeypatch: pytest.MonkeyPatch) -> None:
    real = hasty_judge._real
    mean = real._replace(features=real.features.mean(dim=0, keepdim=True).expand_as(real.features))
    monkeypatch.setattr(judge, "classify", lambda *_: mean)
    assert hasty_judge.score(hasty_judge.held_out.images).frechet == pytest.approx(1, rel=1e-3)


def test_the_classifier_is_trained_once(hasty_judge: Judge, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = hasty_judge.accuracy()
    (file,) = hasty_judge.sources()
    monkeypatch.setattr(judge, "train_classifier", pytest.fail)
    again = Judge(Digits(image_size=16), file.parent, steps=100)
    assert again.accuracy() == wanted


def test_the_table_of_a_run(hasty_judge: Judge, checkpoint: Path) -> None:
    names = [name for name, _ in score.rows(TrainedGAN(checkpoint), hasty_judge)]
    assert names[:4] == ["this GAN", "this GAN without EMA", "held-out reals", "training reals"]
    assert names[-1] == "an untrained generator"


def test_an_untrained_generator_is_made_anew() -> None:
    torch.manual_seed(5)
    gan = made_of(DCGAN(**SMALL))
    fresh = judge.untrained(gan)
    assert type(fresh.model) is DCGAN
    assert not torch.equal(fresh.sample(2), gan.sample(2))
    assert torch.equal(fresh.sample(2), judge.untrained(gan).sample(2))


# What is measured


def test_the_classes_of_samples_are_those_asked_for() -> None:
    torch.manual_seed(0)
    gan = made_of(CGAN(**SMALL))
    assert torch.equal(judge.samples(gan, 25), gan.sample(25, labels=learning.asked(25).tolist(), batch_size=500))


@pytest.mark.parametrize(("variant", "rows"), [(DCGAN, 8), (CGAN, 10)])
def test_a_sheet_has_a_row_for_each_class(variant: type[AdversarialModule], rows: int) -> None:
    assert learning.sheet(made_of(variant(**SMALL))).shape == (1, 18 * rows + 2, 18 * 16 + 2)


def test_few_reals_are_ten_of_each_class(hasty_judge: Judge) -> None:
    images, labels = learning.few_reals(hasty_judge)
    assert images.shape == (100, 1, 16, 16)
    assert torch.bincount(labels).tolist() == [10] * 10


def test_real_images_pass_as_a_perfect_conditional_generator(
    hasty_judge: Judge, monkeypatch: pytest.MonkeyPatch
) -> None:
    images, labels = hasty_judge.training
    by_label = [images[labels == number] for number in range(10)]

    def reals(gan: TrainedGAN, count: int) -> torch.Tensor:
        return torch.stack([by_label[k % 10][k // 10 % len(by_label[k % 10])] for k in range(count)])

    monkeypatch.setattr(learning, "samples", reals)
    found = learning.by_class(made_of(CGAN(**SMALL)), hasty_judge)
    assert found.conditional_accuracy > 0.9
    assert found.gan_train > 0.8
    assert found.few_and_generated > 0.8


def test_the_number_written_by_three_channels() -> None:
    images, labels = Digits(image_size=16).read(train=True)
    classifier = train_classifier(images, labels, steps=100)
    chosen = torch.tensor([[3, 1, 4], [0, 0, 7], [9, 9, 9]])
    ones = torch.stack([images[labels == number][0] for number in range(10)])
    said = classify(classifier, ones).labels
    wanted = (said[chosen] * torch.tensor([100, 10, 1])).sum(1)
    assert torch.equal(stacked.number_written(classifier, ones[chosen].squeeze(2)), wanted)


def test_the_rows_of_the_grid() -> None:
    names = [[run.name for run in grid.runs_of(title)] for title in grid.CONFIGS]
    assert names[1] == [f"pack2-seed{seed}" for seed in range(5)]
    families = [runs.family(run) for title in grid.CONFIGS for run in grid.runs_of(title)]
    assert len(set(families)) == 25
    assert grid.scores(grid.uniform_noise(0)).modes == 0
    assert grid.uniform_noise(0).abs().max() <= 5
    found: Sequence[ModeScores] = [ModeScores(25, 25, 0.987, 0.01), ModeScores(23, 24, 0.5, 0.204)]
    assert grid.cells(found) == [
        "25 23\n23 .. 25",
        "25 24\n24 .. 25",
        "0.99 0.50\n0.50 .. 0.99",
        "0.01 0.20\n0.01 .. 0.20",
    ]


def test_every_cell_of_the_robustness_table_is_a_model_that_can_be_made() -> None:
    options = robustness.options_of(["--image_size", "16", "--base_channels", "8", "--steps", "30"])
    wanted = robustness.runs_of(options, "Digits")
    assert len(wanted) == len({runs.family(run) for run in wanted.values()}) == 7 * 4
    with torch.device("meta"):
        for (_, objective), run in wanted.items():
            settings = runs.wanted_settings(run)
            assert settings["trainer"]["max_steps"] == (150 if "WGAN" in objective else 30)
            variant = getattr(variants, objective.replace("-", ""))
            variant(image_size=16, image_channels=1, **settings["model"]["init_args"])


def test_random_networks_are_those_of_table_1() -> None:
    drawn = [robustness.drawn(number, 16) for number in range(40)]
    assert drawn[:3] == [robustness.drawn(number, 16) for number in range(3)]
    assert {settings["model.depth"] for _, settings in drawn} == {4, 8, 12, 20}
    assert {settings["model.base_channels"] for _, settings in drawn} == {8, 16, 32}
    assert {"norm in G and D", "norm in neither"} < {title.split(", ")[2] for title, _ in drawn}
    assert all(("model.norm" in settings) == (" D" not in title.split(", ")[2]) for title, settings in drawn)


@pytest.mark.parametrize(
    ("frechet", "spread", "classes", "said"),
    [
        (0.3, 0.9, 10, ""),
        (0.3, 0.9, 9, "9 of 10 classes"),
        (0.7, 0.9, 10, "no digits"),
        (0.3, 0.4, 2, "collapsed"),
        (3.0, 0.4, 2, "collapsed"),
    ],
)
def test_what_a_cell_says(frechet: float, spread: float, classes: int, said: str) -> None:
    scores = Scores(frechet, 0.5, spread, 1.0, classes, 0.0, 0.9)
    assert robustness.verdict(scores, nonsense=0.7) == said


def test_the_robustness_picture_and_its_outcomes() -> None:
    def cell(frechet: float) -> robustness.Cell:
        return robustness.Cell(
            Scores(frechet, 0.5, 0.9, 1.0, 10, 0.0, 0.9), "", torch.zeros(1, 8, 12, dtype=torch.uint8)
        )

    rows = {"one": {"DCGAN": cell(0.6), "WGAN-GP": cell(0.2)}, "two": {"DCGAN": cell(3.0)}}
    drawn = robustness.picture(rows)
    assert drawn.shape == (1, 16, 48)
    assert [int(drawn[0, 0, 12 * column]) for column in range(4)] == [0, 128, 128, 0]
    table = robustness.outcomes(rows)
    assert [list(column.cells) for column in table.columns[1:]] == [
        ["0", "0", "0", "0"],
        ["0", "0", "1", "1"],
        ["1", "1", "0", "0"],
        ["0", "0", "0", "0"],
    ]


def test_the_labelled_images_alone_teach_something() -> None:
    model = SGAN(**SMALL, num_classes=10, augment=("translation",))
    images, labels = Digits(image_size=16).read(train=True)
    few = ImageBatch(to_float(images[:100]), labels[:100])
    network = semi_supervised.supervised(model, few, steps=150, batch_size=32, seed=0)
    held_out = Digits(image_size=16).read(train=False)
    assert semi_supervised.test_accuracy(network, held_out, torch.device("cpu")) > 0.4


# Data


def test_every_source_is_measured_beside_torchvision(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(data, "BATCH", 8)
    monkeypatch.setattr(data, "MADE", 18)  # two batches to train on
    fake_mnist.write(tmp_path / "sets", count=10)
    measured = {
        source.name: data.measure(source, workers=0, rounds=2, seconds=0.01)
        for source in data.sources(str(tmp_path / "sets"), tmp_path / "made", 16)
    }
    assert list(measured) == ["MNIST", "folder, JPEG 178x218", "LSUN, WebP 256x313"]
    assert list(measured["MNIST"]) == ["ours", "torchvision"]
    assert list(measured["LSUN, WebP 256x313"]) == ["ours, none", "ours, memory", "ours, disk", "torchvision"]
    assert all(len(speeds) == 2 and min(speeds) > 0 for ways in measured.values() for speeds in ways.values())


# Speed


def test_blocks_of_fits_steps_and_of_bare_ones_alternate(workdir: Path) -> None:
    words = [*TINY_FLAGS, "--trainer.log_every_n_steps", "3"]
    measured = speed.measure("dcgan", "32-true", rounds=3, seconds=0.01, words=words)
    assert len(measured.fit) == len(measured.bare) == len(measured.waits) == 3
    assert min(measured.fit + measured.bare) > 0
    assert 0 < max(measured.waits) < max(measured.fit)
    assert measured.images == 16
    assert not list(workdir.iterdir())


def test_people_can_be_timed_too(workdir: Path) -> None:
    words = ["--trainer.accelerator", "cpu", "--report", "false", "--data.batch_size", "4"]
    measured = speed.measure("social_gan", "32-true", rounds=1, seconds=0.01, words=words)
    assert min(measured.fit + measured.bare) > 0


def test_bare_steps_teach_both_players_and_leave_the_noise_as_it_was() -> None:
    model = GAN(image_size=16, image_channels=1, base_channels=8, depth=2, n_critic=2, ema_decay=0.9)
    model.seed = 0
    trainer = Trainer(accelerator="cpu", logger=False, enable_checkpointing=False, enable_progress_bar=False)
    model.trainer = trainer
    batch = ImageBatch(torch.rand(8, 1, 16, 16) * 2 - 1, torch.zeros(8, dtype=torch.int64))
    optimizers = [torch.optim.SGD(getattr(model, player).parameters(), lr=0.1) for player in model.players]
    before = {name: value.clone() for name, value in model.state_dict().items()}
    with model.at(Rows(0, 8, 8), seed=0, step=0):
        noise = model.noise("latents", 4)
    loop = bare.BareLoop(model, optimizers, [batch], "32-true")
    loop.steps(1)
    after = model.state_dict()
    assert {name for name in before if not torch.equal(before[name], after[name])} == {
        name for name in before if name.startswith("discriminator.")
    }
    loop.steps(1)
    after = model.state_dict()
    assert all(not torch.equal(before[name], after[name]) for name in before if "num_updates" not in name)
    with model.at(Rows(0, 8, 8), seed=0, step=0):
        assert torch.equal(model.noise("latents", 4), noise)


def test_bare_steps_have_the_lazy_penalties_of_a_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    model = StyleGAN2(**tiny_styles.TINY, r1_interval=2, path_interval=3, lambda_path=1.0)
    batch = batch_for(model, count=4)
    optimizers = [torch.optim.SGD(getattr(model, player).parameters(), lr=0.0) for player in model.players]
    taken = []

    def noted(name: str, losses: Any, batch: ImageBatch) -> Any:
        taken.append(name)
        return losses(batch)

    for name in ("discriminator_r1_losses", "generator_path_losses"):
        monkeypatch.setattr(model, name, partial(noted, name, getattr(model, name)))
    bare.BareLoop(model, optimizers, [batch], "32-true").steps(6)
    assert sorted(taken) == ["discriminator_r1_losses"] * 3 + ["generator_path_losses"] * 2
    assert model.counters.batches == 0


def test_every_variant_has_its_speed_measured() -> None:
    assert {name.replace("_", "") for name in speed.variants()} == {name.lower() for name in catalogue.variants()}


# Overhead


def test_a_step_of_one_layer_is_measured_beside_an_empty_one(workdir: Path) -> None:
    words = ["--trainer.accelerator", "cpu", "--report", "false"]
    measured = overhead.overhead("wgan_gp", rounds=2, seconds=0.01, words=words)
    assert len(measured.fit) == len(measured.bare) == 2
    assert measured.images == 4
    empty = overhead.empty_step(epochs=1)
    assert 0 < empty < min(measured.fit)
    assert overhead.table({"wgan_gp": measured}, empty).row_count == 1
    assert not list(workdir.iterdir())


def test_players_of_one_layer_take_and_give_what_the_real_ones_do() -> None:
    model = DCGAN(**SMALL, ema_decay=0.9)
    overhead.OneLayerPlayers().setup(Trainer(logger=False, enable_checkpointing=False, devices=1), model, "fit")
    made = model(torch.randn(3, 8), ema=False)
    assert made.shape == (3, 1, 16, 16)
    assert model.discriminator(made).shape == (3,)
    assert model.ema is not None
    assert model.ema.network.state_dict().keys() == model.generator.state_dict().keys() == {"0.weight", "0.bias"}


# Peers

TINY_PEERS = {name: peer._replace(width=2, batches=2 * peer.n_critic) for name, peer in peers.SMALL.items()}


@pytest.mark.parametrize("name", peers.SMALL)
def test_a_plain_script_goes_on_exactly_where_it_was_left(name: str, tmp_path: Path) -> None:
    part = Digits(image_size=32).part("train")
    peer = TINY_PEERS[name]
    whole = peers.trained(peer, 3, part, tmp_path / "whole.pt")
    peers.trained(peer._replace(batches=peer.n_critic), 3, part, tmp_path / "parts.pt")
    resumed = peers.trained(peer, 3, part, tmp_path / "parts.pt")
    for one, other in zip(whole.maker.parameters(), resumed.maker.parameters(), strict=True):
        assert torch.equal(one, other)


def test_plain_scripts_see_the_batches_of_gan_fit_and_have_as_many_weights() -> None:
    data = Digits(image_size=32, batch_size=peers.BATCH_SIZE)
    data.setup("fit")
    loader = iter(data.train_dataloader())  # of seed 0, as a run has it
    for number in range(3):
        assert torch.equal(data.on_device(next(loader)).real, peers.batch_at(data.part("train"), 0, number))
    for peer, variant in ((peers.SMALL["dcgan"], DCGAN), (peers.SMALL["wgan_gp"], WGANGP)):
        plain = peer.plain(1, 4, 32, 1e-3)
        ours = variant(image_size=32, image_channels=1, base_channels=4, latent_dim=peer.settings["model.latent_dim"])
        for one, other in ((plain.maker, ours.generator), (plain.judge, ours.discriminator)):
            assert sum(p.numel() for p in one.parameters()) == sum(p.numel() for p in other.parameters())


def test_the_table_of_peers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def in_process(wanted: Sequence[runs.Run], folder: Path, *, jobs: int, minutes: float) -> None:
        for run in wanted:
            cli.GANCLI(args=runs.command(run, folder, going_on=False)[3:])

    monkeypatch.setattr(runs, "train", in_process)
    monkeypatch.setattr(peers, "SMALL", TINY_PEERS)
    monkeypatch.setattr(peers, "SAMPLES", 40)
    monkeypatch.setattr(features, "STEPS", 3)
    fake_mnist.write(tmp_path / "sets", count=80)
    folder = tmp_path / "runs"
    peers.main(["--root", str(tmp_path / "sets"), "--folder", str(folder), "--seeds", "1", "--only", "wgan_gp"])
    told = capsys.readouterr().out
    for row in ("plain script", "gan fit, without the moving average", "gan fit ", "training reals", "pixel marginals"):
        assert row in told
    assert (folder / "peers-wgan_gp.png").is_file()


# Few images


def test_a_run_of_some_thousand_images_says_how_many_batches_it_has() -> None:
    settings = {"length": "1 kimg", "trainer": {"max_steps": -1}, "data": {"init_args": {"batch_size": 16}}}
    for batches, wanted in ((10, 63), (63, 63)):
        counters = {**dataclasses.asdict(Counters()), "batches": batches, "images": 16 * batches}
        assert runs._batches_of(settings, {"counters": counters}) == wanted


def test_overfitting_is_read_from_the_last_look_at_held_out_images(tmp_path: Path) -> None:
    metrics = tmp_path / "metrics.csv"
    lines = ["logits/real,logits/held_out,logits/fake", "9,,9", ",9,", "2.5,,-2", "1.5,,-2", ",1,", "7,,7"]
    metrics.write_text("\n".join(lines), "utf-8")
    assert few_images.overfitting(metrics) == 0.25
    metrics.write_text("\n".join([lines[0].replace("held_out", "other"), *lines[1:]]), "utf-8")
    assert few_images.overfitting(metrics) is None


def test_copies_of_one_thing_reach_little() -> None:
    reals = torch.arange(10.0)[:, None]
    assert few_images.reached(reals, reals) == 1.0
    assert few_images.reached(reals[:1].repeat(10, 1), reals) == 0.1


def test_the_rows_of_a_projection(checkpoint: Path) -> None:
    targets = torch.arange(2, dtype=torch.uint8).view(2, 1, 1, 1).expand(2, 1, 16, 16) * 100
    rows = dict(projection.pictures(TrainedGAN(checkpoint), targets, targets, steps=2))
    assert list(rows) == ["the mean training image", "z"]
    assert bool((rows["the mean training image"] == 50).all())
    assert rows["z"].shape == targets.shape
