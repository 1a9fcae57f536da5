"""Every variant's contract; a new variant is a new row of `variant_rows.py`.

Training is what these tests spend their time on, and there are many rows: a row is trained once, and what it promises
of that training is asked of the one record of it.
"""

import math
from collections.abc import Callable, Iterator
from itertools import cycle, islice
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import torch
from lightning.pytorch import Callback, Trainer
from torch import Tensor, nn
from torch.utils._pytree import tree_map

from gan_cli import load, variants
from gan_cli.callbacks.evaluation import Evaluation
from gan_cli.callbacks.progress import FitProgress, Throughput, UnreadableFiles
from gan_cli.callbacks.sample_grid import SampleGrid
from gan_cli.callbacks.watchdog import Watchdog
from gan_cli.inference import checkpoints, shared_models
from gan_cli.media.boxes import Boxes
from gan_cli.media.texts import Texts
from gan_cli.variants import AdversarialModule
from gan_cli.variants.base import RECORD
from gan_cli.variants.chosen_networks import ChosenNetworks
from tests.conftest import quiet
from tests.toys import batch_for, passes_of
from tests.variant_rows import LATENT_ROWS, ROWS, VariantRow, as_params
from tests.waiting import NothingWaits

BATCHES, MIDDLE = 12, 8
"""Where a training ends and where it can be gone on with: in its second epoch of 10 batches, and in the middle of the
first, between two steps of a generator that waits for five."""


def state(module: nn.Module) -> dict[str, Tensor]:
    return {name: value.detach().clone() for name, value in module.state_dict().items()}


def same(one: dict[str, Tensor], other: dict[str, Tensor]) -> bool:
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


def finite(tensors: dict[str, Tensor]) -> bool:
    return all(value.isfinite().all() for value in tensors.values() if value.is_floating_point())


def fit(row: VariantRow, folder: Path, batches: int, resume: Path | None = None, **trainer: Any) -> Any:
    """The row's model, trained from the same start each time, with its checkpoints in a folder."""
    torch.manual_seed(0)
    model = row.make()
    data = row.data(image_size=row.image_size, batch_size=16)
    options = {"max_steps": batches, "log_every_n_steps": 4, **trainer}  # to log is a third of a tiny network's batch
    quiet(folder, **options).fit(model, data, ckpt_path=resume)
    return model


class Watch(Callback):
    """Looks at the first two rounds of descents, and keeps the weights after the first.

    Attributes:
        descents: The players, in the order in which they descended.
        wrong: What a descent did that it should not have done, or left undone.
        first_round: The weights when each player had descended.
    """

    def __init__(self, row: VariantRow) -> None:
        self.row = row
        self.descents: list[str] = []
        self.wrong: list[str] = []
        self.first_round: dict[str, Tensor] = {}

    def setup(self, trainer: Trainer, pl_module: Any, stage: str) -> None:
        descend = pl_module._descend

        def watched(player: str, *rest: Any) -> Any:
            if "." in player:  # a further term in a step of its own
                return descend(player, *rest)
            looking = len(self.descents) < 2 * (self.row.n_critic + 1)
            before = {name: state(getattr(pl_module, name)) for name in pl_module.players} if looking else {}
            stepped = descend(player, *rest)
            if looking:
                self.wrong += [
                    f"descent {len(self.descents)}, {player}: {what}" for what in self.look(pl_module, player, before)
                ]
            self.descents.append(player)
            return stepped

        pl_module._descend = watched

    def on_train_batch_end(self, trainer: Trainer, pl_module: Any, *_: Any) -> None:
        if pl_module.counters.batches == self.row.batches_a_round:
            self.first_round = state(pl_module)

    def look(self, model: AdversarialModule, player: str, before: dict[str, dict[str, Tensor]]) -> Iterator[str]:
        if (
            player == "generator" and "discriminator" in model.players
        ):  # which moves nothing of the discriminator's but spectral normalisation's vectors
            for key, value in model.discriminator.state_dict().items():
                if not torch.equal(value, before["discriminator"][key]) and "parametrizations" not in key:
                    yield f"discriminator.{key} is another"
        for name in model.players:
            for key, parameter in getattr(model, name).named_parameters():
                still = f"{name}.{key}".startswith(self.row.still or "nothing")
                rests = still or f"{name}.{key}".endswith(self.row.resting or "nothing")
                if still or name != player or not rests or player not in self.descents:
                    stays = name != player or rests
                    if torch.equal(parameter, before[name][key]) != stays:
                        yield f"{name}.{key} {'moved' if stays else 'stayed'}"
                if not parameter.requires_grad:
                    yield f"{name}.{key} is left frozen"
                if parameter.grad is not None:
                    yield f"{name}.{key} keeps its gradient"


class Training(NamedTuple):
    """A row's one training, uninterrupted.

    Attributes:
        row: What was trained.
        model: As it was at the end.
        weights: The same in numbers.
        folder: Of the run: its `step-*.ckpt` and `last.ckpt`.
        watch: What was seen on the way.
    """

    row: VariantRow
    model: Any
    weights: dict[str, Tensor]
    folder: Path
    watch: Watch


