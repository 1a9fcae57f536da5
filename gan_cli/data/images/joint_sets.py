"""Two labelled sets to learn from together, where an image of one has no labels of the other."""

from typing import Any, cast

import torch
from torch import Tensor
from torch.nn.functional import one_hot

from gan_cli.batches import ImageBatch, LoadedBatch
from gan_cli.data.combined import CombinedDataModule, made
from gan_cli.data.datamodules import Facts, GANDataModule, NamedImage, Split, class_facts
from gan_cli.data.parts import LabelledPart
from gan_cli.data.sampling import Span
from gan_cli.data.stores import Store
from gan_cli.errors import UserError
from gan_cli.ranges import BatchSize, Pixels, Processes


class JointSets(CombinedDataModule):
    """Two labelled sets, of attributes or of classes, whose batches come in turn: CelebA and a folder of expressions.

    A label vector has the first set's labels and then the second's, 0 or 1 each; those of the set that an image is not
    of are not known (NaN). Batch 0, 2, 4, ... is of the first set and the others of the second, each in its own order;
    a set that is through begins anew, so the shorter one is shown more often (Choi et al. 2018, arXiv:1711.09020,
    section 3.2, and the authors' code).

    Args:
        first: The name of a data set.
        second: The name of another, or of the same with another root.
        root: Folder that holds the data sets.
        first_root: The first set's; "" is `root`.
        second_root: The second set's; "" is `root`.
        first_options: Further arguments of the first set by name, such as `attributes`.
        second_options: Further arguments of the second.
        image_size: Side of the images in pixels.
        batch_size: Images per step and process, all of one set.
        num_workers: Processes that load beside the training.

    Raises:
        UserError: If there is no such set, it does not take an argument, or the two do not go together.
    """

    home = "those of its sets"
    licence = "those of its sets"
    layout = (
        "two sets, each as it is on its own: --data.first CelebA --data.second ImageFolder --data.second_root FOLDER"
    )

    def __init__(
        self,
        first: str = "CelebA",
        second: str = "ImageFolder",
        root: str = "data",
        first_root: str = "",
        second_root: str = "",
        first_options: dict[str, Any] | None = None,
        second_options: dict[str, Any] | None = None,
        image_size: Pixels = 128,
        batch_size: BatchSize = 16,
        num_workers: Processes = 2,
    ) -> None:
        super().__init__(batch_size, num_workers)
        self.root, self.image_size = root, image_size
        shared = {"image_size": image_size, "batch_size": batch_size, "num_workers": num_workers}
        self.sets = (
            made("first", first, {"root": first_root or root, **shared, **(first_options or {})}),
            made("second", second, {"root": second_root or root, **shared, **(second_options or {})}),
        )
        self.natural = all(one.natural for one in self.sets)  # type: ignore[misc]

    @property
    def facts(self) -> Facts:
        told = [one.facts for one in self.sets]
        names = [name for facts in told for name in facts.get("class_names", ())]
        channels = [facts["image_channels"] for facts in told]
        for one, facts in zip(self.sets, told, strict=True):
            if not facts.get("num_classes"):
                raise UserError(f"data: {one.name} below {_root(one)} has no labels to learn from; take another")
        if channels[0] != channels[1]:
            raise UserError(f"data: images of {channels[0]} and of {channels[1]} channels do not go together")
        if twice := {name for name in names if names.count(name) > 1}:
            raise UserError(f"data: both sets have {', '.join(sorted(twice))}, so that a direction could mean either")
        kinds = ["attributes" if facts.get("attributes") else "classes" for facts in told]
        sets = tuple(f"{size} {kind}" for size, kind in zip(self._sizes, kinds, strict=True))
        size = {"image_size": self.image_size, "image_channels": channels[0]}
        return {"name": self.name, **size, **class_facts(names), "attributes": True, "label_sets": sets}

    def headings(self) -> list[str]:
        return [f"{one.name}: {told}" for one, told in zip(self.sets, self.facts["label_sets"], strict=True)]

    def part(self, split: Split) -> "JointPart":
        _, world_size = self._place()
        first, second = (cast(LabelledPart, one.part(split)) for one in self.sets)
        return JointPart(first, second, self._sizes, self.batch_size * world_size)

    def test_inputs(self, domain: str) -> list[NamedImage]:
        inputs = []
        for number, (one, place) in enumerate(zip(self.sets, ("first", "second"), strict=True)):
            for image in one.test_inputs(domain):
                own = image.labels or (float("nan"),) * self._sizes[number]
                beside = (float("nan"),) * self._sizes[1 - number]
                labels = own + beside if number == 0 else beside + own
                inputs.append(image._replace(name=f"{place}/{image.name}", labels=labels))
        return inputs

    @property
    def _sizes(self) -> tuple[int, int]:
        """How many labels each set has."""
        first, second = (one.facts.get("num_classes", 0) for one in self.sets)
        return first, second


class JointPart(LabelledPart):
    """A part of two sets: batches of a run's stream are of each in turn; numbers count the first's images first.

    Args:
        first: Images with labels.
        second: Others.
        sizes: How many labels each of them has.
        global_batch: Images of all processes in a batch.
    """

    def __init__(self, first: LabelledPart, second: LabelledPart, sizes: tuple[int, int], global_batch: int) -> None:
        self.parts = (first, second)
        self.sizes = sizes
        self.global_batch = global_batch
        self.labels = torch.cat([self._among_all(part.labels, number) for number, part in enumerate(self.parts)])

    def __len__(self) -> int:
        return sum(map(len, self.parts))

    def __getitem__(self, places: Span | Tensor) -> LoadedBatch:
        if isinstance(places, Span):
            return self._of_stream(places)
        first = places < len(self.parts[0])
        if first.all() or not first.any():
            number = int(not first.any())
            return self._labelled(self.parts[number][places - number * len(self.parts[0])], number)
        of_each = [self[places[first]].batch, self[places[~first]].batch]
        order = torch.cat([first.nonzero(), (~first).nonzero()]).flatten().argsort()
        return LoadedBatch(ImageBatch(*(torch.cat(pair)[order] for pair in zip(*of_each, strict=True))))

    @property
    def stores(self) -> tuple[Store, ...]:
        return tuple(store for part in self.parts for store in part.stores)

    def _of_stream(self, span: Span) -> LoadedBatch:
        """The batch of the set whose turn it is, from its own stream, in which only its own batches count."""
        batch, within = divmod(span.start, self.global_batch)
        rounds, number = divmod(batch, len(self.parts))
        start = rounds * self.global_batch + within
        return self._labelled(self.parts[number][Span(span.seed, start, start + span.stop - span.start)], number)

    def _labelled(self, loaded: LoadedBatch, number: int) -> LoadedBatch:
        return loaded._replace(batch=loaded.batch._replace(labels=self._among_all(loaded.batch.labels, number)))

    def _among_all(self, labels: Tensor, number: int) -> Tensor:
        """A set's labels at their places among those of both, float [N, K]."""
        rows = labels if labels.is_floating_point() else one_hot(labels, self.sizes[number]).float()
        unknown = torch.full((len(rows), self.sizes[1 - number]), torch.nan)
        return torch.cat([rows, unknown] if number == 0 else [unknown, rows], dim=1)


def _root(data: GANDataModule) -> str:
    return str(data.hparams.get("root", ""))
