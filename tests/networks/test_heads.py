from typing import Any

import pytest
import torch
from torch import Tensor, nn

from gan_cli.networks.heads import (
    ConcatenationDiscriminator,
    Discriminator,
    LabelledGenerator,
    ProjectionDiscriminator,
)
from gan_cli.networks.layers import ClassBatchNorm, ClassSequential
from tests.toys import passes_of


class Flat(nn.Module):
    """A body whose features are its inputs, laid out in a row."""

    def __init__(self, feature_dim: int) -> None:
        super().__init__()
        self.feature_dim = feature_dim

    def forward(self, images: Tensor) -> Tensor:
        return images.flatten(1)


@pytest.fixture
def images() -> Tensor:
    torch.manual_seed(0)
    return torch.randn(6, 1, 2, 2)


LABELS = torch.tensor([0, 1, 2, 2, 1, 0])


def test_one_output_is_a_row_of_logits_and_several_are_a_table(images: Tensor) -> None:
    one, several = Discriminator(Flat(4)), Discriminator(Flat(4), outputs=3)
    assert one(images).shape == (6,)
    assert several(images).shape == (6, 3)
    assert torch.equal(several(images), several.head(several.features(images)))


def test_outputs_are_made_in_float32_whatever_the_autocast(images: Tensor) -> None:
    one: Any = Discriminator(Flat(4))
    projected: Any = ProjectionDiscriminator(Flat(4), 3)
    for head in (one.head, projected.discriminator.head):
        nn.init.constant_(head.bias, 100)  # of which bfloat16 tells halves
    wanted = one(images), projected(images, LABELS)
    with torch.autocast("cpu", torch.bfloat16):
        found = one(images), projected(images, LABELS)
    assert all(torch.equal(one, other) for one, other in zip(found, wanted, strict=True))


def test_heads_start_small() -> None:
    torch.manual_seed(0)
    head: Any = Discriminator(Flat(10_000)).head
    assert head.weight.std().item() == pytest.approx(0.02, rel=0.05)
    assert not head.bias.any()
    assert Discriminator(Flat(4), bias=False).head.bias is None


def test_projection_adds_the_product_of_features_and_embedding(images: Tensor) -> None:
    discriminator = ProjectionDiscriminator(Flat(4), num_classes=3)
    features = images.flatten(1)
    head: Any = discriminator.discriminator.head
    embedding = discriminator.embedding.weight
    expected = features @ head.weight[0] + head.bias + (features * embedding.T[LABELS]).sum(1)
    assert torch.allclose(discriminator(images, LABELS), expected, atol=1e-6)
    assert not torch.allclose(discriminator(images, LABELS), discriminator(images, (LABELS + 1) % 3), atol=1e-4)


@pytest.mark.parametrize("as_planes", [True, False])
def test_concatenation_shows_the_label_beside_the_image(images: Tensor, as_planes: bool) -> None:
    discriminator = ConcatenationDiscriminator(Flat(16 if as_planes else 7), num_classes=3, as_planes=as_planes)
    passes = passes_of(discriminator.discriminator.body)
    logits = discriminator(images, LABELS)
    ((seen, _),) = passes
    if as_planes:
        assert torch.equal(seen[:, :1], images)
        assert torch.equal(seen[:, 1:].mean(dim=(2, 3)), torch.eye(3)[LABELS])
        assert not seen[:, 1:].std(dim=(2, 3)).any()
    else:
        assert torch.equal(seen, torch.cat([images.flatten(1), torch.eye(3)[LABELS]], dim=1))
    assert logits.shape == (6,)
    assert not torch.allclose(logits, discriminator(images, (LABELS + 1) % 3), atol=1e-4)


@pytest.mark.parametrize("concatenated", [True, False])
def test_a_generator_is_told_numbers_and_shares_alike(concatenated: bool) -> None:
    torch.manual_seed(0)
    network: nn.Module = nn.Linear(5 + 3, 2)
    if not concatenated:
        by_class = ClassBatchNorm(nn.BatchNorm1d(2, affine=False), 3)
        nn.init.normal_(by_class.shift)
        network = ClassSequential(nn.Linear(5, 2), by_class)
    generator = LabelledGenerator(network, num_classes=3, concatenated=concatenated).eval()
    latents = torch.randn(1, 5).repeat(6, 1)
    made = generator(latents, LABELS)
    assert torch.equal(made, generator(latents, torch.eye(3)[LABELS]))
    assert len({tuple(point.tolist()) for point in made}) == 3
    halfway = generator(latents[:1], torch.tensor([[0.5, 0.5, 0.0]]))
    assert torch.allclose(halfway, (made[:1] + made[1:2]) / 2, atol=1e-6)
