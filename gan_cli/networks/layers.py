"""Parts that several networks use, and what the training loop needs to know about them."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Literal, cast

import torch
from torch import Tensor, nn
from torch.nn.functional import batch_norm, instance_norm, one_hot, softplus
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.modules.conv import _ConvNd

Activation = Literal["relu", "leaky_relu", "softplus", "tanh", "gated", "maxout"]
Norm = Literal["batch", "layer", "none"]
Upsampling = Literal["deconvolution", "resize"]


class ShiftedSoftplus(nn.Module):
    """softplus(2x + 2) / 2 - 1: a smooth ReLU through the origin's neighbourhood (Gulrajani et al. 2017, table 1)."""

    def forward(self, inputs: Tensor) -> Tensor:
        """The same shape; values above -1."""
        return softplus(2 * inputs + 2) / 2 - 1


class Gate(nn.Module):
    """tanh of one half of the channels times the sigmoid of the other (van den Oord et al. 2016, arXiv:1606.05328)."""

    def forward(self, inputs: Tensor) -> Tensor:
        """[N, 2C, ...] -> [N, C, ...]."""
        value, gate = inputs.chunk(2, dim=1)
        return torch.tanh(value) * torch.sigmoid(gate)


class GatedLinear(nn.Module):
    """One half of the channels times the sigmoid of the other (Dauphin et al. 2016, arXiv:1612.08083).

    The gradient of torch's own `glu` is contiguous, whatever the layout of the maps.
    """

    def forward(self, maps: Tensor) -> Tensor:
        """[N, 2C, H, W] -> [N, C, H, W]."""
        value, gate = maps.chunk(2, dim=1)
        return value * gate.sigmoid()


class Maxout(nn.Module):
    """The largest of five linear pieces (Goodfellow et al. 2013, "Maxout Networks", arXiv:1302.4389)."""

    PIECES = 5

    def forward(self, inputs: Tensor) -> Tensor:
        """[N, 5C, ...] -> [N, C, ...]."""
        return torch.unflatten(inputs, 1, (self.PIECES, -1)).amax(1)


def activation(kind: Activation, slope: float = 0.2) -> nn.Module:
    """A new layer of the kind; `slope` is LeakyReLU's. "gated" and "maxout" take more channels, see `fan`."""
    if kind == "relu":
        return nn.ReLU()
    if kind == "leaky_relu":
        return nn.LeakyReLU(slope)
    return {"softplus": ShiftedSoftplus, "tanh": nn.Tanh, "gated": Gate, "maxout": Maxout}[kind]()


def fan(kind: Activation) -> int:
    """Channels a layer must make for each channel wanted after the activation."""
    return {"gated": 2, "maxout": Maxout.PIECES}.get(kind, 1)


def norm_2d(kind: Norm, channels: int, num_classes: int = 0) -> list[nn.Module]:
    """The normalisation of maps [N, C, H, W], as a list that is empty for "none".

    "layer" takes one mean and variance per image, with a scale and shift per channel (Gulrajani et al. 2017, section 4,
    as their code reads it): the slope of a critic stays defined image by image.

    Args:
        kind: Which normalisation.
        channels: C.
        num_classes: K; above 0 batch normalisation has a scale and shift for each class.
    """
    if kind == "none":
        return []
    if kind == "layer":
        return [nn.GroupNorm(1, channels)]
    return [
        ClassBatchNorm(nn.BatchNorm2d(channels, affine=False), num_classes) if num_classes else nn.BatchNorm2d(channels)
    ]


def norm_1d(kind: Norm, features: int, num_classes: int = 0) -> list[nn.Module]:
    """The normalisation of vectors [N, F], as `norm_2d` does it for maps."""
    if kind == "none":
        return []
    if kind == "layer":
        return [nn.LayerNorm(features)]
    return [
        ClassBatchNorm(nn.BatchNorm1d(features, affine=False), num_classes) if num_classes else nn.BatchNorm1d(features)
    ]


class ClassBatchNorm(nn.Module):
    """Batch normalisation whose scale and shift depend on the class.

    de Vries et al. 2017, "Modulating early visual processing by language", arXiv:1707.00683; in GANs Miyato and Koyama
    2018, arXiv:1802.05637.

    Args:
        norm: The normalisation without scale and shift.
        num_classes: K.
    """

    takes_classes = True

    def __init__(self, norm: nn.BatchNorm1d | nn.BatchNorm2d, num_classes: int) -> None:
        super().__init__()
        self.norm = norm
        self.scale = nn.Parameter(torch.ones(num_classes, norm.num_features))
        self.shift = nn.Parameter(torch.zeros(num_classes, norm.num_features))

    def forward(self, inputs: Tensor, classes: Tensor) -> Tensor:
        """The same shape as the inputs; `classes` are shares [N, K]."""
        ones = [1] * (inputs.ndim - 2)
        scale, shift = ((classes @ table).unflatten(1, (-1, *ones)) for table in (self.scale, self.shift))
        return cast(Tensor, self.norm(inputs) * scale + shift)


