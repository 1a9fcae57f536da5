"""Scores of a model on a data set: made once, asked as often as wanted, within a run or after it."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import torch
from torch import Tensor

from gan_cli.data import GANDataModule
from gan_cli.data.datamodules import Split
from gan_cli.devices.float32 import true_float32
from gan_cli.errors import UserError
from gan_cli.evaluation.collections import is_paired, of_split
from gan_cli.evaluation.generation import score_samples
from gan_cli.evaluation.measures import Measured
from gan_cli.evaluation.measuring import (
    FOLDER,
    IN_HOLES,
    MOST,
    OF_MAPS,
    OF_PAIRS,
    Real,
    against_training,
    check_enough,
    features_for,
    floor_of,
    is_natural,
    possible,
)
from gan_cli.evaluation.scores import Scores, chosen
from gan_cli.evaluation.segmentation import MapReader, map_reader, reads_maps
from gan_cli.evaluation.translation import SETS, score_translations, tasks
from gan_cli.inference.given import held_out_given
from gan_cli.inference.rendering import takes_labels
from gan_cli.metrics.feature_networks import FeatureNetwork
from gan_cli.networks.layers import evaluating
from gan_cli.variants.base import AdversarialModule
from gan_cli.variants.translation import TranslationModule

REPORTING_SEED = 0
"""Seed of the first sample in a reported score."""
SELECTING_SEED = 1_000_000
"""Seed of the first sample that chooses a best checkpoint; the reported samples would make the report too good."""


class Scorer:
    """Scores models on one data set, with features and real images that are made or read once.

    All processes of a run make one and ask it together; each makes its share of the images, and all get the same
    scores. The model, its training and the global random state are left as they were.

    Args:
        data: The data set; it need not be set up.
        features: The network that makes the features: `inception`, `lite0`, `classifier`, a TorchScript file; None
            takes what is usual for the set.
        num: Largest number of samples; None takes as many as the split has, up to 50,000.
        split: The real images to hold them against.
        metrics: Names of `scores.KINDS`; None takes all that are possible.
        weights: A file of inception's weights.
        folder: Where classifiers, weights and features of real images are kept.

    Raises:
        UserError: If the features cannot be had.
    """

    def __init__(
        self,
        data: GANDataModule,
        features: str | None = None,
        num: int | None = None,
        split: Split = "test",
        metrics: Sequence[str] | None = None,
        weights: Path | None = None,
        folder: Path = FOLDER,
    ) -> None:
        self.data = data
        self.features = features
        self.num = num
        self.split: Split = split
        self.wanted = chosen(metrics)
        self.weights = weights
        self.folder = folder
        self._network: FeatureNetwork | None = None
        self._real: Real | None = None
        self._reader: MapReader | None = None
        self._floors: dict[frozenset[str], Measured] = {}

    @torch.no_grad()
    def prepare(self, model: AdversarialModule) -> set[str]:
        """The wanted measures that a model can have; what they take beside it is made or read, if it is not yet there.

        All processes of a run call it together.

        Args:
            model: On the device that is to compute.

        Raises:
            UserError: If there are too few images, or the features cannot be had.
        """
        with undisturbed(model):
            if not isinstance(model, TranslationModule):
                network, _ = self._beside(model)
                return possible(self.wanted, network, is_natural(self.data), takes_labels(model))[0]
            if "style" in self.data.fields:
                return set()
            beside = IN_HOLES if model.JUDGED_IN else OF_PAIRS
            paired = is_paired(self.data) or model.RECONSTRUCTS
            of_pairs = self.wanted & beside if paired else set()
            of_pairs |= OF_MAPS & self.wanted if self._reader_of_maps() else set()
            network_of_sets, _ = self._features_of_translations(model)
            return of_pairs if network_of_sets is None else of_pairs | self.wanted & SETS

    @torch.no_grad()
    def score(self, model: AdversarialModule, seed: int = REPORTING_SEED) -> list[Scores]:
        """The scores of a model: a table, or one for each direction of a translator; none where there are no features.

        Args:
            model: On the device that is to compute.
            seed: Seed of the first sample, or of a translator's noise.

        Raises:
            UserError: If there are too few images, or the features do not take them.
        """
        if self.features is None and model.medium.features(lambda: True) is None:
            return []
        with undisturbed(model):
            if isinstance(model, TranslationModule):
                return self._of_translator(model, seed)
            return [self._of_generator(model, seed)]

    def _beside(self, model: AdversarialModule) -> tuple[FeatureNetwork, Real]:
        """The network on the model's device, and the real things as it sees them."""
        if self._real is None:
            images = of_split(self.data, self.split).some(self.num or MOST)
            asked = self.num or images.total
            check_enough(min(images.total, asked), "num" if self.num and images.total >= self.num else "data")
            training = of_split(self.data, "train")
            network = self._features_on(model.device)
            self._real = against_training(images, training, self.num or images.total, network, self.folder)
        return self._features_on(model.device), self._real

    def _of_generator(self, model: AdversarialModule, seed: int) -> Scores:
        network, real = self._beside(model)
        return score_samples(
            model,
            network,
            real,
            self._floor,
            self._given(model),
            num=self.num or real.images.total,
            seed=seed,
            wanted=self.wanted,
            natural=is_natural(self.data),
            title=self._title(model),
        )

    def _given(self, model: AdversarialModule) -> dict[str, Tensor]:
        """The inputs of samples beside latents, if the model takes any: those that belong to the real things."""
        assert self._real is not None
        return held_out_given(model, self.data, self.num or self._real.images.total, self.split).shown

    def _floor(self, wanted: set[str]) -> Measured:
        """The scores of real things against other real ones, computed once, however often models are scored."""
        assert self._real is not None
        key = frozenset(wanted)
        if key not in self._floors:
            self._floors[key] = floor_of(self._real, wanted)
        return self._floors[key]

    def _of_translator(self, model: TranslationModule, seed: int) -> list[Scores]:
        asked = tasks(model, self.data, self.split, self.num or MOST)
        if not asked:
            return []
        network, left_out = self._features_of_translations(model)
        return [
            score_translations(
                model,
                network,
                task,
                seed=seed,
                wanted=self.wanted,
                title=f"{self._title(model)}, {task.title}",
                folder=self.folder,
                left_out=left_out,
                reader=self._reader_of_maps(),
            )._replace(direction=task.title)
            for task in asked
        ]

    def _reader_of_maps(self) -> MapReader | None:
        """What reads label maps in images, if these are made of such and it is asked for."""
        if self._reader is None and OF_MAPS & self.wanted and reads_maps(self.data):
            self._reader = map_reader(self.data, self.folder)
        return self._reader

    def _features_of_translations(self, model: TranslationModule) -> tuple[FeatureNetwork | None, list[str]]:
        """The network on the model's device; None where there is no usual one, with the line that says so."""
        if self.features is None and not self.wanted & SETS:
            return None, []  # which no measure asks for
        try:
            return self._features_on(model.device), []
        except UserError as error:
            if self.features is not None:
                raise
            return None, [f"FID, KID and the like: left out. {' '.join(str(error).split())}"]

    def _features_on(self, device: torch.device) -> FeatureNetwork:
        if self._network is None:
            self._network = features_for(self.data, self.features, self.folder, self.weights)
        return self._network.to(device)

    def _title(self, model: AdversarialModule) -> str:
        set_name = f"{self.data.name} {self.split}"
        return f"{type(model).__name__} after {model.counters.batches:,} batches beside {set_name}"


def score(
    model: AdversarialModule,
    data: GANDataModule,
    features: str | None = None,
    num: int | None = None,
    seed: int = REPORTING_SEED,
    split: Split = "test",
    metrics: Sequence[str] | None = None,
) -> list[Scores]:
    """The scores of a model on a data set, once; see `Scorer`."""
    return Scorer(data, features, num, split, metrics).score(model, seed)


@contextmanager
def undisturbed(model: AdversarialModule) -> Iterator[None]:
    """Within the block, the model is in eval mode and computes in true float32, whatever its training does.

    Afterwards its modes, the global random state and what is allowed of TF32 are restored.
    """
    devices = [model.device] if model.device.type == "cuda" else []
    in_float32 = torch.autocast(model.device.type, enabled=False)
    with torch.random.fork_rng(devices=devices), evaluating(model), in_float32, true_float32():
        yield
