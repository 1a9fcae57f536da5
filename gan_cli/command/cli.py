"""`gan fit` on LightningCLI: its parser, the run that it begins or continues, and its messages."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, Literal, cast

from jsonargparse import Namespace
from lightning.pytorch import Trainer
from lightning.pytorch.cli import LightningArgumentParser, LightningCLI

from gan_cli import home, plugins, ranges, runs
from gan_cli.callbacks.call_timer import CallTimer
from gan_cli.callbacks.evaluation import Evaluation
from gan_cli.callbacks.loggers import cut_back
from gan_cli.callbacks.progress import FitProgress, Throughput, UnreadableFiles
from gan_cli.callbacks.run_checkpoint import RunCheckpoint, is_dry_run
from gan_cli.callbacks.run_length import RunLength
from gan_cli.callbacks.run_sessions import RunSessions
from gan_cli.callbacks.sample_grid import SampleGrid
from gan_cli.callbacks.set_measures import SetMeasures
from gan_cli.callbacks.threads import Threads
from gan_cli.callbacks.watchdog import Watchdog
from gan_cli.command import attempts, beginning, endings, lengths, resuming, settings, stages, trainer
from gan_cli.command.choices import choices
from gan_cli.command.parser import Parser, normalised, parsed
from gan_cli.command.run_config import SaveRunConfig
from gan_cli.command.running import hush, is_first, say
from gan_cli.command.trainer import put_in
from gan_cli.data import GANDataModule
from gan_cli.devices import driver, float32, precision, trainer_flags
from gan_cli.devices.cores import cores
from gan_cli.devices.launchers import handed_on
from gan_cli.errors import RunFailed, UserError
from gan_cli.inference import checkpoints, transfer
from gan_cli.inference.trainers import trainer_or_error
from gan_cli.ranges import Range
from gan_cli.reports import report
from gan_cli.variants import AdversarialModule
from gan_cli.variants.base import RECORD

LightningSeed = Annotated[int, Range(0, 2**32 - 1)]
"""What Lightning can set the global generators to."""


class GANCLI(LightningCLI):
    """`gan fit` as a class: `GANCLI(["fit", "--config", "dcgan.yaml"])` does what the shell command does.

    Args:
        args: The words of the command line, "fit" first; those of the process if not given.

    Attributes:
        modules: The modules that define the variant and the data set, where these are none of ours.

    Raises:
        UserError: If something asked for cannot be done.
        RunFailed: If the run went wrong, or was interrupted.
    """

    def __init__(self, args: Sequence[str] | None = None) -> None:
        hush()
        home.settle()
        self.resumed: Path | None = None
        super().__init__(
            AdversarialModule,
            GANDataModule,
            subclass_mode_model=True,
            subclass_mode_data=True,
            save_config_callback=SaveRunConfig,
            trainer_defaults=trainer.DEFAULTS,
            seed_everything_default=0,
            parser_class=Parser,
            parser_kwargs={
                "fit": {"description": "All that gan fit takes; --model.help DCGAN shows what a variant does"}
            },
            args=[home.expanded(word) for word in (sys.argv[1:] if args is None else args)],
            auto_configure_optimizers=False,
            load_from_checkpoint_support=False,
        )

    # The parsers

    @staticmethod
    def subcommands() -> dict[str, set[str]]:
        return {"fit": {"model", "train_dataloaders", "val_dataloaders", "datamodule", "weights_only"}}

    def add_arguments_to_parser(self, parser: LightningArgumentParser) -> None:
        parser.add_argument("--name", type=str | None, help="A name for the run, part of its folder's name")
        parser.add_argument(
            "--length",
            type=str | None,
            help='How long the run is, such as "25 passes" or "20000 kimg", both of all processes, or "100000 '
            'generator_steps"; it ends where learning rates fall to 0',
        )
        parser.add_argument(
            "--init",
            type=str | None,
            metavar="CKPT",
            help="A checkpoint or a run to begin with: weights that fit by name and shape are taken, and of the same "
            "variant its settings; counters and optimizers are new",
        )
        parser.add_argument(
            "--rollback",
            type=bool,
            default=False,
            help="Where a loss is no longer finite, go back to the last checkpoint, with other noise and halved rates",
        )
        parser.add_argument(
            "--auto_accumulate",
            type=bool,
            default=False,
            help="Where memory does not suffice, go on with batches cut into twice as many parts (--model.accumulate)",
        )
        parser.add_argument(
            "--threads",
            type=int | Literal["auto"] | None,
            help="Threads of a step on a CPU, kept with the run; auto times a few steps; PyTorch's number if left out",
        )
        parser.add_argument(
            "--tf32",
            type=bool,
            default=False,
            help="Let GPUs round what they multiply of float32 to TF32, which is faster; penalties and scores never do",
        )
        parser.add_argument(
            "--report", type=bool, default=True, help="End by writing report.html, a page of the run, into its folder"
        )
        parser.add_argument(
            "--module", type=str | None, metavar="NAME", help="Module of yours with variants or data sets; repeatable"
        )
        parser.add_lightning_class_args(RunCheckpoint, "checkpoint")
        parser.add_lightning_class_args(SampleGrid, "samples")
        parser.add_lightning_class_args(Evaluation, "evaluation")

    def parse_arguments(self, parser: LightningArgumentParser, args: Any) -> None:
        words = normalised(args)
        chosen = choices(words)
        if (completed := beginning.with_variant(words, chosen)) != words:
            chosen = choices(completed)
        options = cast(Parser, self._subcommand_parsers["fit"])
        self.config, self.typed = (
            parsed(cast(Parser, parser), chosen, options=options, required=True, defaults=defaults)
            for defaults in (True, False)
        )
        lengths.settle(self.config.fit, chosen)
        homes = [plugins.home(kind, chosen.modules) for kind in chosen.classes.values()]
        self.modules = tuple(dict.fromkeys(name for name in homes if name))

    # From the words to a model, a data module and a trainer

    def _parse_ckpt_path(self) -> None:
        """Finds the run to go on with; Lightning would lay the checkpoint's values over what was typed."""
        config = self.config.fit
        self._check_fit(config)
        beginning.settle(config, self.typed.fit)
        if config.ckpt_path is None:
            if config.init is not None:
                beginning.inherit(beginning.read(config.init), config, self.typed.fit)
            facts = settings.tell_model_about_data(config, self.typed.fit)
            stages.tell_model_about_first_stage(config, self.typed.fit, facts)
            return
        self.resumed = self._checkpoint_to_resume(config)
        config.ckpt_path = str(self.resumed)
        content = checkpoints.read(self.resumed)
        stages.check_resumed(content, config, self.typed.fit)
        for note in resuming.take_over(content, config, self.typed.fit):
            say(note)

    def _check_fit(self, config: Namespace) -> None:
        """Refuses what would only fail later, or in a worse place."""
        made_later = trainer_flags.OBJECTS
        trainer_flags.check({name: value for name, value in vars(config.trainer).items() if name not in made_later})
        if config.name is not None:
            runs.check_name(config.name)
        if not isinstance(config.seed_everything, bool):
            ranges.check_one("seed_everything", LightningSeed, config.seed_everything)
        self.length = lengths.read(config.length)
        if isinstance(config.threads, int) and not 1 <= config.threads <= cores():
            raise UserError(f"threads: {config.threads} is not possible; take 1 to {cores()}, the cores here, or auto")

    def instantiate_classes(self) -> None:
        config = self.config.clone()
        # These two and our loggers are made here, not by jsonargparse, which would bury what they say of a value.
        self.model, self.datamodule = settings.made(config.fit.pop("model")), settings.made(config.fit.pop("data"))
        self.model.trusted = self.modules
        if self.resumed is None:
            stages.take(self.model)
        if self.resumed is None and config.fit.init is not None:
            transfer.take(self.model, beginning.read(config.fit.init), Path(config.fit.init))
            say(beginning.said(self.model.origin))
        float32.allow_tf32(config.fit.tf32)
        ours = [settings.made(logger) for logger in trainer.loggers_of_ours(config.fit.trainer)]
        self.config_init = self.parser.instantiate(config)
        self.config_init.fit.trainer.logger = trainer.with_loggers(self.config_init.fit.trainer.logger, ours)
        self.trainer = self.instantiate_trainer()

    def instantiate_trainer(self, **kwargs: Any) -> Trainer:
        """The trainer with the parts of every run: our logger first, atomic checkpoints."""
        options = self._get(self.config_init, "trainer")
        trainer.check(options)
        typed = {name for name in trainer_flags.FLAGS if f"trainer.{name}" in self.typed.fit}
        kwargs |= trainer.options_of_run(options, typed)
        if (self.length or self.model.rates_end) and options["max_epochs"] is None:
            kwargs["max_epochs"] = -1  # Lightning's own is 1000 where nobody says a length
        return trainer_or_error(lambda: super(GANCLI, self).instantiate_trainer(**kwargs))

    def _instantiate_trainer(self, config: dict[str, Any], callbacks: list[Any]) -> Trainer:
        if config.get("max_time") is not None:
            callbacks = [*callbacks, CallTimer(config["max_time"])]
        shown = [] if config.get("enable_progress_bar") is False else [FitProgress()]
        made = super()._instantiate_trainer(
            config,
            [
                *(RunLength(self.length), *callbacks, SetMeasures(), Throughput(), UnreadableFiles(), Watchdog()),
                *(Threads(self.config.fit.threads), RunSessions(self.modules), *shown),
            ],
        )
        driver.ask_cheaply()
        trainer.pass_over_idle_hooks(self.model, *made.callbacks)  # type: ignore[attr-defined]
        return made

    @property
    def run_folder(self) -> Path:
        """Where the run is kept; not known before training begins, and in other processes not before that."""
        return Path(self.trainer.loggers[0].save_dir or ".")

    @contextmanager
    def _in_its_folder(self) -> Iterator[None]:
        """Within the block the run has a folder of its own: the one that it goes on in, or a new one."""
        if is_dry_run(self.trainer) or not is_first():  # SaveRunConfig tells the other processes
            yield
            return
        options = self.config.fit.trainer
        if self.resumed is not None and (self.resumed.parent / "config.yaml").is_file():
            place = runs.held(self.resumed.parent)
        else:
            place = runs.claimed(Path(options.default_root_dir or "checkpoints"), settings.family_of(self.config.fit))
        with place as folder:
            put_in(self.trainer, folder)
            yield

    def _checkpoint_to_resume(self, config: Namespace) -> Path:
        if config.ckpt_path != "last":
            return checkpoints.resolve(config.ckpt_path)
        root = Path(config.trainer.default_root_dir or "checkpoints")
        return handed_on(lambda: resuming.last(root, config, self.typed.fit))

    # Training, and what is said before and after it

    def _run_subcommand(self, subcommand: str) -> None:
        with self._in_its_folder():
            try:
                attempts.train(self, lambda: super(GANCLI, self)._run_subcommand(subcommand))
            except RunFailed:  # stopped or gone wrong: the page shows how far the run got
                self._report()
                raise

    def _report(self) -> None:
        """Writes the run's page from what exists already; pictures that take time are left to `gan report`."""
        if not self.config.fit.report or is_dry_run(self.trainer) or not is_first():
            return
        folder = self.run_folder
        if not (folder / runs.SESSIONS).is_file():
            return
        page, last = folder / report.FILE, folder / runs.LAST
        try:
            report.write(folder, page, last if last.is_file() else None, positions=report.QUICK)
        except Exception as error:  # whatever it is, the run itself is whole
            say(f"note: no report was written ({error or type(error).__name__}); gan report {folder} tries anew")
        else:
            say(f"report: {page}")

    def before_fit(self) -> None:
        """Continues the run's metrics from the checkpoint's step."""
        if self.config.fit.auto_accumulate and self.trainer.world_size > 1:
            raise UserError(
                "auto_accumulate: true is possible in one process alone, the others would wait for it; type "
                "--model.accumulate"
            )
        self._before = 0, 0
        if self.resumed is not None:
            self._go_on(self.resumed)
        if is_first() and not is_dry_run(self.trainer):
            cut_back(self.run_folder, self._before[0])
        chosen, accelerator = (self.config.fit.trainer[name] for name in ("precision", "accelerator"))
        in_float32 = self.resumed is None and precision.full_name(chosen) == "32-true"
        if in_float32 and precision.has_bfloat16(accelerator):
            or_rounded = ", as is --tf32 true" if precision.on_gpus(accelerator) and not self.config.fit.tf32 else ""
            say(
                f"note: there are units for bfloat16 here; --trainer.precision bf16-mixed is usually faster{or_rounded}"
            )

    def _go_on(self, resumed: Path) -> None:
        """Prepares the trainer for the checkpoint that is gone on with."""
        content = checkpoints.read(resumed, tensors=False)
        self._before = step, epochs = content[RECORD]["counters"]["batches"], endings.epochs_of(content)
        endings.make_room(self.trainer, step, epochs)
        if note := resuming.processes_note(content[RECORD], self.trainer.world_size):
            say(note)
        say(f"going on with {resumed} after step {step}")

    def after_fit(self) -> None:
        """Tells what was written, and what to type next."""
        step, epochs = self._before
        if self.model.counters.batches == step:
            reason = endings.why_nothing(self.trainer, self.config.fit.trainer.max_epochs, epochs)
            say(f"nothing was trained: {reason}")
        if broken := self.datamodule.unreadable_files():
            named = ", ".join(map(str, broken[:3])) + (", ..." if broken[3:] else "")
            say(f"unreadable files, for which others stood in: {len(broken)} ({named})")
        self._report()
        last = self.run_folder / runs.LAST
        if last.is_file() and not is_dry_run(self.trainer):
            say(
                f"pictures: {self.run_folder / 'samples'}\ncheckpoint: {last}\n"
                f"next: gan {self.model.VERB} --ckpt {last}{plugins.options(self.modules)}"
            )
