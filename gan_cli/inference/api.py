"""The Python side of the verbs: a trained GAN as an object."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, overload

import torch
from PIL import Image
from torch import Tensor

from gan_cli import ranges
from gan_cli.devices.float32 import true_float32
from gan_cli.errors import UserError
from gan_cli.inference.arithmetic import Concept, all_latents, classes_of, conditions_of
from gan_cli.inference.checkpoints import Modules, load_model
from gan_cli.inference.given import given_of
from gan_cli.inference.labels import chosen_classes, class_walk
from gan_cli.inference.latents import Method, usual_method, walk
from gan_cli.inference.rendering import conditions_for, latents_of, made_at, takes_labels
from gan_cli.inference.source_labels import named_row
from gan_cli.inference.spaces import spaces_of
from gan_cli.inference.translator import Translator, translating, usual_direction
from gan_cli.media.picture_files import Picture, picture_of, picture_of_tensor, read_picture, to_pil, to_tensor
from gan_cli.media.pictures import to_float
from gan_cli.media.reading import Unreadable
from gan_cli.ranges import BatchSize, Many, Seed, Truncation


class TrainedGAN:
    """A checkpoint's model, ready to use; it computes in true float32, as the verbs do.

    Args:
        path: The checkpoint.
        device: Where to compute, such as "cpu" or "cuda".
        module: Name of a trusted module that defines the variant, or several, where it is none of gan-cli's.

    Attributes:
        model: The LightningModule, in eval mode.
        data: What the checkpoint says about its data: name, image_size, image_channels, num_classes, class_names.

    Raises:
        UserError: If the file is no whole checkpoint of a known variant.
    """

    def __init__(self, path: str | Path, device: str = "cpu", module: Modules = None) -> None:
        self.model = load_model(Path(path).expanduser(), module).to(device)
        self.data = self.model.data_facts

    @true_float32()
    def sample(
        self,
        num: Many,
        seed: Seed = 0,
        *,
        labels: Sequence[int | str] | None = None,
        given: Mapping[str, Tensor] | None = None,
        truncation_psi: Truncation | None = None,
        ema: bool = True,
        batch_size: BatchSize = 64,
    ) -> Tensor:
        """Things as `gan sample` makes them; thing k belongs to seed + k, whatever the number asked for.

        Args:
            num: N, how many.
            seed: The first seed, >= 0.
            labels: Classes, dealt out in turn, for a conditional variant; None means all classes in turn.
            given: What the model makes things from, by name, as it is kept (images as uint8), dealt out in turn; None
                takes held-out examples of its data set.
            truncation_psi: 1 is off, 0 the mean of all things, for a variant that has truncation.
            ema: The averaged generator, or the one that was trained.
            batch_size: Things at a time.

        Returns:
            As the medium keeps them, on the CPU: images uint8 [N, C, H, W], points float [N, 2].

        Raises:
            UserError: If the variant has no labels or truncation, or there is no such class.
        """
        ranges.check("", TrainedGAN.sample, locals())
        latents = latents_of(self.model, range(seed, seed + num))
        conditions = conditions_for(self.model, num, labels, truncation_psi, self._given(given, num))
        return self._images(latents, {"ema": ema, **conditions}, batch_size)

    @true_float32()
    def interpolate(
        self,
        seeds: Sequence[Seed],
        steps: Many = 9,
        *,
        method: Method | None = None,
        loop: bool = False,
        labels: Sequence[int | str] | None = None,
        given: Mapping[str, Tensor] | None = None,
        space: str | None = None,
        ema: bool = True,
        batch_size: BatchSize = 64,
    ) -> Tensor:
        """A walk through the things of seeds.

        Args:
            seeds: Two or more, in the order they are passed.
            steps: Things from one seed to the next, 2 or more.
            method: "slerp" or "lerp"; None takes what fits the variant's prior.
            loop: Return from the last to the first.
            labels: For a conditional variant: the class, or several, dealt out to the seeds in turn, to walk between
                them; None means class 0.
            given: What the model makes things from, by name, as it is kept; the first row serves the whole walk.
            space: "z", or "w" where the variant has styles; None takes w where there is one.
            ema: The averaged generator, or the one that was trained.
            batch_size: Things at a time.

        Returns:
            As `sample`, [F, ...].
        """
        ranges.check("", TrainedGAN.interpolate, locals())
        space = space or spaces_of(self.model)[-1]
        keyframes = latents_of(self.model, seeds, space, ema)
        usual = usual_method(self.model.latent_distribution) if space == "z" else "lerp"
        latents = walk(keyframes, steps, method or usual, loop)
        classes = labels or ([0] if takes_labels(self.model) else None)
        one = {name: rows[:1] for name, rows in self._given(given, 1).items()}
        conditions = conditions_for(self.model, len(latents), classes, None, one)
        if labels and len(labels) > 1:
            passed = chosen_classes(self.model, [labels[place % len(labels)] for place in range(len(seeds))])
            conditions["labels"] = class_walk(self.model, passed, steps, loop)
        return self._images(latents, {"ema": ema, **conditions}, batch_size)

    @true_float32()
    def arithmetic(
        self,
        plus: Sequence[Sequence[Seed]],
        minus: Sequence[Sequence[Seed]] = (),
        seed: Seed = 0,
        *,
        labels: Sequence[int | str] | None = None,
        given: Mapping[str, Tensor] | None = None,
        space: str | None = None,
        ema: bool = True,
        batch_size: BatchSize = 64,
    ) -> Tensor:
        """Sums and differences of concepts, each the mean latent of several seeds (Radford et al. 2016, figure 7).

        Args:
            plus: The seeds of each concept that is added, such as [[1, 2, 3], [7, 8, 9]].
            minus: The seeds of each concept that is taken away.
            seed: Seed of the noise around the result.
            labels: For a conditional variant: the classes of the things; None means class 0.
            given: What the model makes things from, by name, as it is kept; the first row serves all of them.
            space: "z", or "w" where the variant has styles; None takes w where there is one.
            ema: The averaged generator, or the one that was trained.
            batch_size: Things at a time.

        Returns:
            As `sample`, [9, ...]: the result, number 4, between eight neighbours; nine of each class.

        Raises:
            UserError: If no concept is added, nothing is left, or the variant has no such classes.
        """
        ranges.check("", TrainedGAN.arithmetic, locals())
        model = self.model
        concepts = [Concept(sign, tuple(seeds)) for sign, many in ((1, plus), (-1, minus)) for seeds in many]
        nine = all_latents(model, concepts, seed, space or spaces_of(model)[-1], ema)[-9:]
        classes = classes_of(model, labels)
        one = {name: rows[:1] for name, rows in self._given(given, 1).items()}
        conditions = conditions_of(model, classes, len(nine), one)
        repeated = nine.repeat(len(classes), *[1] * (nine.ndim - 1))
        return self._images(repeated, {"ema": ema, **conditions}, batch_size)

    @overload
    def translate(self, images: Tensor, direction: str | None = None, **options: Any) -> Tensor: ...

    @overload
    def translate(
        self, images: Image.Image | str | Path, direction: str | None = None, **options: Any
    ) -> Image.Image: ...

    @true_float32()
    @torch.inference_mode()
    def translate(
        self,
        images: Tensor | Image.Image | str | Path,
        direction: str | None = None,
        *,
        source_labels: str | Sequence[str] | Tensor | None = None,
        **options: Any,
    ) -> Tensor | Image.Image:
        """Translations as `gan translate` makes them, each as if it were alone.

        They have the images' size, times the scale of a model that enlarges.

        Args:
            images: uint8 [C, H, W] or [N, C, H, W] (of 2 or 4 channels the last is the opacity), a Pillow image, or
                an image file.
            direction: Such as "horse2zebra"; None if the model has only one.
            source_labels: The attributes of the images, where the direction keeps or turns them: names, such as
                "Blond_Hair+Young" or a list, of all images; or numbers 0, 1 or NaN, [K] or [N, K]. What is not told is
                read, as `read_labels` does.
            **options: `seed` and `dropout` of a model whose noise is dropout, `tile` and `overlap` of large images,
                `ema`; as `Translator` takes them. A file's noise depends on its name; all other images share one.

        Returns:
            uint8 [C', sH, sW] or [N, C', sH, sW] on the CPU, s being the scale, or a Pillow image of 8 bits; opacity is
            kept.

        Raises:
            UserError: If the model makes no images from images, has no such direction or option, or the file cannot
                be read.
        """
        model = translating(self.model)
        translator = Translator(model, **options)
        chosen = usual_direction(model, direction)
        if len(chosen) > 1:
            raise UserError(f"direction: {direction} are several; ask for one at a time")

        many = len(images) if isinstance(images, Tensor) and images.ndim == 4 else 1
        known = self._known(source_labels, chosen[0], many)

        def made(picture: Picture, name: str = "", number: int = 0) -> Picture:
            labels = translator.labels_of(picture, chosen[0], None if known is None else known[number % len(known)])
            return translator.picture(picture, chosen[0], name, deep=False, labels=labels)

        with torch.random.fork_rng([model.device] if model.device.type == "cuda" else []):
            if isinstance(images, Tensor):
                _check(images)
                if images.ndim == 3:
                    return to_tensor(made(picture_of_tensor(images)))
                pictures = [made(picture_of_tensor(image), number=number) for number, image in enumerate(images)]
                return torch.stack([to_tensor(picture) for picture in pictures])
            if isinstance(images, Image.Image):
                return to_pil(made(picture_of(images)))
            try:
                return to_pil(made(read_picture(Path(images)), Path(images).name))
            except Unreadable as error:
                raise UserError(f"images: {error}") from error

    @torch.inference_mode()
    def read_labels(self, images: Tensor) -> Tensor:
        """The labels that a translator reads in images, as it does before it translates what nobody told it about.

        Args:
            images: uint8 [N, C, H, W].

        Returns:
            Float [N, K] of 0 and 1 on the CPU, in the order of `data["class_names"]`.

        Raises:
            UserError: If the model makes no images from images, or reads no labels.
        """
        _check(images)
        model = translating(self.model)
        if not any(model.starts_from(direction) for direction in model.directions):
            raise UserError(f"images: {type(model).__name__} of {self.data.get('name')} reads no attributes in images")
        return model.read_labels(to_float(images).to(model.device)).cpu()

    def _known(
        self, told: str | Sequence[str] | Tensor | None, direction: str, many: int
    ) -> Sequence[Sequence[float]] | None:
        """What was told of the images' attributes: a row for each image, or one for all."""
        model = translating(self.model)
        if told is None:
            return None
        if not isinstance(told, Tensor):
            return [named_row(told, model, direction)]
        width = len(model.directions)
        if told.shape not in ((width,), (1, width), (many, width)):
            raise UserError(f"source_labels: {list(told.shape)} is not possible; give [{width}] or [{many}, {width}]")
        rows: list[list[float]] = told.reshape(-1, width).tolist()
        return rows

    def _given(self, given: Mapping[str, Tensor] | None, count: int) -> dict[str, Tensor]:
        """The model's inputs beside latents, as it sees them: those handed over, or held-out examples."""
        if given is None:
            return given_of(self.model, None, count).shown
        return {name: self.model.media[name].shown(rows) for name, rows in given.items()}

    @torch.inference_mode()
    def _images(self, latents: Tensor, conditions: dict[str, Any], batch_size: int) -> Tensor:
        batches = torch.arange(len(latents)).split(batch_size)
        return torch.cat([made_at(self.model, latents, conditions, positions) for positions in batches])


def _check(images: Tensor) -> None:
    if images.dtype != torch.uint8 or images.ndim not in (3, 4) or not 1 <= images.shape[-3] <= 4 or not len(images):
        raise UserError(
            f"images: {images.dtype} {list(images.shape)} are none; give uint8 [C, H, W] or [N, C, H, W] of 1 to 4 "
            "channels"
        )
