import pytest
import torch
from torch import nn

from gan_cli.networks.stackgan import (
    ConditioningAugmentation,
    StackedDiscriminator,
    StackGANGenerator,
    StackGANppGenerator,
)
from tests.networks.counting import count


def test_the_stages_have_the_sizes_of_the_authors_code() -> None:
    with torch.device("meta"):
        generator = StackGANGenerator(256, 3, 4, 100, 1024)
        assert count(generator.first) == 10_301_248
        assert count(generator.second) == 26_290_080
        assert count(StackedDiscriminator(64, 3, 4, alone=False)) == 5_715_713
        assert count(StackedDiscriminator(256, 3, 4)) == 71_269_122


def test_the_sizes_at_once_have_those_of_the_authors_code() -> None:
    with torch.device("meta"):
        assert count(StackGANppGenerator(256, 3, 3, 100, 1024)) == 21_239_696
        assert count(StackGANppGenerator(64, 3, 1, 100, 1024)) == 20_600_768
        sizes = [count(StackedDiscriminator(size, 3, 4)) for size in (64, 128, 256)]
        assert sizes == [5_723_906, 18_834_178, 71_269_122]


@pytest.mark.parametrize("gated", [False, True])
def test_a_condition_is_drawn_from_a_distribution_of_either_sign(gated: bool) -> None:
    torch.manual_seed(0)
    augmentation, told = ConditioningAugmentation(8, 4, gated), torch.randn(1, 8)
    drawn, means, log_variances = augmentation(told.expand(20_000, -1), torch.randn(20_000, 4))
    assert torch.allclose(drawn.mean(0), means[0], atol=0.05)
    assert torch.allclose(drawn.var(0), log_variances[0].exp(), rtol=0.05)
    assert torch.allclose(augmentation.mean(told)[0], means[0], atol=1e-6)
    many = augmentation(torch.randn(200, 8), torch.zeros(200, 4))
    assert all(bool((one > 0).any() and (one < 0).any()) for one in (many.mean, many.log_variance))


def test_stage_one_has_no_gradient_while_stage_two_is_trained() -> None:
    generator, latents = StackGANGenerator(16, 1, 2, 8, 8, 4, 4, 1), torch.randn(3, 16, requires_grad=True)
    generator(latents, torch.randn(3, 8), second=True).images[-1].sum().backward()
    assert all(weight.grad is None for weight in generator.first.parameters())
    assert all(weight.grad is not None for weight in generator.second.parameters())
    assert latents.grad is not None
    assert not latents.grad[:, :12].any()
    generator.eval()(latents, torch.randn(3, 8), second=True).images[-1].sum().backward()
    assert latents.grad[:, :12].any()  # so that a latent can be looked for


def test_each_of_several_conditions_has_a_logit_and_the_image_alone_the_last() -> None:
    torch.manual_seed(0)
    discriminator = StackedDiscriminator(16, 1, 4, 4, 4).eval()
    images, told, wrong = torch.randn(3, 1, 16, 16), torch.randn(3, 4), torch.randn(3, 4)
    logits = discriminator(images, told, wrong)
    assert logits.shape == (3, 3)
    assert torch.allclose(discriminator(images, wrong), logits[:, 1:])
    assert torch.allclose(discriminator(images)[:, 0], logits[:, 2])
    without = StackedDiscriminator(16, 1, 4, 4, 4, alone=False)
    assert without(images, told, wrong).shape == (3, 2)


def test_a_discriminators_last_map_is_no_wider_than_eight_times_its_first_layer() -> None:
    with torch.device("meta"):
        widths = {size: StackedDiscriminator(size, 3, 4, 4, 4).head.in_channels for size in (8, 16, 64, 128, 256)}
    assert widths == {8: 4, 16: 8, 64: 32, 128: 32, 256: 32}
    with torch.device("meta"):
        first = next(layer for layer in StackedDiscriminator(28, 1, 7, 4, 4).layers if isinstance(layer, nn.Conv2d))
    assert first.out_channels == 4
