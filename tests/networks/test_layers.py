from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import normalize

from gan_cli.networks.architectures import Architecture, Design
from gan_cli.networks.heads import Discriminator, ProjectionDiscriminator
from gan_cli.networks.layers import (
    ClassBatchNorm,
    ClassSequential,
    FirstDeconvolution,
    ImageNorm,
    activation,
    class_shares,
    evaluating,
    fan,
    initialise,
    mixes_batch,
    norm_1d,
    norm_2d,
    running_statistics_untouched,
    statistics_held,
    upsampled,
)
from gan_cli.networks.spectral_norm import normalise_spectrally


def test_mixes_batch_knows_batch_normalisation() -> None:
    assert mixes_batch(nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2)))
    assert mixes_batch(ClassBatchNorm(nn.BatchNorm2d(2, affine=False), 3))
    assert not mixes_batch(nn.Sequential(nn.Conv2d(2, 2, 3), nn.GroupNorm(1, 2), nn.InstanceNorm2d(2)))


class Deviation(nn.Module):
    """What a module of a user's looks like that compares the things of a batch."""

    def __init__(self, mixes: bool) -> None:
        super().__init__()
        self.mixes_batch = mixes

    def forward(self, inputs: Tensor) -> Tensor:
        return inputs + inputs.std(0) if self.mixes_batch else inputs


def test_mixes_batch_hears_what_a_module_says_of_itself() -> None:
    assert mixes_batch(nn.Sequential(nn.Linear(2, 2), Deviation(True)))
    assert not mixes_batch(nn.Sequential(nn.Linear(2, 2), Deviation(False)))


@pytest.mark.parametrize("dims", [1, 2, 3])
def test_convolutions_of_any_dimensions_are_initialised_and_divided(dims: int) -> None:
    """Those of sequences, images and volumes alike."""
    kinds: Any = [getattr(nn, f"{name}{dims}d") for name in ("Conv", "ConvTranspose", "BatchNorm")]
    torch.manual_seed(0)
    network: Any = nn.Sequential(kinds[0](20, 20, 3), kinds[1](20, 20, 3), kinds[2](20)).apply(initialise)
    for layer, mean in zip(network, (0, 0, 1), strict=True):
        assert layer.weight.mean().item() == pytest.approx(mean, abs=0.02)
        assert layer.weight.std().item() == pytest.approx(0.02, rel=0.5)
        assert not layer.bias.any()
    normalise_spectrally(network)
    assert [hasattr(layer, "parametrizations") for layer in network] == [True, True, False]


def test_running_statistics_stay_while_the_batch_is_normalised_by_itself() -> None:
    layer: Any = nn.BatchNorm1d(3)
    images = torch.randn(20, 3) * 5 + 2
    with running_statistics_untouched(layer):
        out = layer(images)
    assert torch.allclose(out.mean(0), torch.zeros(3), atol=1e-5)
    assert not layer.running_mean.any()
    assert int(layer.num_batches_tracked) == 0
    layer(images)
    assert layer.running_mean.any()


def test_evaluating_restores_each_mode() -> None:
    network = nn.Sequential(nn.Dropout(), nn.Dropout())
    network[0].eval()
    with evaluating(network):
        assert not any(module.training for module in network.modules())
    assert [module.training for module in network] == [False, True]


def test_activations_at_a_few_points() -> None:
    points = torch.tensor([[-1.0, 0.0, 2.0]])
    assert torch.allclose(activation("relu")(points), torch.tensor([[0.0, 0.0, 2.0]]))
    assert torch.allclose(activation("leaky_relu", 0.1)(points), torch.tensor([[-0.1, 0.0, 2.0]]))
    softplus = torch.log1p(torch.exp(2 * points + 2)) / 2 - 1
    assert torch.allclose(activation("softplus")(points), softplus, atol=1e-6)
    assert torch.allclose(activation("tanh")(points), points.tanh())
    gated = activation("gated")(torch.tensor([[1.0, 2.0, 0.0, 3.0]]))
    assert torch.allclose(gated, torch.tensor([[1.0, 2.0]]).tanh() * torch.tensor([[0.0, 3.0]]).sigmoid())
    assert (fan("gated"), fan("relu")) == (2, 1)


