"""CUT's losses beside the formulas of the authors' code, by their own ways: flipped maps, and each half by itself."""

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.nn.functional import cross_entropy, normalize

from gan_cli.batches import UnpairedBatch
from gan_cli.errors import UserError
from gan_cli.evaluation.translation import tasks
from gan_cli.seeding import Rows
from gan_cli.variants import CUT
from gan_cli.variants.base import Place
from tests.inference.translators import cut, gan, picture, saved
from tests.networks.counting import count
from tests.toys import FewUnpaired, passes_of

TINY: dict[str, Any] = {
    "image_size": 32,
    "base_channels": 2,
    "num_blocks": 2,
    "patch_size": 16,
    "num_patches": 20,
    "projection_dim": 8,
}


def model_and_batch(**arguments: Any) -> tuple[Any, UnpairedBatch]:
    torch.manual_seed(0)
    model: Any = CUT(**{**TINY, **arguments})
    model.watch = lambda *_: None
    model._place = Place(Rows(0, 2, 2), model.seed, 0)
    for weights in model.generator.parameters():
        if weights.ndim > 1:
            torch.nn.init.xavier_normal_(weights)  # the first weights are so small that all patches look alike
    a, b = torch.rand(2, 2, 3, 32, 32) * 2 - 1
    return model, UnpairedBatch(a, b)


def contrast(model: Any, source: Tensor, made: Tensor, flipped: bool = False) -> Tensor:
    """PatchNCE as the authors write it: places of flipped maps, an image and a layer after the other."""
    encoder, _, projections = model.generator.values()
    layers = []
    pairs = zip(encoder(source), encoder(made), projections.projections, strict=True)
    for number, (key_maps, query_maps, project) in enumerate(pairs):
        query_maps = query_maps.flip(3) if flipped else query_maps
        places = model._places(number, *key_maps.shape[2:])
        keys, queries = (
            normalize(project(maps.permute(0, 2, 3, 1).flatten(1, 2)[:, places]), dim=2)
            for maps in (key_maps, query_maps)
        )
        right = torch.arange(len(places))
        layers += [cross_entropy(q @ k.T / 0.07, right) for q, k in zip(queries, keys, strict=True)]
    return torch.stack(layers).mean()


def test_the_losses_are_the_authors_and_both_halves_weigh_half() -> None:
    model, (a, b) = model_and_batch(lambda_nce=3.0)
    made_a, made_b = model(a, "a2b"), model(b, "a2b")
    shared = model.shared(UnpairedBatch(a, b))
    losses = model.generator_losses(shared)
    expected = {
        "adversarial": (model.discriminator(made_a) - 1).square().mean(),
        "contrast": 3 * contrast(model, a, made_a) / 2,
        "identity": 3 * contrast(model, b, made_b) / 2,
    }
    assert losses.keys() == expected.keys()
    for name, value in expected.items():
        assert torch.allclose(losses[name], value, atol=1e-5), name
    told_apart = ((model.discriminator(b) - 1).square().mean() + model.discriminator(made_a).square().mean()) / 2
    assert torch.allclose(model.discriminator_losses(shared)["adversarial"], told_apart, atol=1e-6)


def test_without_the_identity_half_nothing_is_made_of_the_second_domain() -> None:
    model, (a, b) = model_and_batch(lambda_nce=3.0, identity=False)
    made = passes_of(model.generator["decoder"])
    losses = model.generator_losses(model.shared(UnpairedBatch(a, b)))
    assert [len(maps) for maps, _ in made] == [2]
    assert losses.keys() == {"adversarial", "contrast"}
    assert torch.allclose(losses["contrast"], 3 * contrast(model, a, made[0][1]), atol=1e-5)


def test_a_weight_of_0_compares_nothing() -> None:
    model, batch = model_and_batch(lambda_nce=0.0)
    encoded = passes_of(model.generator["encoder"])
    assert model.generator_losses(model.shared(batch)).keys() == {"adversarial"}
    assert [len(images) for images, _ in encoded] == [2]


def test_mirrored_images_are_compared_with_the_source_at_mirrored_places(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(CUT, "_flips", True)
    model, (a, b) = model_and_batch(identity=False, flip_equivariance=True)
    shared = model.shared(UnpairedBatch(a, b))
    assert torch.equal(shared.made, model(a.flip(3), "a2b"))
    losses = model.generator_losses(shared)
    assert torch.allclose(losses["contrast"], contrast(model, a, shared.made, flipped=True), atol=1e-5)
    assert not torch.allclose(losses["contrast"], contrast(model, a, shared.made), atol=1e-3)


def test_one_batch_in_two_is_mirrored_whatever_was_drawn_before() -> None:
    model, _ = model_and_batch(flip_equivariance=True)
    plain, _ = model_and_batch()

    def flips(model: Any, batch: int) -> bool:
        model.counters.batches = batch
        return bool(model._flips)

    seen = [flips(model, batch) for batch in range(200)]
    torch.rand(3)
    assert [flips(model, batch) for batch in range(200)] == seen
    assert 70 < sum(seen) < 130
    assert not any(flips(plain, batch) for batch in range(200))


def test_places_are_drawn_anew_for_each_batch_and_layer_and_none_twice() -> None:
    model, _ = model_and_batch()
    drawn = []
    for batch, layer in ((0, 0), (0, 1), (1, 0)):
        model.counters.batches = batch
        drawn.append(model._places(layer, 8, 8).tolist())
    assert all(len(places) == len(set(places)) == 20 for places in drawn)
    assert len({tuple(places) for places in drawn}) == 3
    assert sorted(model._places(0, 4, 4).tolist()) == [*range(16)]  # all of a smaller map's


def test_one_optimizer_moves_the_generator_with_its_projections() -> None:
    model, _ = model_and_batch()
    model._trainer = type("Trainer", (), {"precision_plugin": None})()
    (group,) = model.make_optimizer("generator").param_groups
    assert sum(weights.numel() for weights in group["params"]) == count(model.generator)
    assert count(model.generator["projections"]) > 0


def test_both_domains_have_the_channels_of_the_one_encoder() -> None:
    with pytest.raises(UserError, match=r"one encoder of CUT sees images of both domains, and these have 1 and 3"):
        CUT(**TINY, source_channels=1)


def test_the_only_direction_is_scored_and_need_not_be_typed(workdir: Path) -> None:
    model = cut()
    (task,) = tasks(model, FewUnpaired(image_size=32), "test", 10)
    assert (task.direction, task.paired, task.inputs.total) == ("horse2zebra", False, 10)
    picture(Path("a.png"), 50, 34)
    checkpoint = saved(model, Path("cut.ckpt"))
    for name, direction in (("typed", ("--direction", "horse2zebra")), ("untyped", ())):
        gan("--ckpt", checkpoint, *direction, "--input", "a.png", "--output", f"{name}.png")
    assert Path("typed.png").read_bytes() == Path("untyped.png").read_bytes()
    with pytest.raises(UserError, match="direction: zebra2horse is unknown to this model; take horse2zebra"):
        gan("--ckpt", checkpoint, "--direction", "zebra2horse", "--input", "a.png", "--output", "back.png")
