"""The `gan` command on LightningCLI: its verbs, what data tells the model, resuming, and what is printed."""

import errno
import logging
import re
import signal
import sys
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from jsonargparse import Namespace
from lightning.pytorch import Trainer
from lightning.pytorch.cli import LightningArgumentParser, LightningCLI, SaveConfigCallback
from lightning.pytorch.utilities.exceptions import SIGTERMException
from lightning.pytorch.utilities.rank_zero import rank_zero_only
from rich.console import Console

from gan_cli import runs
from gan_cli.callbacks.atomic_checkpoint_io import AtomicCheckpointIO
from gan_cli.callbacks.evaluation import Evaluation
from gan_cli.callbacks.loggers import RunLogger, Wandb, cut_back
from gan_cli.callbacks.progress import FitProgress, Throughput, UnreadableFiles
from gan_cli.callbacks.run_checkpoint import Interrupted, RunCheckpoint, is_dry_run
from gan_cli.callbacks.run_sessions import RunSessions
from gan_cli.callbacks.sample_grid import SampleGrid
from gan_cli.callbacks.set_measures import SetMeasures
from gan_cli.callbacks.watchdog import Watchdog
from gan_cli.command import options as verbs
from gan_cli.command import settings
from gan_cli.command.parser import Parser, normalised
from gan_cli.data import GANDataModule
from gan_cli.devices import memory, precision
from gan_cli.devices.launchers import environment, placed
from gan_cli.devices.strategy import PlayersDDP
from gan_cli.errors import Diverged, RunFailed, UserError
from gan_cli.evaluation.neighbours import neighbours
from gan_cli.evaluation.testing import score_and_write
from gan_cli.files import write_atomically
from gan_cli.inference import checkpoints
from gan_cli.inference.arithmetic import arithmetic
from gan_cli.inference.interpolate import interpolate
from gan_cli.inference.probe import probe
from gan_cli.inference.rendering import latents_of
from gan_cli.inference.sample import sample
from gan_cli.inference.trainers import check_precision, trainer_or_error
from gan_cli.inference.translate import newest_translator, translate
from gan_cli.inference.validation import evaluate
from gan_cli.reports import report
from gan_cli.reports.run_record import SESSIONS
from gan_cli.variants import AdversarialModule
from gan_cli.variants.base import RECORD
from gan_cli.variants.translation import TranslationModule

TRAINER_DEFAULTS = {
    "default_root_dir": "checkpoints",
    "log_every_n_steps": 50,
    "val_check_interval": 500,  # batches: check_val_every_n_epoch is off, an epoch of a small set is over in no time
    "check_val_every_n_epoch": None,
    "limit_val_batches": 8,
    "num_sanity_val_steps": 0,
    "enable_model_summary": False,
    "use_distributed_sampler": False,
    "devices": 1,
}

REFUSED_TRAINER_KEYS = {
    "gradient_clip_val": "--model.generator_clip_norm and --model.discriminator_clip_norm",
    "gradient_clip_algorithm": "--model.generator_clip_norm and --model.discriminator_clip_norm",
    "accumulate_grad_batches": "--model.accumulate",
}
"""What Lightning refuses with two players, and what to type instead."""


ATTEMPTS = 3
"""How often a run goes back to its last checkpoint at most."""

NO_SUCH_PLACE = (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOENT, errno.ENOTDIR, errno.EEXIST, errno.EISDIR)
NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)
GO_ON = {"fit": " with --ckpt_path last", "translate": " with --skip-existing"}
"""How a verb goes on where it was stopped."""
REASONS = 20
"""Refused inputs that are named at most."""


def hush() -> None:
    """Turns off Lightning's chatter about devices, tips and things this tool does on purpose."""
    for name in ("lightning", "lightning.pytorch", "lightning.fabric"):
        logging.getLogger(name).setLevel(logging.WARNING)
    warnings.filterwarnings("ignore", module=r"lightning\..*")
    warnings.filterwarnings("ignore", module=r"PIL\..*")  # what matters is said of the file by its name


def run(arguments: Sequence[str] | None = None) -> None:
    """Runs a command line, with Lightning's chatter off and errors of the file system made short.

    Raises:
        UserError: If something asked for cannot be done.
        RunFailed: If the run went wrong, or was interrupted.
    """
    hush()
    with short_errors((arguments or sys.argv[1:])[0]):
        GANCLI(arguments)


