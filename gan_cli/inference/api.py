"""The Python side of the verbs: a trained GAN as an object."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from gan_cli.inference.checkpoints import load_model
from gan_cli.inference.labels import chosen_classes, class_walk
from gan_cli.inference.latents import Method, seeded_latents, usual_method, walk
from gan_cli.inference.rendering import conditions_for, images_at, takes_labels


class TrainedGAN:
    """A checkpoint's model, ready to make images.

    Args:
        path: The checkpoint.
        device: Where to compute, such as "cpu" or "cuda".
        module: Name of a trusted module that defines the variant, where it is none of gan-cli's.

    Attributes:
        model: The LightningModule, in eval mode.
        data: What the checkpoint says of its data: name, image_size, image_channels, num_classes, class_names.

    Raises:
        UserError: If the file is no whole checkpoint of a known variant.
    """

    def __init__(self, path: str | Path, device: str = "cpu", module: str | None = None) -> None:
        self.model = load_model(Path(path), module).to(device)
        self.data = self.model.data_facts

    def sample(
        self,
        num: int,
        seed: int = 0,
        *,
        labels: Sequence[int] | None = None,
        truncation_psi: float | None = None,
        ema: bool = True,
        batch_size: int = 64,
    ) -> Tensor:
        """Images as `gan sample` makes them; image k belongs to seed + k, however many are asked for.

        Args:
            num: N, how many.
            seed: The first seed, >= 0.
            labels: Classes, dealt out in turn, for a conditional variant; None means all classes in turn.
            truncation_psi: 1 is off, 0 the mean image, for a variant that has truncation.
            ema: The averaged generator, or the one that was trained.
            batch_size: Images at a time.

        Returns:
            uint8 [N, C, H, W], or float [N, 2] for points, on the CPU.

        Raises:
            UserError: If the variant has no labels or truncation, or there is no such class.
        """
        latents = seeded_latents(range(seed, seed + num), self.model.latent_dim, self.model.latent_distribution)
        conditions = conditions_for(self.model, num, labels, truncation_psi)
        return self._images(latents, {"ema": ema, **conditions}, batch_size)

    def interpolate(
        self,
        seeds: Sequence[int],
        steps: int = 9,
        *,
        method: Method | None = None,
        loop: bool = False,
        labels: Sequence[int] | None = None,
        ema: bool = True,
        batch_size: int = 64,
    ) -> Tensor:
        """A walk through the images of seeds.

        Args:
            seeds: Two or more, in the order they are passed.
            steps: Images from one to the next, 2 or more.
            method: "slerp" or "lerp"; None takes what fits the variant's prior.
            loop: Return from the last to the first.
            labels: For a conditional variant: the class, or several, dealt out to the seeds in turn, to walk between
                them; None means class 0.
            ema: The averaged generator, or the one that was trained.
            batch_size: Images at a time.

        Returns:
            uint8 [F, C, H, W] on the CPU.
        """
        keyframes = seeded_latents(seeds, self.model.latent_dim, self.model.latent_distribution)
        latents = walk(keyframes, steps, method or usual_method(self.model.latent_distribution), loop)
        conditions = conditions_for(
            self.model, len(latents), labels or ([0] if takes_labels(self.model) else None), None
        )
        if labels and len(labels) > 1:
            classes = chosen_classes(self.model, [labels[place % len(labels)] for place in range(len(seeds))])
            conditions["labels"] = class_walk(self.model, classes, steps, loop)
        return self._images(latents, {"ema": ema, **conditions}, batch_size)

    @torch.inference_mode()
    def _images(self, latents: Tensor, conditions: dict[str, Any], batch_size: int) -> Tensor:
        batches = torch.arange(len(latents)).split(batch_size)
        return torch.cat([images_at(self.model, latents, conditions, positions) for positions in batches])
