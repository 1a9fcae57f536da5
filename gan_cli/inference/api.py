"""The Python side of the verbs: a trained GAN as an object."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor

from gan_cli import ranges
from gan_cli.devices.float32 import true_float32
from gan_cli.errors import UserError
from gan_cli.inference.api_animate import Animates
from gan_cli.inference.api_augment import Augments
from gan_cli.inference.api_classify import Classifies
from gan_cli.inference.api_codes import HasCodes
from gan_cli.inference.api_describe import Describes
from gan_cli.inference.api_detect import Detects
from gan_cli.inference.api_directions import FindsDirections
from gan_cli.inference.api_export import Exports
from gan_cli.inference.api_making import GivenThings, Source
from gan_cli.inference.api_predict import Predicts
from gan_cli.inference.api_project import Projects
from gan_cli.inference.api_styles import WorksWithStyles
from gan_cli.inference.arithmetic import Concept, all_latents, classes_of, labels_of_each
from gan_cli.inference.checkpoints import Modules, load_model, located
from gan_cli.inference.code_sampling import Asked, conditions_of, drawing_of, latents_for
from gan_cli.inference.continuing import continued_at
from gan_cli.inference.latents import Method
from gan_cli.inference.rendering import (
    conditions_for,
    conditions_with,
    latents_of,
    noise_for,
    takes_labels,
)
from gan_cli.inference.sources import with_classes
from gan_cli.inference.spaces import usual_space
from gan_cli.inference.thing_parts import part_at
from gan_cli.inference.walks import shares_of, walks_through, way_between
from gan_cli.networks.code_drawing import Temperature, TopK, TopP
from gan_cli.networks.noise_maps import NoiseMode
from gan_cli.ranges import BatchSize, Few, Many, Pixels, Seed, Threshold, Truncation


class TrainedGAN(
    WorksWithStyles,
    FindsDirections,
    Projects,
    HasCodes,
    Predicts,
    Describes,
    Classifies,
    Animates,
    Detects,
    Augments,
    Exports,
):
    """A checkpoint's model, ready to use; it computes in true float32, as the verbs do.

    Args:
        path: The checkpoint, a run's folder, a folder of `gan share`, or `hub:user/name`.
        device: Where to compute, such as "cpu" or "cuda".
        module: Name of a trusted module that defines the variant, or several, where it is none of gan-cli's.

    Attributes:
        model: The LightningModule, in eval mode.
        data: What the checkpoint says about its data: name, image_size, image_channels, num_classes, class_names.

    Raises:
        UserError: If the file is no whole checkpoint of a known variant.
    """

    def __init__(self, path: str | Path, device: str = "cpu", module: Modules = None) -> None:
        self.path = located(path)
        self.model = load_model(self.path, module).to(device)
        self.data = self.model.data_facts

    @true_float32()
    def sample(
        self,
        num: Many,
        seed: Seed = 0,
        *,
        labels: Sequence[int | str] | None = None,
        given: GivenThings | None = None,
        bars: Few | None = None,
        truncation_psi: Truncation | None = None,
        truncation_threshold: Threshold | None = None,
        noise: NoiseMode | None = None,
        part: str | None = None,
        temperature: Temperature | None = None,
        top_k: TopK | None = None,
        top_p: TopP | None = None,
        size: tuple[Pixels, Pixels] | None = None,
        prime: str | Path | Tensor | None = None,
        ema: bool = True,
        batch_size: BatchSize = 64,
    ) -> Tensor:
        """Things as `gan sample` makes them; thing k belongs to seed + k, whatever the number asked for.

        Args:
            num: N, how many.
            seed: The first seed, >= 0.
            labels: Classes, dealt out in turn, for a conditional variant; None means all classes in turn.
            given: What the model makes things from, by name, as it is kept (images as uint8), a file's name, or a text
                such as "C,G,Am,F" for chords; dealt out in turn; None takes held-out examples of its data set.
            bars: Each thing is a tune of so many bars, made one after the other, of a variant that goes on from what it
                made; what is given is dealt out to its bars in turn.
            truncation_psi: 1 is off, 0 the mean of all things, for a variant that has truncation.
            truncation_threshold: Numbers of normal latents beyond it are drawn again.
            noise: For a variant that adds noise to its maps: "const", the same in all things; "random", that of each
                seed; or "none". None takes "const".
            part: For a variant that puts things together of parts, the name of one, such as VGAN's "background", to
                have in their place, or "all" to have each below the whole, [N, ..., 4H, W]; not of sequences.
            temperature: For a variant that draws codes: what their logits are divided by; None takes 1.
            top_k: For such a variant: of so many codes, the likeliest, one is drawn; 0 takes all, None 100.
            top_p: For such a variant: of the likeliest codes that together are so likely, one is drawn; None takes 1.
            size: For such a variant: height and width in pixels, as in training or more.
            prime: For such a variant: the upper part of the images, a file or uint8 [C, H, W].
            ema: The averaged generator, or the one that was trained.
            batch_size: Things at a time.

        Returns:
            As the medium keeps them, on the CPU: images uint8 [N, C, H, W], points float [N, 2]; tunes [N, bars, ...].

        Raises:
            UserError: If the variant has no labels, truncation or noise, or there is no such class.
        """
        ranges.check("", TrainedGAN.sample, locals())
        if bars and part:
            raise UserError("part: sequences are made as wholes; leave it out, or bars")
        seeds = range(seed, seed + num)
        if bars:
            latents, shown = self._sequences(seeds, bars, given, truncation_threshold)
        else:
            latents = latents_of(self.model, seeds, threshold=truncation_threshold)
            shown = self._given(given, num)
        asked = Asked(drawing_of(temperature=temperature, top_k=top_k, top_p=top_p), size, prime)
        if (sized := latents_for(self.model, seeds, asked)) is not None:
            latents = sized
        conditions = conditions_for(self.model, num, labels, truncation_psi, shown)
        conditions |= noise_for(self.model, noise, num, seed) | conditions_of(self.model, asked, num)
        make = continued_at if bars else part_at(self.model, part)
        return self._images(latents, {"ema": ema, **conditions}, batch_size, make)

    @true_float32()
    def __call__(
        self,
        latents: Tensor | Source,
        *,
        labels: Sequence[int | str] | None = None,
        given: GivenThings | None = None,
        truncation_psi: Truncation | None = None,
        noise: NoiseMode | None = None,
        ema: bool = True,
        batch_size: BatchSize = 64,
    ) -> Tensor:
        """Things from latents.

        Args:
            latents: From the prior, float [N, Z]; styles, [N, L, W]; or what else `styles` takes.
            labels: As for `sample`; styles have their class in them.
            given: As for `sample`.
            truncation_psi: As for `sample`.
            noise: As for `sample`; "random" is that of seed k in thing k.
            ema: The averaged generator, or the one that was trained.
            batch_size: Things at a time.

        Returns:
            As `sample`.

        Raises:
            UserError: If they are no latents of this model, or an argument does not fit the variant.
        """
        ranges.check("", TrainedGAN.__call__, locals())
        source = with_classes(self.model, self._source("latents", latents), labels)
        shown = self._given(given, len(source))
        conditions = conditions_with(self.model, source.labels, len(source), truncation_psi, shown)
        conditions |= noise_for(self.model, noise, len(source))
        return self._images(source.inputs(self.model), {"ema": ema, **conditions}, batch_size)

    @true_float32()
    def interpolate(
        self,
        seeds: Source,
        steps: Many = 9,
        *,
        method: Method | None = None,
        loop: bool = False,
        labels: Sequence[int | str] | None = None,
        given: GivenThings | None = None,
        to: GivenThings | None = None,
        space: str | None = None,
        noise: NoiseMode | None = None,
        ema: bool = True,
        batch_size: BatchSize = 64,
    ) -> Tensor:
        """A walk through the things of seeds.

        Args:
            seeds: Two or more, in the order they are passed; or a file of latents, or latents. With `to`, one will do,
                which then stays.
            steps: Things from one seed to the next, 2 or more.
            method: "slerp" or "lerp"; None takes what fits the variant's prior.
            loop: Return from the last to the first.
            labels: For a conditional variant: the class, or several, dealt out to the seeds in turn, to walk between
                them; None means those of the latents, or else class 0.
            given: What the model makes things from, by name, as it is kept; the first row serves the whole walk.
            to: The same at the walk's end, where it goes from one to another: `given={"text": "a red three"},
                to={"text": "a blue seven"}`.
            space: "z", or "w" where the variant has styles; None takes w where there is one.
            noise: As for `sample`; "random" is that of seed k in thing k.
            ema: The averaged generator, or the one that was trained.
            batch_size: Things at a time.

        Returns:
            As `sample`, [F, ...].
        """
        ranges.check("", TrainedGAN.interpolate, locals())
        source = self._source("seeds", seeds)
        if to is not None and len(source) == 1:
            source = replace(source, rows=source.rows.expand(2, *source.rows.shape[1:]), names=())
        usual = [0] if takes_labels(self.model) and source.space == "z" and source.labels is None else None
        keyframes = with_classes(self.model, source, labels or usual)
        walks = walks_through(self.model, keyframes, len(source), steps, space=space, method=method, loop=loop, ema=ema)
        latents, passed = walks.latents[0], None if walks.labels is None else walks.labels[0]
        one = {name: rows[:1] for name, rows in self._given(given, 1).items()}
        if to is not None:
            one = way_between(self.model, one, self._given(to, 1), shares_of(len(latents), loop))
        conditions = conditions_with(self.model, passed, len(latents), None, one)
        conditions |= noise_for(self.model, noise, len(latents))
        return self._images(latents, {"ema": ema, **conditions}, batch_size)

    @true_float32()
    def arithmetic(
        self,
        plus: Sequence[Sequence[Seed]],
        minus: Sequence[Sequence[Seed]] = (),
        seed: Seed = 0,
        *,
        labels: Sequence[int | str] | None = None,
        given: GivenThings | None = None,
        space: str | None = None,
        noise: NoiseMode | None = None,
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
            noise: As for `sample`; "random" is that of seed k in thing k.
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
        classes = classes_of(model, labels)
        space = space or usual_space(model)
        nines = torch.cat([all_latents(model, concepts, seed, space, ema, label)[-9:] for label in classes])
        one = {name: rows[:1] for name, rows in self._given(given, 1).items()}
        conditions = conditions_with(model, labels_of_each(classes, 9), len(nines), given=one)
        conditions |= noise_for(model, noise, len(nines), seed)
        return self._images(nines, {"ema": ema, **conditions}, batch_size)
