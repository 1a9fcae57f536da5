"""What is compared of a data set: what a generator is to imitate, whatever else its batches hold."""

from collections.abc import Mapping
from typing import NamedTuple

import torch
from torch import Tensor

from gan_cli.data import Facts, GANDataModule
from gan_cli.data.datamodules import Split
from gan_cli.data.parts import InMemory
from gan_cli.evaluation.collections import of_split
from gan_cli.media.medium import Medium
from gan_cli.media.points import Points
from tests.toys import FewPairs


class Ways(NamedTuple):
    """Where points are, and where they go."""

    here: Tensor
    there: Tensor

    @property
    def real(self) -> Tensor:
        return self.there


class Moves(GANDataModule):
    """Points that move by one."""

    fields: Mapping[str, Medium] = {"here": Points(), "there": Points()}

    @property
    def facts(self) -> Facts:
        return {"name": self.name}

    def part(self, split: Split) -> InMemory:
        here = torch.arange(20.0).view(10, 2)
        return InMemory(Ways(here, here + 1))


def test_what_is_given_is_not_compared_with_what_is_made() -> None:
    assert of_split(Moves(), "test").all().equal(torch.arange(20.0).view(10, 2) + 1)


def test_of_a_set_between_domains_either_can_be_had() -> None:
    digits, negatives = (of_split(FewPairs(image_size=16), "test", domain).all() for domain in (0, 1))
    assert digits.expand(-1, 3, -1, -1).equal(255 - negatives)
