"""Which layers read a latent, by which weights, and the directions that follow in closed form."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from gan_cli import load
from gan_cli.errors import UserError
from gan_cli.inference.directions.found import by_weights
from gan_cli.inference.directions.places import place_in
from gan_cli.inference.directions.readers import readings_of
from gan_cli.inference.directions.sefa import factorised, weights_of
from gan_cli.networks.equalised import pixel_norm
from gan_cli.variants import CGAN, DCGAN, SNGAN, CaptionGAN, StackGAN
from gan_cli.variants.base import AdversarialModule
from gan_cli.variants.latent import LatentModule
from tests.conftest import TINY_DCGAN
from tests.tiny_styles import LAYERS, WIDTH
from tests.variant_rows import ROWS, VariantRow


@pytest.mark.parametrize("layers", [None, (0,), (1, 4)])
def test_directions_of_styles_are_the_singular_vectors_of_raw_weights(
    styles_checkpoint: Path, layers: tuple[int, ...] | None
) -> None:
    model: Any = load(styles_checkpoint).model
    network = model.picture_maker(True)
    raw = [layer.style.weight.detach() for layer in (*network.convolutions, network.to_images[-1])]
    assert len(raw) == LAYERS
    chosen = np.concatenate([raw[layer].numpy() for layer in layers or range(LAYERS)]).astype(np.float64)
    columns = (chosen / np.linalg.norm(chosen, axis=1, keepdims=True)).T
    left, singular, _ = np.linalg.svd(columns, full_matrices=True)
    found = by_weights(place_in(model, layers=layers), WIDTH, {})
    np.testing.assert_allclose(found.values, singular**2, rtol=1e-4)
    assert (np.diff(found.values) <= 0).all()
    np.testing.assert_allclose(np.abs(found.vectors.numpy() @ left), np.eye(WIDTH), atol=1e-3)
    assert found.layers == (layers or tuple(range(LAYERS)))


@pytest.mark.parametrize(
    ("model", "first"),
    [
        (lambda: DCGAN(**TINY_DCGAN), lambda layers: layers[0].weight.flatten(1).T),
        (lambda: SNGAN(**TINY_DCGAN), lambda layers: layers[0].weight),
    ],
    ids=["transposed convolution", "linear"],
)
def test_in_z_they_are_those_of_the_first_layer(model: Any, first: Any) -> None:
    made: Any = model().eval()
    weights = weights_of(place_in(made), {})
    torch.testing.assert_close(weights, first(made.generator.layers).detach())


def test_a_class_beside_the_latent_has_no_part() -> None:
    made: Any = CGAN(**TINY_DCGAN, num_classes=10).eval()
    first = next(layer for layer in made.generator.modules() if isinstance(layer, nn.ConvTranspose2d))
    weights = weights_of(place_in(made, classes=(3,)), {})
    assert weights.shape[1] == TINY_DCGAN["latent_dim"]
    torch.testing.assert_close(weights, first.weight.flatten(1).T[:, :8].detach())


class Chunks(nn.Module):
    """The first half of a normed latent makes a map, the second scales it, and what comes after reads neither."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.scale, self.last = nn.Linear(2, 5), nn.Linear(2, 5), nn.Linear(5, 1)

    def forward(self, latents: Tensor) -> Tensor:
        made, scaling = pixel_norm(latents).chunk(2, dim=1)
        scaled: Tensor = self.last(self.first(made) * self.scale(scaling))
        return scaled


def test_all_layers_that_read_a_latent_count_and_no_others() -> None:
    network = Chunks()
    found = readings_of(network, network, torch.randn(1, 4))
    assert [one.places for one in found] == [[0], [0]]
    nothing = torch.zeros(5, 2)
    wanted = [torch.cat(pair, 1) for pair in ((network.first.weight, nothing), (nothing, network.scale.weight))]
    for one, weights in zip(found, wanted, strict=True):
        torch.testing.assert_close(one.weights[0] / 1e4, weights.detach())  # the norm's slope at 0
    assert all(weight.requires_grad and weight.grad is None for weight in network.parameters())
    assert not network.first._forward_hooks


def test_outputs_without_weights_count_for_nothing() -> None:
    rows = torch.randn(7, 3)
    torch.testing.assert_close(factorised(torch.cat([rows, torch.zeros(2, 3)])), factorised(3 * rows))


def test_a_generator_without_a_linear_first_layer_is_refused(monkeypatch: pytest.MonkeyPatch, checkpoint: Path) -> None:
    class Squares(nn.Module):
        def forward(self, latents: Tensor) -> Tensor:
            return latents.square()[:, :1, None, None].expand(-1, -1, 16, 16)

    model: AdversarialModule = load(checkpoint).model
    monkeypatch.setattr(model, "picture_maker", lambda ema: Squares())
    with pytest.raises(UserError, match="method: no linear layer of DCGAN's generator reads z as it is"):
        by_weights(place_in(model), 2, {})


def drawn_by(model: Any) -> int:
    """How many numbers of a latent no layer reads as they are: words, or stage two's condition, are drawn by them."""
    if isinstance(model, CaptionGAN):
        return model.text_length
    return model.condition_dim if isinstance(model, StackGAN) else 0


@pytest.mark.parametrize(
    "row", [row for row in ROWS if issubclass(row.variant, LatentModule)], ids=lambda row: row.name
)
def test_every_variant_that_begins_with_noise_has_directions(row: VariantRow) -> None:
    model: Any = row.make().eval()
    if not model.latent_dim:
        with pytest.raises(UserError, match="makes one thing of each given one, without noise"):
            weights_of(place_in(model), row.given(model, 1))
        return
    classes = range(model.num_classes) if "labels" in model.takes else ()
    if model.LEAPS:  # what codes are drawn by is no input of a layer
        with pytest.raises(UserError, match=r"no linear layer of VQTransformer's generator reads z as it is"):
            weights_of(place_in(model, classes=classes), row.given(model, 1))
        return
    for space in model.SPACES:
        weights = weights_of(place_in(model, space, classes=classes), row.given(model, 1))
        read = weights.norm(dim=0) > 0  # something reads each number, or it is a chance by which something is drawn
        assert (~read).sum() == drawn_by(model)
