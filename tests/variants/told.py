"""What tests of variants that make images from sentences, or sentences, share."""

from typing import Any, TypeVar

import torch

from gan_cli.batches import CaptionedBatch
from gan_cli.seeding import Rows
from gan_cli.variants.base import AdversarialModule
from gan_cli.variants.places import Place
from tests.toys import FewCaptioned

S = TypeVar("S", bound=AdversarialModule)


def ready(variant: type[S], **arguments: Any) -> S:
    """A model as a trainer leaves it before a step."""
    torch.manual_seed(0)
    model = variant(**arguments)
    model._place = Place(Rows(0, 16, 16), 0, 0)
    model.watch = lambda *_: None  # type: ignore[method-assign]
    return model


def batch() -> CaptionedBatch:
    """Sixteen training images with their sentences, as a model sees them."""
    data = FewCaptioned()
    loaded: CaptionedBatch = data.on_device(data.part("train")[torch.arange(16)])  # type: ignore[assignment]
    return loaded