@pytest.mark.parametrize("dims", [1, 2])
def test_layer_norm_has_one_statistic_an_image_and_a_scale_a_channel(dims: int) -> None:
    (layer,) = norm_1d("layer", 6) if dims == 1 else norm_2d("layer", 6)
    assert [tuple(parameter.shape) for parameter in layer.parameters()] == [(6,), (6,)]
    images = torch.randn(4, 6, *[5] * (2 * (dims - 1))) * torch.arange(1, 5).reshape(4, *[1] * (2 * dims - 1)) + 3
    made = layer(images).flatten(1).detach()
    assert torch.allclose(made.mean(1), torch.zeros(4), atol=1e-5)
    assert torch.allclose(made.std(1, correction=0), torch.ones(4), atol=1e-3)
    assert torch.allclose(layer(images[:1]).flatten(1), made[:1], atol=1e-6)


def test_numbers_and_shares_of_classes_are_the_same() -> None:
    labels = torch.tensor([2, 0, 1])
    shares = class_shares(labels, 4)
    assert shares.tolist() == [[0, 0, 1, 0], [1, 0, 0, 0], [0, 1, 0, 0]]
    assert shares.dtype == torch.float32
    assert torch.equal(class_shares(shares, 4), shares)
    assert class_shares(torch.empty(0, dtype=torch.long), 4).shape == (0, 4)


@pytest.mark.parametrize("dims", [1, 2])
def test_batch_norm_by_class_is_each_classs_affine_and_a_mixture_the_mixture(dims: int) -> None:
    torch.manual_seed(0)
    (layer,) = norm_1d("batch", 3, num_classes=4) if dims == 1 else norm_2d("batch", 3, num_classes=4)
    assert isinstance(layer, ClassBatchNorm)
    nn.init.normal_(layer.scale)
    nn.init.normal_(layer.shift)
    maps = torch.randn(5, 3, *[2] * (2 * (dims - 1)))
    ones = [1] * (2 * (dims - 1))
    plain = norm_1d("batch", 3)[0] if dims == 1 else norm_2d("batch", 3)[0]
    normalised = plain(maps)
    labels = torch.tensor([0, 3, 1, 3, 2])
    by_class = [normalised * layer.scale[k].reshape(3, *ones) + layer.shift[k].reshape(3, *ones) for k in range(4)]
    expected = torch.stack([by_class[int(k)][n] for n, k in enumerate(labels)])
    assert torch.allclose(layer(maps, class_shares(labels, 4)), expected, atol=1e-5)
    mixed = layer(maps, torch.tensor([[0.25, 0.0, 0.0, 0.75]]).expand(5, -1))
    assert torch.allclose(mixed, 0.25 * by_class[0] + 0.75 * by_class[3], atol=1e-5)


def test_a_sequence_tells_the_class_to_those_who_ask() -> None:
    torch.manual_seed(0)
    told = ClassBatchNorm(nn.BatchNorm1d(3, affine=False), 2)
    nn.init.normal_(told.shift)
    inner = ClassSequential(nn.Linear(3, 3), told)
    outer = ClassSequential(nn.ReLU(), inner).eval()
    inputs = torch.ones(2, 3)
    assert torch.equal(outer(inputs, torch.eye(2)), told(inner[0](inputs), torch.eye(2)))
    assert ClassSequential(nn.ReLU())(inputs).shape == (2, 3)


NORMALISED: list[Architecture] = ["mlp", "dcgan", "cnn", "resnet", "sngan_resnet"]


def spectral(architecture: Architecture) -> Any:
    torch.manual_seed(0)
    network = ProjectionDiscriminator(Design(architecture, 4, norm="none").body((1, 16, 16)), num_classes=5)
    normalise_spectrally(network)
    return network


def weighty(network: nn.Module) -> list[Any]:
    return [module for module in network.modules() if isinstance(module, nn.Conv2d | nn.Linear)]


def judged(network: nn.Module, times: int) -> None:
    for _ in range(times):
        network(torch.randn(4, 1, 16, 16), torch.arange(4))


@pytest.mark.parametrize("architecture", NORMALISED)
def test_every_weight_is_divided_by_its_largest_singular_value(architecture: Architecture) -> None:
    network = spectral(architecture)
    judged(network, times=20)
    network.eval()
    for layer in weighty(network):  # the head and the embedding of the labels among them
        largest = torch.linalg.matrix_norm(layer.weight.detach().flatten(1), 2).item()
        assert largest == pytest.approx(1 if layer.parametrizations.weight.original.any() else 0, rel=0.05)


@pytest.mark.parametrize("architecture", NORMALISED)
def test_weights_keep_their_initialisation_under_spectral_normalisation(architecture: Architecture) -> None:
    torch.manual_seed(0)
    plain = ProjectionDiscriminator(Design(architecture, 4, norm="none").body((1, 16, 16)), num_classes=5)
    for ours, theirs in zip(weighty(spectral(architecture)), weighty(plain), strict=True):
        assert torch.equal(ours.parametrizations.weight.original, theirs.weight)


