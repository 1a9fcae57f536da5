"""The parts of a set, to train on or held out, indexed by whole batches."""

from abc import ABC, abstractmethod

from torch import Tensor
from torch.utils.data import Dataset

from gan_cli.batches import AnyBatch, Batch
from gan_cli.data.sampling import Span, stream_indices


class Part(Dataset[AnyBatch], ABC):
    """A part of a set. It gives whole batches, uint8: of a run's stream to train on, or by number to look at.

    Training batches may be augmented, as a pure function of (seed, position); batches by number never are.
    """

    @abstractmethod
    def __len__(self) -> int:
        """Images, or places of the stream that make a pass."""

    @abstractmethod
    def __getitem__(self, places: Span | Tensor) -> AnyBatch:
        """The batch at these places of a run's stream, or of the images with these numbers, int64 [N]."""


class LabelledPart(Part):
    """A part whose images have classes.

    Attributes:
        labels: int64 [M], or float [M, K] of attributes.
    """

    labels: Tensor


class InMemory(LabelledPart):
    """A part that is held as tensors."""

    def __init__(self, content: Batch) -> None:
        self.content = content
        self.labels = content.labels

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, places: Span | Tensor) -> Batch:
        indices = stream_indices(len(self), *places) if isinstance(places, Span) else places
        return type(self.content)(*(tensor[indices] for tensor in self.content))