@pytest.fixture(params=as_params(ROWS))
def row(request: pytest.FixtureRequest) -> VariantRow:
    chosen: VariantRow = request.param
    return chosen


def some_rows(*names: str) -> pytest.MarkDecorator:
    """The rows of some names instead of all."""
    chosen = [row for row in ROWS if row.name in names]
    return pytest.mark.parametrize("row", chosen, ids=lambda row: row.name, indirect=True)


@pytest.fixture(scope="module")
def train_once(tmp_path_factory: pytest.TempPathFactory) -> Callable[[VariantRow], Training]:
    """Trains a row when it is first asked to."""
    known: dict[str, Training] = {}

    def training(row: VariantRow) -> Training:
        if row.name not in known:
            folder = tmp_path_factory.mktemp(row.name)
            watch = Watch(row)
            model = fit(row, folder, BATCHES, checkpoint_every=MIDDLE, callbacks=[watch])
            known[row.name] = Training(row, model, state(model), folder, watch)
        return known[row.name]

    return training


@pytest.fixture
def training(row: VariantRow, train_once: Callable[[VariantRow], Training]) -> Training:
    return train_once(row)


def test_every_variant_has_a_row() -> None:
    assert {row.variant.__name__ for row in ROWS} == set(variants.__all__) - {"AdversarialModule"}


def test_pictures_have_the_promised_shape_and_range(row: VariantRow) -> None:
    model = row.make().eval()
    images = row.pictures(model, 3).detach()
    assert images.shape == (3, *row.shape(model))
    if isinstance(model.medium, Boxes):  # as many as there are, the surest first
        images = images[:, 0]
        assert 0 <= float(images[:, :4].min()) <= float(images[:, :4].max()) <= row.image_size
        assert bool((images[:, 2:4] > images[:, :2]).all() and (images[:, 5] <= 1).all())
    elif images.isnan().any():  # of people where there are any
        assert torch.equal(images.isnan().any(-1).any(-1), row.held_out(3).observed.isnan().any(-1).any(-1))
        images = images[:2, :2]
    elif isinstance(model.medium, Texts):
        assert 0 <= int(images.min()) <= int(images.max()) < row.tiny["vocabulary_size"]
    else:
        assert float(images.abs().max()) <= 1
    assert images.float().std() > 0
    assert not torch.equal(images[0], images[1])


def test_the_discriminator_descends_first_and_the_generator_after_n_critic(training: Training) -> None:
    expected = training.row.round_of_descents
    assert training.watch.descents == [*islice(cycle(expected), len(training.watch.descents))]
    rounds, begun = divmod(BATCHES, training.row.batches_a_round)
    assert len(training.watch.descents) == rounds * len(expected) + begun


def test_a_descent_moves_every_weight_of_its_player_and_none_of_the_others(training: Training) -> None:
    assert not training.watch.wrong


def test_same_seed_same_weights(training: Training, tmp_path: Path) -> None:
    assert finite(training.watch.first_round)
    assert same(state(fit(training.row, tmp_path, training.row.batches_a_round)), training.watch.first_round)


def test_nothing_waits_for_the_device_between_two_logs(row: VariantRow, tmp_path: Path) -> None:
    begun = NothingWaits()
    watching = [Throughput(), UnreadableFiles(), Watchdog(), SampleGrid(), Evaluation(), FitProgress()]
    callbacks = [begun, *watching, NothingWaits(begun)]
    fit(row, tmp_path, row.batches_a_round, callbacks=callbacks, log_every_n_steps=1000, enable_progress_bar=True)
    assert begun.batches == row.batches_a_round


