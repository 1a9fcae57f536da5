"""Directions in closed form, from the weights that read the latents.

Shen and Zhou 2021, "Closed-Form Factorization of Latent Semantics in GANs", arXiv:2007.06600, equation 5.
"""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from gan_cli.errors import UserError
from gan_cli.inference.directions.axes import Axes, axes_of
from gan_cli.inference.directions.places import Place
from gan_cli.inference.directions.readers import Reading, readings_of


def factorised(weights: Tensor) -> Axes:
    """The directions in which layers answer most to a change of their latents.

    They are the eigenvectors of A A^T, the columns of A being the weights of one output each at unit length. The
    authors' code takes them in the order of a solver that sorts nothing; here they descend.

    Args:
        weights: A row for each output, [O, W]; rows of zeros count for nothing.
    """
    rows = weights.double()
    rows = rows[rows.norm(dim=1) > 0]
    rows = rows / rows.norm(dim=1, keepdim=True)
    return axes_of(rows.T @ rows)


def weights_of(place: Place, given: Mapping[str, Tensor]) -> Tensor:
    """The weights by which a model's generator reads its latents, a row for each output, [O, Z] or [O, W].

    Of the layers that read one style, the last one counts: StyleGAN2 makes the colours of a size from the style of the
    convolution that follows, and the authors' code takes the convolution.

    Args:
        place: The model, the space, and the style layers that count.
        given: What the model makes things from, as it sees it.

    Raises:
        UserError: If no linear layer reads the latents as they are.
    """
    model, latent = place.model, place.of_seeds([0])
    conditions = {
        name: part.to(model.device) if isinstance(part, Tensor) else part
        for name, part in place.conditions([0], given).items()
    }
    readings = readings_of(
        model.picture_maker(place.ema), lambda start: model(start, **conditions), latent.to(model.device)
    )
    if place.space == "z":
        chosen = [read.weights.flatten(0, 1) for read in readings]
    else:
        chosen = _of_layers(readings, place.layers)
    if not chosen:
        raise UserError(
            f"method: no linear layer of {type(model).__name__}'s generator reads {place.space} as it is, which sefa "
            "needs; take another --method"
        )
    return torch.cat(chosen).cpu()


def _of_layers(readings: Sequence[Reading], layers: Sequence[int]) -> list[Tensor]:
    last = {place: part for read in readings for place, part in zip(read.places, read.weights, strict=True)}
    return [last[layer] for layer in layers if layer in last]
