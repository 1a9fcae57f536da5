"""Networks that tell what generated things are, so that directions can be learned from their answers."""

from collections.abc import Callable
from pathlib import Path

from torch import Tensor

from gan_cli.data import GANDataModule
from gan_cli.errors import UserError
from gan_cli.evaluation.collections import has_classes
from gan_cli.evaluation.measuring import features_for
from gan_cli.inference.directions.samples import Judge
from gan_cli.metrics.feature_networks import FeatureNetwork
from gan_cli.metrics.features import TorchScript
from gan_cli.variants.base import AdversarialModule


def judge_of(
    model: AdversarialModule, data: Callable[[], GANDataModule], name: str | None = None, folder: Path = Path()
) -> Judge:
    """The network with this name as a judge of what a model makes.

    Args:
        model: The variant; the judge computes where it does.
        data: Gives the set whose classes a classifier tells.
        name: A TorchScript file that makes a number for each kind (uint8 [N, C, H, W] to floats [N, K]), or one number
            that is above 0 for the second of two; `classifier`, or None, is trained on the data set.
        folder: Where classifiers are kept.

    Raises:
        UserError: If the set has no classes, or the file holds no network.
    """
    if name in (None, "classifier"):
        return _classifier(model, data(), folder)
    if not Path(name).is_file():
        raise UserError(f"judge: {name} is no file; take classifier, or a TorchScript file")
    return Judge(_answers(model, TorchScript(Path(name))), ())


def _classifier(model: AdversarialModule, data: GANDataModule, folder: Path) -> Judge:
    if not has_classes(data):
        raise UserError(
            f"method: {data.name} has no classes to learn directions to; type --judge FILE.pt, --table FILE.csv, or "
            "--positive and --negative"
        )
    names = data.facts.get("class_names") or range(data.facts["num_classes"])
    return Judge(_answers(model, features_for(data, "classifier", folder)), tuple(map(str, names)))


def _answers(model: AdversarialModule, network: FeatureNetwork) -> Callable[[Tensor], Tensor]:
    def answers(things: Tensor) -> Tensor:
        rows = network.to(model.device).rows(things)
        return rows.features if rows.logits is None else rows.logits

    return answers