def test_losses_are_finite_in_bfloat16_and_computed_in_float32(
    row: VariantRow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    types: dict[str, torch.dtype] = {}
    monkeypatch.setattr(AdversarialModule, "watch", lambda _, name, values: types.update({name: values.dtype}))
    model = fit(row, tmp_path, row.batches_a_round, precision="bf16-mixed")
    assert finite(state(model))
    model.raise_if_not_finite()
    assert any(name.startswith("loss/generator/") for name in types)
    assert {name: kind for name, kind in types.items() if kind != torch.float32} == {}


def test_checkpoint_gives_the_live_models_pictures(training: Training) -> None:
    row, model = training.row, training.model
    loaded = load(training.folder / "last.ckpt")
    assert dict(loaded.model.hparams) == dict(model.hparams)
    for ema in (True, False):
        one, other = row.pictures(model.eval(), ema=ema), row.pictures(loaded.model, ema=ema)
        assert torch.allclose(one, other, rtol=0, atol=0, equal_nan=True)


def test_a_shared_model_gives_the_checkpoints_pictures(training: Training, tmp_path: Path) -> None:
    row, checkpoint = training.row, training.folder / "last.ckpt"
    content = checkpoints.read(checkpoint)
    shared_models.write(content, tmp_path)
    one, other = load(checkpoint), load(tmp_path)
    assert dict(other.model.hparams) == dict(one.model.hparams)  # tuples are tuples again
    assert other.data == one.data
    assert checkpoints.read(tmp_path / shared_models.WEIGHTS)[RECORD] == {**content[RECORD], "shared": True}
    made, again = row.pictures(one.model), row.pictures(other.model)
    assert torch.allclose(made, again, rtol=0, atol=0, equal_nan=True)
    assert same(state(other.model), state(one.model))  # the discriminator's too


def resume(row: VariantRow, folder: Path, checkpoint: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The run that went on to its last batch, in another process as it were."""
    with monkeypatch.context() as elsewhere:
        torch.manual_seed(12345)  # nothing may depend on where the global state stands
        elsewhere.setenv("PL_GLOBAL_SEED", "99")  # nor on the seed of the process that resumes
        resumed = fit(row, folder, BATCHES, resume=checkpoint)
    assert resumed.counters.batches == BATCHES
    assert resumed.seed == 0
    return resumed


def test_resuming_gives_the_weights_of_an_uninterrupted_run(
    training: Training, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    middle = training.folder / f"step-{MIDDLE:08d}.ckpt"
    assert same(state(resume(training.row, tmp_path, middle, monkeypatch)), training.weights)


@some_rows("stylegan2-ada")
def test_what_was_resumed_had_an_augmentation_that_moves(training: Training) -> None:
    """Or nothing of it would be shown by the test above."""
    middle = torch.load(training.folder / f"step-{MIDDLE:08d}.ckpt", weights_only=True)["state_dict"]
    assert 0 < middle["ada.probability"] < training.weights["ada.probability"]
    assert middle["logit_means.weight"] > 0


@some_rows("dcgan", "wgan", "r3gan-dcgan")
@pytest.mark.parametrize("stop", [4, 10, 11])  # in the middle of an epoch, at its end, in the next one
def test_a_run_that_was_stopped_goes_on_as_if_it_had_not_been(
    training: Training, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stop: int
) -> None:
    fit(training.row, tmp_path, stop)
    assert same(state(resume(training.row, tmp_path, tmp_path / "last.ckpt", monkeypatch)), training.weights)


def test_held_out_images_are_measured_and_leave_no_trace(row: VariantRow, tmp_path: Path) -> None:
    model = row.make()
    before = state(model)
    data = row.data(image_size=row.image_size, batch_size=100)
    (results,) = quiet(tmp_path, limit_val_batches=1.0).validate(model, data, verbose=False)
    assert ("logits/held_out" in results) == ("discriminator" in row.variant.players)
    assert all(math.isfinite(value) for value in results.values())
    assert ("metric/accuracy" in results) == row.tells_classes
    assert same(state(model), before)


@some_rows("dcgan", "wgan")
def test_resuming_counts_epochs_as_an_uninterrupted_run_does(row: VariantRow, tmp_path: Path) -> None:
    whole = fit(row, tmp_path, -1, max_epochs=3)
    fit(row, tmp_path, -1, max_epochs=2)
    resumed = fit(row, tmp_path, -1, resume=tmp_path / "last.ckpt", max_epochs=3)
    assert whole.counters.batches == resumed.counters.batches == 30
    assert same(state(resumed), state(whole))


@pytest.mark.parametrize("row", as_params(LATENT_ROWS), indirect=True)
def test_outputs_on_real_images_do_not_depend_on_the_generated_ones(
    row: VariantRow, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the passes of a descent: batch normalisation over both together would give the game away."""
    seen: list[tuple[Tensor, Tensor]] = []
    for times in (0, 9):
        torch.manual_seed(0)
        model = row.make()
        batch = batch_for(model, image_size=row.image_size)
        model.generator.register_forward_hook(
            lambda _, inputs, made, times=times: tree_map(lambda one: one * times, made)
        )
        monkeypatch.setattr(model, "watch_outputs", lambda real, fake: seen.append((real, fake)))
        model.discriminator_losses(model.shared(batch))
    (real, fake), (other_real, other_fake) = seen
    assert torch.equal(real, other_real)
    assert not torch.equal(fake, other_fake)


@pytest.mark.parametrize(
    "row",
    as_params([row for row in LATENT_ROWS if issubclass(row.variant, ChosenNetworks)]),
    indirect=True,
)
def test_a_multiple_of_the_batch_gives_the_generator_as_many_fakes(row: VariantRow) -> None:
    model = row.make(generator_batch_multiple=2)
    batch = batch_for(model)
    passes = passes_of(model.generator)
    shared = model.shared(batch)
    model.discriminator_losses(shared)
    losses = model.generator_losses(shared)
    latents = [inputs for inputs, *_ in passes]
    assert [len(each) for each in latents] == [16, 32]
    assert len({tuple(latent.tolist()) for latent in torch.cat(latents)}) == 48  # no noise is used twice
    assert torch.stack(list(losses.values())).isfinite().all()