class ImageNorm(nn.Module):
    """Normalisation of each image by its own statistics, in training and after it; nothing is averaged over a run.

    Ulyanov et al. 2016, "Instance Normalization", arXiv:1607.08022.

    Args:
        channels: C.
        affine: Whether a scale and a shift are learned for each channel.
    """

    EPSILON = 1e-5
    SMALL = 2**15
    """Images with fewer numbers than this take less time together than a call for each of them takes."""

    def __init__(self, channels: int, affine: bool = False) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(channels)) if affine else None
        self.bias = nn.Parameter(torch.zeros(channels)) if affine else None
        self.holding = False
        self.held: tuple[Tensor, Tensor] | None = None

    def forward(self, inputs: Tensor) -> Tensor:
        """The same shape, [N, C, H, W], in the same memory layout."""
        if self.holding and self.held is None:
            variance, mean = torch.var_mean(inputs.float(), dim=(0, 2, 3), correction=0)
            self.held = mean, variance
        if self.held is not None:
            return batch_norm(inputs, *self.held, self.weight, self.bias, eps=self.EPSILON)
        if torch.compiler.is_exporting():  # the number of images and the layout stay open
            return instance_norm(inputs, weight=self.weight, bias=self.bias, eps=self.EPSILON)
        # torch's instance_norm gives contiguous maps; of one image its gradient is wrong where a channels_last one
        # comes back to it (torch 2.15 on a CPU).
        if len(inputs) == 1:
            return self._alone(inputs)
        if inputs.is_contiguous():
            return instance_norm(inputs, weight=self.weight, bias=self.bias, eps=self.EPSILON)
        if inputs[0].numel() < self.SMALL:
            return self._together(inputs)
        return torch.cat([self._alone(image) for image in inputs.split(1)])

    def _alone(self, image: Tensor) -> Tensor:
        """A batch of one image, [1, C, H, W], by batch normalisation, which keeps the layout."""
        return batch_norm(image, None, None, self.weight, self.bias, training=True, eps=self.EPSILON)

    def _together(self, inputs: Tensor) -> Tensor:
        """All images at once, with statistics in float32; sums, because a mean's gradient is contiguous."""
        pixels = inputs[0, 0].numel()
        means = inputs.sum(dim=(2, 3), keepdim=True, dtype=torch.float32) / pixels
        centred = inputs.float() - means
        variances = centred.square().sum(dim=(2, 3), keepdim=True) / pixels
        outputs = centred * (variances + self.EPSILON).rsqrt()
        if self.weight is not None and self.bias is not None:
            outputs = outputs * self.weight[:, None, None] + self.bias[:, None, None]
        return outputs.to(inputs.dtype)


@contextmanager
def statistics_held(network: nn.Module) -> Iterator[bool]:
    """Within the block, the first pass of one image sets the statistics of every `ImageNorm`; later passes keep them.

    So the tiles of a large image are normalised alike (Chen et al. 2021, arXiv:2103.11784, thumbnail instance
    normalisation): pass the image reduced first, then its tiles. The block is told whether there are any.
    """
    layers = [module for module in network.modules() if isinstance(module, ImageNorm)]
    for layer in layers:
        layer.holding = True
    try:
        yield bool(layers)
    finally:
        for layer in layers:
            layer.holding, layer.held = False, None


class ClassSequential(nn.Sequential):
    """Layers in sequence; those with `takes_classes` also get the classes."""

    takes_classes = True

    def forward(self, inputs: Tensor, classes: Tensor | None = None) -> Tensor:
        """The last layer's output; `classes` are shares [N, K], None where nothing depends on them."""
        for layer in self:
            told = getattr(layer, "takes_classes", False)
            inputs = layer(inputs, classes) if told else layer(inputs)
        return inputs


def class_shares(labels: Tensor, num_classes: int) -> Tensor:
    """How much of each class is wanted, float [N, K].

    Args:
        labels: int64 [N], or already float shares [N, K], such as those of a walk between two classes.
        num_classes: K.
    """
    return labels if labels.is_floating_point() else one_hot(labels, num_classes).float()


