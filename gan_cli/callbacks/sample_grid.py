"""Pictures while training: of the same latents, or the same held-out images, again and again."""

from math import isqrt
from pathlib import Path
from typing import Annotated, Any

from lightning.pytorch import Callback, LightningModule, Trainer
from torch import Tensor

from gan_cli import ranges
from gan_cli.batches import LoadedBatch
from gan_cli.callbacks.loggers import ShowsFilms, ShowsPictures
from gan_cli.callbacks.run_checkpoint import is_dry_run
from gan_cli.data import GANDataModule
from gan_cli.inference.examples import examples_of
from gan_cli.inference.pictures import beside, classified_sheet, translated_sheet, usual_number
from gan_cli.inference.rendering import takes_labels
from gan_cli.media.films import write_film
from gan_cli.media.pictures import save_png
from gan_cli.networks.layers import evaluating
from gan_cli.ranges import Range, Steps
from gan_cli.variants.adaptation import AdaptationModule
from gan_cli.variants.base import AdversarialModule
from gan_cli.variants.translation import TranslationModule

CLASSIFIED = 25
"""So many images are shown with their classes."""


class SampleGrid(Callback):
    """Writes `samples/step-<batches>.png`, made by the averaged generator, and shows it to loggers.

    Of what moves, `samples/step-<batches>.gif` plays beside it. From fixed latents; of a translator, rows of held-out
    images beside what it makes of them; of what classifies a target domain, held-out images of it with their classes.

    Args:
        every_n_steps: Batches between two pictures; 0 makes none.
        num: Things in a picture, as many of each class where the variant is conditional; points are always 2,500. Of a
            translator, the number of rows squared. None takes what is usual: 64 images.
    """

    def __init__(self, every_n_steps: Steps = 500, num: Annotated[int, Range(1, 10_000)] | None = None) -> None:
        ranges.check("samples", type(self), locals())
        self.every_n_steps = every_n_steps
        self.num = num
        self._folder = Path()

    def setup(self, trainer: Trainer, pl_module: LightningModule, stage: str) -> None:
        self._folder = Path(trainer.log_dir or trainer.default_root_dir) / "samples"

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        due = self.every_n_steps and trainer.global_step % self.every_n_steps == 0
        if due and trainer.is_global_zero and not is_dry_run(trainer):
            assert isinstance(pl_module, AdversarialModule)
            self._write(trainer, pl_module)

    def _write(self, trainer: Trainer, model: AdversarialModule) -> None:
        path = self._folder / f"step-{trainer.global_step:08d}.png"
        if isinstance(model, TranslationModule):
            save_png(self._translated(trainer, model), path)
        elif isinstance(model, AdaptationModule):
            save_png(self._classified(trainer, model), path)
        else:
            self._write_made(trainer, model, path)
        film = path.with_suffix(".gif")
        for logger in trainer.loggers:
            if isinstance(logger, ShowsPictures):
                logger.log_image("samples", [str(path)], step=trainer.global_step)
            if isinstance(logger, ShowsFilms) and film.is_file():
                logger.log_film("films", str(film), step=trainer.global_step)

    def _write_made(self, trainer: Trainer, model: AdversarialModule, path: Path) -> None:
        """Writes a page of what is made from latents, and a film of it if it moves."""
        data: GANDataModule = trainer.datamodule  # type: ignore[attr-defined]
        num = usual_number(model.medium, model.num_classes if takes_labels(model) else 0, self.num)
        made, conditions, given = examples_of(model, data, num)
        medium, shown = model.medium, beside(model, conditions.get("labels"), given.shown, given.real)
        save_png(medium.page(made, shown), path)
        if medium.moves:
            write_film(medium.film(made[None], shown), path.with_suffix(".gif"), medium.fps)

    def _classified(self, trainer: Trainer, model: AdaptationModule) -> Tensor:
        data: GANDataModule = trainer.datamodule  # type: ignore[attr-defined]
        rows = data.examples(self.num or CLASSIFIED)
        with evaluating(model):
            return classified_sheet(model, LoadedBatch(rows).to(model.device).batch.target)

    def _translated(self, trainer: Trainer, model: TranslationModule) -> Tensor:
        data: GANDataModule = trainer.datamodule  # type: ignore[attr-defined]
        rows = data.examples(isqrt(self.num or model.medium.usual))
        with evaluating(model.picture_maker()):
            return translated_sheet(model, LoadedBatch(rows).to(model.device).batch)
