"""Training batches whose images have references beside them: images of another domain, that give a style."""

from torch import Tensor

from gan_cli.batches import REFERENCES, LoadedBatch, ReferencedBatch
from gan_cli.data.parts import LabelledPart, Part
from gan_cli.data.sampling import Span
from gan_cli.data.stores import Store
from gan_cli.errors import UserError
from gan_cli.seeding import uniform_rows


class Referenced(Part):
    """The batches of a part with classes, each image with two references of one class; by number they stay as they are.

    All classes are equally likely, of images and of references, however many images each has, and the references' may
    be the image's own (Choi et al. 2020, arXiv:1912.01865, and the authors' code). Every image is drawn for its place
    of the run's stream alone, so that some may not be shown in a pass. In that code the second reference belongs to the
    first for the whole run, and may be the same; here it is another one, each time anew: of one and the same image
    twice the distance of two translations has a slope of rounding alone.

    Args:
        part: Its images have one class each.

    Raises:
        UserError: If they have not, or there is a class without images.
    """

    def __init__(self, part: LabelledPart) -> None:
        self.part = part
        labels = part.labels
        if labels.ndim > 1:
            raise UserError(
                "data: references are of one class each, and these images have attributes; take another set"
            )
        counts = labels.bincount()
        if not counts.all():
            raise UserError(f"data: class {int(counts.argmin())} has no images that could be references")
        self.counts, self.order = counts, labels.argsort(stable=True)
        self.firsts = counts.cumsum(0) - counts

    def __len__(self) -> int:
        return len(self.part)

    def __getitem__(self, places: Span | Tensor) -> LoadedBatch:
        if isinstance(places, Tensor):
            return self.part[places]
        own, wanted, which, one, other = uniform_rows(5, *places, use="references").unbind(1)
        domains = self._domains(wanted)
        owns = self._domains(own)
        source = self._loaded(places, owns, self._among(self.counts[owns], which), "source")
        number = self._among(self.counts[domains], one)
        further = 1 + self._among(self.counts[domains] - 1, other)  # any other one, where there is any
        first = self._loaded(places, domains, number, "one")
        second = self._loaded(places, domains, (number + further) % self.counts[domains], "other")
        images, labels = source.batch
        batch = ReferencedBatch(images, labels, first.batch.images, second.batch.images, domains)
        named = dict(zip(("images", *REFERENCES), (source, first, second), strict=True))
        mirrored = {name: each.mirrored["images"] for name, each in named.items() if "images" in each.mirrored}
        keys = {name: each.keys["images"] for name, each in named.items() if "images" in each.keys}
        return LoadedBatch(batch, mirrored, keys)

    @property
    def stores(self) -> tuple[Store, ...]:
        return self.part.stores

    @property
    def at_hand(self) -> bool:
        return self.part.at_hand

    def _domains(self, shares: Tensor) -> Tensor:
        """Classes, all equally likely, of numbers in [0, 1)."""
        return (shares.double() * len(self.counts)).long()

    @staticmethod
    def _among(counts: Tensor, shares: Tensor) -> Tensor:
        """Numbers from 0 to below counts, by numbers in [0, 1)."""
        return (shares.double() * counts).long()

    def _loaded(self, places: Span, domains: Tensor, numbers: Tensor, use: str) -> LoadedBatch:
        """Images of classes, by their numbers among each class's."""
        return self.part.chosen(self.order[self.firsts[domains] + numbers], places, use)