def upsampled(inputs: int, outputs: int, how: Upsampling, kernel: int = 4, bias: bool = True) -> list[nn.Module]:
    """Layers that double height and width, [N, C, H, W] -> [N, C', 2H, 2W].

    Args:
        inputs: C.
        outputs: C'.
        how: A deconvolution of stride 2, or nearest neighbours and a 3x3 convolution, which leaves no checkerboard
            (Odena et al. 2016, "Deconvolution and Checkerboard Artifacts", doi:10.23915/distill.00003).
        kernel: Side of the deconvolution, 3 or 4.
        bias: Whether the layer has a bias.
    """
    if how == "deconvolution":
        return [nn.ConvTranspose2d(inputs, outputs, kernel, 2, 1, output_padding=kernel % 2, bias=bias)]
    convolution = nn.Conv2d(inputs, outputs, 3, padding=1, padding_mode="reflect", bias=bias)
    return [nn.Upsample(scale_factor=2, mode="nearest"), convolution]


class FirstDeconvolution(nn.ConvTranspose2d):
    """A deconvolution of maps of one pixel, which compiled code computes as the matrix product that it is.

    PyTorch's compiler does not know in which memory layout a GPU makes the slopes of such weights (2.11).
    """

    def __init__(self, inputs: int, outputs: int, kernel: int, bias: bool = True) -> None:
        super().__init__(inputs, outputs, kernel, bias=bias)

    def forward(self, inputs: Tensor, output_size: list[int] | None = None) -> Tensor:
        """[N, C, 1, 1] -> [N, C', K, K]."""
        if not torch.compiler.is_compiling():
            return super().forward(inputs, output_size)
        maps: Tensor = (inputs.flatten(1) @ self.weight.flatten(1)).unflatten(1, self.weight.shape[1:])
        return maps if self.bias is None else maps + self.bias[:, None, None]


def in_float32(layer: nn.Module, inputs: Tensor) -> Tensor:
    """A discriminator's last layer, computed in float32 at least, whatever the autocast.

    With the eight bits of bfloat16 a score of 100 is right to a half, which is more than two scores differ by.
    """
    with torch.autocast(inputs.device.type, enabled=False):
        return cast(Tensor, layer(inputs.to(torch.promote_types(inputs.dtype, torch.float32))))


def forgo_missing_biases(network: nn.Module) -> None:
    """Has a network go on without the biases that a checkpoint does not have, so that it is what it was.

    For networks whose convolutions had fewer of them in earlier versions.
    """
    network.register_load_state_dict_pre_hook(_forgo)


def _forgo(network: nn.Module, weights: Mapping[str, Tensor], prefix: str, *_: Any) -> None:
    for name, layer in network.named_modules():
        if isinstance(layer, _ConvNd) and layer.bias is not None and f"{prefix}{name}.bias" not in weights:
            layer.bias = None


def initialise(module: nn.Module) -> None:
    """Weights from N(0, 0.02), a normalisation's scale from N(1, 0.02), their biases 0; for `Module.apply`.

    Radford et al. 2016, arXiv:1511.06434, section 4; pix2pix and CycleGAN keep it.
    """
    if isinstance(module, _ConvNd | nn.Linear):
        nn.init.normal_(module.weight, 0.0, 0.02)
    elif isinstance(module, _BatchNorm | ImageNorm) and module.weight is not None:
        nn.init.normal_(module.weight, 1.0, 0.02)
    elif isinstance(module, ClassBatchNorm):
        nn.init.normal_(module.scale, 1.0, 0.02)
        nn.init.zeros_(module.shift)
    if isinstance(bias := getattr(module, "bias", None), Tensor):
        nn.init.zeros_(bias)


def mixes_batch(network: nn.Module) -> bool:
    """Whether a thing's output depends on the others of its batch: by batch normalisation, or because a module says so.

    A module that compares the things of a batch (minibatch deviation) has an attribute `mixes_batch` that is true.
    """
    return any(isinstance(module, _BatchNorm) or getattr(module, "mixes_batch", False) for module in network.modules())


@contextmanager
def running_statistics_untouched(network: nn.Module) -> Iterator[None]:
    """Within the block, batch normalisation in training mode uses the batch's statistics and keeps the running ones."""
    layers = [module for module in network.modules() if isinstance(module, _BatchNorm) and module.track_running_stats]
    for layer in layers:
        layer.track_running_stats = False
    try:
        yield
    finally:
        for layer in layers:
            layer.track_running_stats = True


@contextmanager
def evaluating(network: nn.Module) -> Iterator[None]:
    """Within the block, the network is in eval mode; afterwards each module is in the mode it had."""
    modes = [(module, module.training) for module in network.modules()]
    network.eval()
    try:
        yield
    finally:
        for module, training in modes:
            module.training = training


def larger(one: Tensor, other: Tensor) -> Tensor:
    """The larger of two numbers everywhere; unlike `torch.maximum`, its slope stays in the memory layout of maps."""
    return other + torch.relu(one - other)
