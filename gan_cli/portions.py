"""How much a batch holds, and how small its images are, as a function of what has been shown so far."""

from typing import NamedTuple


class Portion(NamedTuple):
    """What a batch is.

    Attributes:
        multiple: So many times `data.batch_size`.
        shrink: What the sides of its images are divided by.
    """

    multiple: int = 1
    shrink: int = 1


class Portions:
    """What the batches of a run are: here always the data's own. A function of the images shown alone, so that all
    processes agree, loaders may run ahead, and a resumed run has the batches that it would have had.
    """

    varies: bool = False
    """Whether any portion is another than `Portion()`."""

    def at(self, shown: int) -> Portion:
        """The batch that begins when so many images have been shown, by all processes together."""
        return Portion()

    def batches(self, shown: int, more: int, at_once: int) -> int:
        """How many batches it takes to show further images.

        Args:
            shown: Images shown so far.
            more: How many are to come.
            at_once: Images in a batch of all processes, before it is multiplied.
        """
        return max(0, -(-more // at_once))