def test_a_forward_pass_is_one_power_iteration_and_in_eval_mode_none() -> None:
    network = spectral("cnn")
    divisions = [
        (layer.parametrizations.weight.original, layer.parametrizations.weight[0]) for layer in weighty(network)
    ]
    before = [(part._u.clone(), part._v.clone()) for _, part in divisions]
    judged(network.eval(), times=3)
    assert all(torch.equal(part._u, u) for (_, part), (u, _) in zip(divisions, before, strict=True))
    judged(network.train(), times=1)
    for (weight, part), (_, v) in zip(divisions, before, strict=True):
        matrix = weight.detach().flatten(1)
        u: Tensor = normalize(matrix @ v, dim=0)
        assert torch.allclose(part._u, u, atol=1e-5)
        assert torch.allclose(part._v, normalize(matrix.T @ u, dim=0), atol=1e-5)


def test_weights_are_divided_in_float32_whatever_the_autocast(monkeypatch: pytest.MonkeyPatch) -> None:
    """A CPU's products of matrices and vectors stay in float32, a GPU's do not."""
    network, product = spectral("cnn"), torch.mv
    halved: list[bool] = []

    def watched(*factors: Tensor) -> Tensor:
        halved.append(torch.is_autocast_enabled("cpu"))
        return product(*factors)

    monkeypatch.setattr(torch, "mv", watched)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        judged(network, times=1)
    assert halved
    assert not any(halved)


def test_a_divided_discriminator_is_lipschitz_up_to_its_bodys_gain() -> None:
    """Two linear layers of norm 1 with leaky ReLUs between: no two points are further apart after than before."""
    torch.manual_seed(0)
    network = Discriminator(Design("mlp", 16, depth=3, norm="none").body((2,)))
    normalise_spectrally(network)
    for _ in range(20):
        network(torch.randn(4, 2))
    one, other = torch.randn(200, 2) * 3, torch.randn(200, 2) * 3
    with evaluating(network):
        apart = (network(one) - network(other)).abs()
    assert bool((apart <= (one - other).norm(dim=1) * 1.01).all())


@pytest.mark.parametrize("affine", [True, False])
def test_an_image_norm_takes_each_images_own_statistics(affine: bool) -> None:
    images = torch.randn(4, 3, 8, 8) * 5 + 2
    alone = ImageNorm(3, affine)(images)
    assert torch.allclose(alone, nn.InstanceNorm2d(3)(images), atol=1e-5)
    assert torch.allclose(alone[:1], nn.BatchNorm2d(3)(images[:1]), atol=1e-5)  # the same at batch size 1


def test_held_statistics_are_those_of_the_first_pass() -> None:
    network = ImageNorm(3)
    whole = torch.randn(1, 3, 8, 8)
    brighter = whole + 1
    with statistics_held(network):
        first = network(whole)
        assert torch.allclose(network(whole[..., :4]), first[..., :4])
        assert torch.allclose(
            network(brighter) - first, torch.ones(1) / whole.std((2, 3), correction=0)[..., None, None]
        )
    assert torch.allclose(network(brighter), first, atol=1e-5)  # each by its own again


@pytest.mark.parametrize("kernel", [3, 4])
@pytest.mark.parametrize("how", ["deconvolution", "resize"])
def test_upsampling_doubles_the_sides(how: Any, kernel: int) -> None:
    assert nn.Sequential(*upsampled(2, 5, how, kernel))(torch.randn(1, 2, 6, 4)).shape == (1, 5, 12, 8)


def test_a_resized_map_has_no_checkerboard() -> None:
    """Of a constant map a convolution makes a constant one; a deconvolution with a 3x3 kernel does not."""
    spread = {
        how: float(nn.Sequential(*upsampled(1, 1, how, 3))(torch.ones(1, 1, 8, 8))[..., 4:-4, 4:-4].detach().std())
        for how in ("deconvolution", "resize")
    }
    assert spread["resize"] < 1e-6 < 1e-3 < spread["deconvolution"]


@pytest.mark.parametrize("bias", [False, True])
def test_a_first_deconvolution_is_compiled_as_a_matrix_product(bias: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    layer, inputs = FirstDeconvolution(3, 5, 4, bias=bias), torch.randn(2, 3, 1, 1)
    expected = layer(inputs)
    monkeypatch.setattr(torch.compiler, "is_compiling", lambda: True)
    with monkeypatch.context() as patch:
        patch.setattr(nn.ConvTranspose2d, "forward", None)
        torch.testing.assert_close(layer(inputs), expected)