@contextmanager
def short_errors(verb: str) -> Iterator[None]:
    """Says what the file system and the memory refuse in a line or two.

    Args:
        verb: What is run.

    Raises:
        UserError: If a place cannot be written.
        RunFailed: If there is no more room.
    """
    try:
        yield
    except (RuntimeError, MemoryError) as error:
        if isinstance(error, RunFailed) or not memory.is_out_of_memory(error):
            raise
        raise RunFailed(f"out of memory ({memory.memory_in_use()}); try a lower --batch_size, or --tile") from error
    except OSError as error:
        if error.errno in NO_SUCH_PLACE:
            raise UserError(f"{error.filename} cannot be written ({error.strerror}); name another place") from error
        if error.errno in NO_ROOM:
            raise RunFailed(
                f"{error.filename} could not be written ({error.strerror}); what was there before is whole\n"
                f"Make room, then go on{GO_ON.get(verb, '')}"
            ) from error
        raise


class SaveRunConfig(SaveConfigCallback):
    """Writes the run's `config.yaml`, so that `gan fit --config .../config.yaml` trains the same anew."""

    def setup(self, trainer: Trainer, pl_module: Any, stage: str) -> None:
        if trainer.is_global_zero and not is_dry_run(trainer):
            config = self.config.clone()
            config.pop("config", None)
            config.ckpt_path = None
            text = self.parser.dump(config, skip_unset=False)
            folder = Path(trainer.loggers[0].save_dir or ".")
            write_atomically(folder / "config.yaml", lambda file: file.write(text.encode()))
            _say(f"run: {folder}")


