"""Which classes a picture shows: what the user typed, made into labels and shares of classes."""

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn.functional import one_hot

from gan_cli.errors import UserError
from gan_cli.inference.latents import walk
from gan_cli.variants.base import AdversarialModule


def read_labels(text: str | None) -> list[str] | None:
    """Classes as typed, such as "0,1,2", "[0, 1]", "cat,dog" or "all"; None where nothing was typed."""
    return None if text is None else [word.strip() for word in text.strip("[]() ").split(",") if word.strip()]


def chosen_classes(model: AdversarialModule, typed: Sequence[int | str] | None) -> list[int]:
    """The classes asked for, by number or by name; all of them if None or "all".

    Raises:
        UserError: If there is no such class.
    """
    names = [str(name) for name in model.data_facts.get("class_names", ())]
    count = model.num_classes
    if typed is None or list(typed) == ["all"]:
        return list(range(count))
    chosen = []
    for word in map(str, typed):
        number = names.index(word) if word in names else int(word[:20]) if word.isdecimal() else -1
        if not 0 <= number < count:
            known = ", ".join(names[:20]) if names else f"0 to {count - 1}"
            raise UserError(f"labels: {word} is no class of this model; there are {known}")
        chosen.append(number)
    if not chosen:
        raise UserError("labels: none were given; type some, such as 0,1,2, or all")
    return chosen


def class_names(model: AdversarialModule, classes: Sequence[int]) -> list[str]:
    """The names of the classes in pictures."""
    names = model.data_facts.get("class_names") or [str(number) for number in range(model.num_classes)]
    return [str(names[number]) for number in classes]


def class_walk(model: AdversarialModule, classes: Sequence[int], steps: int, loop: bool) -> Tensor:
    """Shares of classes [F, K] along a walk that passes the classes in their order; see `latents.walk`."""
    keyframes = one_hot(torch.tensor(classes), model.num_classes).float()
    return walk(keyframes, steps, "lerp", loop)