class GANCLI(LightningCLI):
    """The command as a class: `GANCLI(["fit", "--config", "dcgan.yaml"])` does what the shell command does.

    Args:
        args: The words of the command line; those of the process if not given.

    Raises:
        UserError: If something asked for cannot be done.
        RunFailed: If the run went wrong, or was interrupted.
    """

    def __init__(self, args: Sequence[str] | None = None) -> None:
        self.resumed: Path | None = None
        self.begun: Path | None = None  # the run's folder, where one begins anew in it
        super().__init__(
            AdversarialModule,
            GANDataModule,
            subclass_mode_model=True,
            subclass_mode_data=True,
            save_config_callback=SaveRunConfig,
            trainer_defaults=TRAINER_DEFAULTS,
            seed_everything_default=0,
            parser_class=Parser,
            args=list(sys.argv[1:] if args is None else args),
            auto_configure_optimizers=False,
            load_from_checkpoint_support=False,
        )

    # The parsers

    @staticmethod
    def subcommands() -> dict[str, set[str]]:
        skipped = {"model", "train_dataloaders", "val_dataloaders", "datamodule", "weights_only"}
        return dict.fromkeys(verbs.VERBS, skipped)

    def _prepare_subcommand_parser(self, klass: type, subcommand: str, **kwargs: Any) -> LightningArgumentParser:
        add_options = verbs.VERBS[subcommand].add_options
        if add_options is None:
            return super()._prepare_subcommand_parser(klass, subcommand, **kwargs)
        parser = Parser(description=verbs.VERBS[subcommand].summary)
        add_options(parser)
        if subcommand in verbs.TAKE_DATA:
            parser.add_lightning_class_args(GANDataModule, "data", subclass_mode=True, required=False)
        return parser

    def _add_subcommands(self, parser: LightningArgumentParser, **kwargs: Any) -> None:
        self._subcommand_parsers = {}
        added = parser.add_subcommands()
        for name, verb in verbs.VERBS.items():
            subparser = self._prepare_subcommand_parser(Trainer, name, **kwargs.get(name, {}))
            self._subcommand_parsers[name] = subparser
            added.add_subcommand(name, subparser, help=verb.summary)

    def add_arguments_to_parser(self, parser: LightningArgumentParser) -> None:
        parser.add_argument("--name", type=str | None, help="A name for the run, part of its folder's name")
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
            "--report", type=bool, default=True, help="End by writing report.html, a page of the run, into its folder"
        )
        parser.add_lightning_class_args(RunCheckpoint, "checkpoint")
        parser.add_lightning_class_args(SampleGrid, "samples")
        parser.add_lightning_class_args(Evaluation, "evaluation")

    def parse_arguments(self, parser: LightningArgumentParser, args: Any) -> None:
        words = normalised(args)
        self.config = parser.parse_args(words)
        self.typed = parser.parse_args(words, defaults=False)

    # From the words to a model, a data module and a trainer

    def _parse_ckpt_path(self) -> None:
        """Finds the run to go on with; Lightning would lay the checkpoint's values over what was typed."""
        config = self.config.get("fit")
        if config is None:
            return
        self._check_fit(config)
        if config.ckpt_path is None:
            settings.tell_model_about_data(config, self.typed.fit)
            return
        self.resumed = self._checkpoint_to_resume(config)
        config.ckpt_path = str(self.resumed)
        content = checkpoints.read(self.resumed)
        settings.take_over_data(content, config, self.typed.fit)
        facts = settings.tell_model_about_data(config, self.typed.fit)
        settings.take_over(content, config, self.typed.fit, facts)
        if note := settings.batch_size_note(content, config):
            _say(note)

    def _check_fit(self, config: Namespace) -> None:
        """Refuses what would only fail later, or in a worse place."""
        check_precision(config.trainer.precision)
        if config.name is not None and not re.fullmatch(r"[\w.-]+", config.name):
            raise UserError(f"name: {config.name!r} is part of a folder's name; take letters, digits, '.', '_' and '-'")
        if config.seed_everything is not True and config.seed_everything < 0:
            raise UserError(f"seed_everything: {config.seed_everything} is not possible; take 0 or more")
        if config.trainer.val_check_interval == 0:
            raise UserError("trainer.val_check_interval: 0 is not possible; --trainer.limit_val_batches 0 turns it off")

    def _set_seed(self) -> None:
        if self.subcommand == "fit":
            super()._set_seed()

    def instantiate_classes(self) -> None:
        if self.subcommand != "fit":
            return
        config = self.config.clone()
        # These two are made here, not by jsonargparse, which would bury what they say of a wrong value.
        self.model, self.datamodule = settings.made(config.fit.pop("model")), settings.made(config.fit.pop("data"))
        self.config_init = self.parser.instantiate(config)
        self.trainer = self.instantiate_trainer()

    def instantiate_trainer(self, **kwargs: Any) -> Trainer:
        """The trainer with what every run has: its folder, our logger first, atomic checkpoints."""
        options = self._get(self.config_init, "trainer")
        for key, ours in REFUSED_TRAINER_KEYS.items():
            if options.get(key) not in (None, 1 if key == "accumulate_grad_batches" else None):
                raise UserError(f"trainer.{key}: not possible with two players; type {ours} instead")
        if options.get("use_distributed_sampler"):
            raise UserError("trainer.use_distributed_sampler: true is not possible, our samplers deal the images out")
        if options.get("logger") is False:
            raise UserError("trainer.logger: false is not possible, metrics.csv belongs to a run; leave it out")
        self.run_folder = self._run_folder(options.get("default_root_dir"))
        if options.get("sync_batchnorm") and not precision.on_gpus(options["accelerator"]):
            raise UserError("trainer.sync_batchnorm: true is possible on GPUs alone; leave it out")
        given = options.get("logger")
        extra = given if isinstance(given, list) else [given] if given not in (None, True) else []
        for logger in extra:
            if isinstance(logger, Wandb):
                logger.put_in(self.run_folder)
        typed = {name for name in ("devices", "num_nodes") if f"trainer.{name}" in self.typed.fit}
        devices, num_nodes = placed(options["devices"], options["num_nodes"], typed)
        plugins = options.get("plugins") or []
        kwargs |= {
            "devices": devices,
            "num_nodes": num_nodes,
            "logger": [RunLogger(self.run_folder), *extra],
            "plugins": [*(plugins if isinstance(plugins, list) else [plugins]), AtomicCheckpointIO(), *environment()],
        }
        if options["strategy"] in ("auto", "ddp") and (str(devices) != "1" or num_nodes != 1):
            # While one player descends the other is frozen, which plain ddp takes for an error.
            kwargs["strategy"] = PlayersDDP()
            kwargs["sync_batchnorm"] = options["sync_batchnorm"] or precision.on_gpus(options["accelerator"])
        return trainer_or_error(lambda: super(GANCLI, self).instantiate_trainer(**kwargs))

    def _instantiate_trainer(self, config: dict[str, Any], callbacks: list[Any]) -> Trainer:
        shown = [] if config.get("enable_progress_bar") is False else [FitProgress()]
        return super()._instantiate_trainer(
            config, [*callbacks, SetMeasures(), Throughput(), UnreadableFiles(), Watchdog(), RunSessions(), *shown]
        )

    def _run_folder(self, root: str | None) -> Path:
        if self.begun is not None:
            return self.begun
        if self.resumed is not None and (self.resumed.parent / "config.yaml").is_file():
            return self.resumed.parent
        return runs.new_run(Path(root or "checkpoints"), settings.family_of(self.config.fit))

    def _checkpoint_to_resume(self, config: Namespace) -> Path:
        if config.ckpt_path != "last":
            return checkpoints.resolve(config.ckpt_path)
        root, family = Path(config.trainer.default_root_dir or "checkpoints"), settings.family_of(config)
        newest = runs.newest_checkpoint(root, family)
        if newest is None:
            raise UserError(
                f"ckpt_path: no run {root / family} is there to go on with; leave --ckpt_path out to start one"
            )
        return newest

    # The verbs

    def _run_subcommand(self, subcommand: str) -> None:
        if subcommand == "fit":
            try:
                self._fit()
            except RunFailed:  # stopped or gone wrong: the page shows how far it came
                self._report()
                raise
            return
        options = self.config[subcommand]
        model: AdversarialModule
        if subcommand == "translate" and options.ckpt is None:
            path, model = newest_translator(options.direction, options.module)
        else:
            path = checkpoints.resolve(options.ckpt)
            model = checkpoints.load_model(path, options.module)
        if options.ckpt is None:
            _say(f"checkpoint: {path}")
        if subcommand in ("validate", "test"):
            self._evaluate(subcommand, model, path)
        elif subcommand == "probe":
            self._probe(model, path)
        elif subcommand == "neighbours":
            self._neighbours(model, path)
        elif subcommand == "translate":
            self._translate(model, path)
        else:
            make = {"sample": sample, "interpolate": interpolate, "arithmetic": arithmetic}[subcommand]
            for place in make(model, path.parent / "pictures", options, options.trainer.as_dict()):
                _say(f"written: {place}")

    def _fit(self) -> None:
        """Trains, again and again where `--rollback` or `--auto_accumulate` has an answer to what went wrong."""
        while True:
            try:
                return super()._run_subcommand("fit")
            except SIGTERMException as error:  # before RunCheckpoint listens; Lightning would end with 0
                raise Interrupted(signal.SIGTERM) from error
            except Diverged as error:
                self._go_back(error)
            except (RuntimeError, MemoryError) as error:
                if not memory.is_out_of_memory(error):
                    raise
                self._accumulate_more(error)

    def _report(self) -> None:
        """Writes the run's page, of what there is: pictures that take time are left to `gan report`."""
        written = self.config.fit.report and (self.run_folder / SESSIONS).is_file() and not is_dry_run(self.trainer)
        if not written or getattr(rank_zero_only, "rank", 0) != 0:
            return
        folder = self.run_folder
        page, last = folder / report.FILE, folder / runs.LAST
        try:
            report.write(folder, page, last if last.is_file() else None, positions=report.QUICK)
        except Exception as error:  # whatever it is, the run itself is whole
            _say(f"note: no report was written ({error or type(error).__name__}); gan report {folder} tries anew")
        else:
            _say(f"report: {page}")

    def _go_back(self, error: Diverged) -> None:
        """Goes back to the last checkpoint as another attempt, at most three times."""
        last = self.run_folder / runs.LAST
        if not self.config.fit.rollback or not last.is_file():
            raise error
        attempt = self.model.attempt + 1
        if attempt > ATTEMPTS:
            raise RunFailed(f"going back has not helped {ATTEMPTS} times: {error}") from error
        _say(f"{str(error).splitlines()[0]}\ngoing back to {last} with halved learning rates, attempt {attempt}")
        self._begin_anew()
        self.model.further_attempts = attempt - checkpoints.read(last)[RECORD]["attempt"]

    def _accumulate_more(self, error: RuntimeError | MemoryError) -> None:
        """Goes on with batches cut into twice as many parts, down to one image each."""
        parts, batch_size = 2 * self.model.accumulate, self.datamodule.batch_size
        said = f"out of memory after step {self.model.counters.batches}, with {memory.memory_in_use()}"
        if not self.config.fit.auto_accumulate or parts > batch_size or self.trainer.world_size > 1:
            ways = [f"Lower --data.batch_size {batch_size}"]
            if parts <= batch_size:
                ways.append(f"or type --model.accumulate {parts}, which cuts each batch into parts")
            raise RunFailed(f"{said}\n{', '.join(ways)}") from error
        _say(f"{said}\ngoing on with --model.accumulate {parts}")
        error.__traceback__ = None  # its frames hold the tensors that were too many
        self.config.fit.model.init_args.accumulate = parts
        self._begin_anew()

    def _begin_anew(self) -> None:
        """Makes model, data and trainer anew in the run's folder, to go on with its last checkpoint if there is one."""
        self.begun, last = self.run_folder, self.run_folder / runs.LAST
        self.resumed = last if last.is_file() else None
        self.config.fit.ckpt_path = self.resumed and str(self.resumed)
        del self.trainer, self.model, self.datamodule
        memory.free_memory()
        self._set_seed()
        self.instantiate_classes()

    def _evaluate(self, verb: str, model: AdversarialModule, path: Path) -> None:
        data = self._data_of(verb, model, path)
        options = self.config[verb]
        results, device = evaluate(verb, model, data, options.trainer.as_dict(), [SetMeasures()])
        if verb == "test":
            score_and_write(model.to(device), data, results, path, options)
        if results:
            _say("\n".join(f"{name}: {value:.4f}" for name, value in results.items()))

    def _data_of(self, verb: str, model: AdversarialModule, path: Path) -> GANDataModule:
        """The data set that was typed, of the model's size if none was, or the checkpoint's."""
        typed = self.config[verb].get("data")
        sized = typed and "image_size" in typed.init_args
        if sized and "image_size" not in (self.typed[verb].get("data.init_args") or {}):
            typed.init_args.image_size = model.data_facts.get("image_size") or typed.init_args.image_size
        data: GANDataModule = settings.made(typed) if typed else checkpoints.data_set(path)
        return data

    def _probe(self, model: AdversarialModule, path: Path) -> None:
        options = self.config.probe
        found = probe(model, path, self._data_of("probe", model, path), options, options.trainer.as_dict())
        if found is not None:  # another process has it
            Console().print(found.table)
            _say(f"written: {found.path}")

    def _neighbours(self, model: AdversarialModule, path: Path) -> None:
        options = self.config.neighbours
        latents_of(model, [0])  # refuses a model that makes images from images before its data is looked for
        data = self._data_of("neighbours", model, path)
        found = neighbours(model, path, data, options, options.trainer.as_dict())
        if found is not None:  # another process has it
            Console().print(found.table)
            _say("\n".join([found.verdict, *(f"written: {place}" for place in found.paths)]))

    def _translate(self, model: AdversarialModule, path: Path) -> None:
        options = self.config.translate
        data = partial(checkpoints.data_set, path)
        summary = translate(model, path.parent / "pictures", options, options.trainer.as_dict(), data)
        if summary is None:  # another process has it
            return
        for place, reason in summary.refused[:REASONS]:
            _say(f"refused: {place}: {reason}")
        for place in summary.places:
            _say(f"written: {place}")
        _say(f"{summary.done} done, {summary.skipped} skipped, {len(summary.refused)} refused")
        if summary.refused:
            raise RunFailed(f"{len(summary.refused)} of the inputs could not be translated; see above")

    def before_fit(self) -> None:
        """Takes up the run's metrics where the checkpoint leaves them."""
        if self.config.fit.auto_accumulate and self.trainer.world_size > 1:
            raise UserError(
                "auto_accumulate: true is possible in one process alone, the others would wait for it; type "
                "--model.accumulate"
            )
        first = getattr(rank_zero_only, "rank", 0) == 0
        record = checkpoints.read(self.resumed)[RECORD] if self.resumed else {"counters": {"batches": 0}}
        step = record["counters"]["batches"]
        if first:
            cut_back(self.run_folder, step)
        if first and self.resumed is not None:
            if note := settings.processes_note(record, self.trainer.world_size):
                _say(note)
            _say(f"going on with {self.resumed} after step {step}")
            if 0 < self.trainer.max_steps <= step:
                _say(f"nothing is left to do: the run ended at --trainer.max_steps {self.trainer.max_steps}")
        options = self.config.fit.trainer
        if str(options.precision or 32).startswith("32") and precision.has_bfloat16(options.accelerator):
            _say("note: there are units for bfloat16 here; --trainer.precision bf16-mixed is usually faster")
        _, decayed = self.model.lr_decay
        last = decayed * self.model.n_critic
        if decayed and self.trainer.max_steps > last:
            _say(f"note: model.lr_decay_end is {decayed}: after {last} batches nothing is learned")

    def after_fit(self) -> None:
        """Says what there is now, and what to type next."""
        if broken := self.datamodule.unreadable_files():
            named = ", ".join(map(str, broken[:3])) + (", ..." if broken[3:] else "")
            _say(f"unreadable files, for which others stood in: {len(broken)} ({named})")
        self._report()
        last = self.run_folder / runs.LAST
        module = type(self.model).__module__
        trusted = "" if module.startswith("gan_cli.") else f" --module {module}"
        verb = "translate" if isinstance(self.model, TranslationModule) else "sample"
        if last.is_file():
            _say(
                f"pictures: {self.run_folder / 'samples'}\ncheckpoint: {last}\nnext: gan {verb} --ckpt {last}{trusted}"
            )


def _say(text: str) -> None:
    if getattr(rank_zero_only, "rank", 0) == 0:
        print(text, flush=True)
