"""The parsers of verbs, and the options that several of them share. No torch is needed to show them."""

import argparse
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from jsonargparse import ActionYesNo, ArgumentParser, Namespace

from gan_cli.errors import UserError
from gan_cli.ranges import BatchSize, Few, Many, Seed, Threshold, Truncation

AddOptions = Callable[[ArgumentParser], None]


class CompactHelp(argparse.HelpFormatter):
    """One line an option: what it is for, and its default where it has one."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, max_help_position=36, width=120)

    def _get_help_string(self, action: argparse.Action) -> str:
        has_default = action.default not in (None, argparse.SUPPRESS) and not isinstance(action.default, bool)
        return f"{action.help}{' (%(default)s)' if has_default else ''}"


class Options(NamedTuple):
    """The options of a verb.

    Attributes:
        all: Every option with its value; `module` has the names of the imported modules.
        typed: The same without defaults.
    """

    all: Namespace
    typed: Namespace


def light_parser(name: str, summary: str, add_options: AddOptions) -> ArgumentParser:
    """A verb's parser, as far as it can be made without torch: enough for its help."""
    parser = ArgumentParser(
        prog=f"gan {name}",
        description=summary,
        formatter_class=CompactHelp,
        default_env=False,
        exit_on_error=False,
    )
    add_options(parser)
    return parser


def light(name: str, add_options: AddOptions, words: Sequence[str]) -> Namespace:
    """The options of a verb that needs no torch to read them.

    Raises:
        UserError: If something was typed that the verb does not take.
    """
    try:
        found = light_parser(name, "", add_options).parse_args(list(words))
    except argparse.ArgumentError as error:
        first, *more = map(str.strip, str(error).splitlines())
        reason = f"{first} {more[0]}" if first.endswith(":") and more else first
        raise UserError(f"{name}: {reason}\ngan {name} --help shows what it takes") from error
    if "module" in found:
        found.module = tuple(found.module or ())
    return found


def parsed(name: str, add_options: AddOptions, words: Sequence[str]) -> Options:
    """The options of a verb that works with torch; the modules that were typed are imported.

    Args:
        name: The verb.
        add_options: Adds what the verb takes.
        words: What was typed after it.

    Raises:
        UserError: If something is unknown, missing or not possible.
    """
    from gan_cli.command.choices import choices
    from gan_cli.command.parser import Parser, normalised
    from gan_cli.command.parser import parsed as understood
    from gan_cli.command.running import hush
    from gan_cli.devices import float32

    hush()
    chosen = choices(normalised([name, *words])[1:])
    parser = Parser(prog=f"gan {name}")
    add_options(parser)
    found, typed = (understood(parser, chosen, defaults=defaults) for defaults in (True, False))
    found.module = chosen.modules
    if "tf32" in found:
        float32.allow_tf32(found.tf32)
    return Options(found, typed)


def page(typed: str | None) -> Path | None:
    """The file for a page, as typed.

    Raises:
        UserError: If it is not the name of a page.
    """
    if typed is not None and Path(typed).suffix.lower() not in (".html", ".htm"):
        raise UserError(f"output: {typed} is no page; take a name that ends in .html")
    return Path(typed) if typed is not None else None


@contextmanager
def writing_a_page() -> Iterator[None]:
    """Says in a line that a page cannot be written.

    Raises:
        UserError: If the file system refuses it.
    """
    try:
        yield
    except OSError as error:
        raise UserError(f"output: {error.filename} cannot be used ({error.strerror}); name another --output") from error


def data_set(parser: ArgumentParser, named: bool = True) -> None:
    """Adds every argument of a data set; the help, which works without torch, shows one of them.

    Args:
        parser: The verb's parser.
        named: Whether the set itself is chosen by `--data`.
    """
    if (add := getattr(parser, "add_lightning_class_args", None)) is not None:
        from gan_cli.data import GANDataModule

        add(GANDataModule, "data", subclass_mode=True, required=False)
        return
    if named:
        parser.add_argument("--data", metavar="NAME", help="Data set; default: the checkpoint's")
    parser.add_argument(
        "--data.root",
        metavar="DIR",
        help="Its folder; and so on, as for fit" if named else "The set's folder; and so on, as for fit",
    )


def checkpoint(parser: ArgumentParser, default: str = "without it the newest run's last one") -> None:
    """Adds the checkpoint that a verb works from."""
    parser.add_argument(
        "--ckpt", type=str | None, metavar="FILE", help=f"Checkpoint, shared folder, hub:user/name; {default}"
    )
    module(parser)


def module(parser: ArgumentParser) -> None:
    """Adds the modules with the user's own variants and data sets."""
    parser.add_argument(
        "--module",
        type=str,
        action="append",
        default=None,
        metavar="NAME",
        help="Module you trust, with variants or data sets of your own; repeatable",
    )


def yes_no(parser: ArgumentParser, option: str, default: bool | None, text: str) -> None:
    """Adds an option that is turned off by its name with `no_` in front."""
    parser.add_argument(option, action=ActionYesNo(yes_prefix="", no_prefix="no_"), default=default, help=text)


def ema(parser: ArgumentParser) -> None:
    """Adds the choice between the averaged and the trained generator."""
    yes_no(parser, "--ema", True, "Averaged generator, or not")


def batch_size(parser: ArgumentParser) -> None:
    """Adds how many things are made at a time."""
    parser.add_argument("--batch_size", type=BatchSize, default=64, metavar="N", help="Images at a time")


def seed(parser: ArgumentParser, text: str) -> None:
    """Adds the seed of what is random."""
    parser.add_argument("--seed", type=Seed, default=0, metavar="N", help=text)


def labels(parser: ArgumentParser, text: str) -> None:
    """Adds the classes, by number or name."""
    parser.add_argument("--labels", type=str | None, metavar="K,...", help=text)


def given(parser: ArgumentParser, text: str = "What it makes things from; default: held-out examples") -> None:
    """Adds what a model makes things from, beside latents and labels."""
    parser.add_argument(
        "--given",
        type=str,
        nargs="+",
        default=None,
        metavar="FILE",
        help=text,
    )


def space(parser: ArgumentParser, text: str = "Where latents are mixed: z, or w (styles); default: w if any") -> None:
    """Adds the space of latents."""
    parser.add_argument("--space", type=str | None, metavar="NAME", help=text)


def truncation(parser: ArgumentParser) -> None:
    """Adds how far styles are from their mean."""
    parser.add_argument(
        "--truncation_psi", type=Truncation | None, metavar="PSI", help="1 off, 0 mean image; if supported"
    )


def noise(parser: ArgumentParser) -> None:
    """Adds the noise that a generator adds to its maps."""
    parser.add_argument(
        "--noise", type=str | None, metavar="NAME", help="Of its maps: const (default), random, none; if supported"
    )


def latents(parser: ArgumentParser, text: str) -> None:
    """Adds the file of latents that things are made from instead of seeds."""
    parser.add_argument("--latents", type=str | None, metavar="FILE", help=text)


def not_beside(typed: Namespace, option: str, *others: str) -> None:
    """Refuses options that mean nothing beside another one.

    Raises:
        UserError: If one of them was typed beside it.
    """
    for other in others:
        if typed.get(option) is not None and typed.get(other) is not None:
            raise UserError(f"{other}: it means nothing beside --{option}; leave one of the two out")


def output(parser: ArgumentParser, text: str, metavar: str = "FILE") -> None:
    """Adds the place of the output."""
    parser.add_argument("--output", type=str | None, metavar=metavar, help=text)


def latent(parser: ArgumentParser) -> None:
    """Adds the options that `sample` and `interpolate` share."""
    seed(parser, "First seed; image k has seed N + k")
    batch_size(parser)
    truncation(parser)
    parser.add_argument(
        "--truncation_threshold",
        type=Threshold | None,
        metavar="T",
        help="Draw numbers of normal latents beyond T again; such as 0.5",
    )
    parser.add_argument(
        "--standing_statistics",
        type=Few | None,
        metavar="N",
        help="Batch normalisation by N batches made for it; default: by training",
    )
    noise(parser)
    ema(parser)


def features(parser: ArgumentParser, text: str) -> None:
    """Adds the network whose features are compared."""
    parser.add_argument("--features", type=str | None, metavar="NAME", help=text)
    parser.add_argument("--weights", type=str | None, metavar="FILE", help="Inception's weights; default: fetched once")


def cache_dir(parser: ArgumentParser, text: str) -> None:
    """Adds the folder for what is computed only once."""
    parser.add_argument("--cache_dir", type=str, default="data/cache/metrics", metavar="DIR", help=text)


def scoring(parser: ArgumentParser) -> None:
    """Adds the options that `test` and `evaluate` share."""
    features(
        parser, "inception, lite0, classifier, a TorchScript file (uint8 [N,C,H,W] to floats [N,F]); default: by data"
    )
    parser.add_argument(
        "--num", type=Many | None, default=None, metavar="N", help="Images; default: as many as real, to 50,000"
    )
    parser.add_argument(
        "--metrics",
        type=str | None,
        metavar="NAME,...",
        help="Such as fid,kid or fid50k_full; default: all but two-sample tests (means, variances, mmd, c2st)",
    )
    cache_dir(parser, "Where classifiers, weights and real features are kept")


def trainer(parser: ArgumentParser) -> None:
    """Adds the trainer's options on where and how to compute."""
    parser.add_argument("--trainer.accelerator", type=str, default="auto", metavar="NAME", help="cpu, gpu, mps, auto")
    parser.add_argument(
        "--trainer.devices", type=int | str | None, metavar="N", help="Processes on each machine; default: 1"
    )
    parser.add_argument("--trainer.num_nodes", type=Few | None, default=None, metavar="N", help="Machines")
    parser.add_argument("--trainer.strategy", type=str, default="auto", metavar="NAME", help="Such as ddp")
    parser.add_argument(
        "--trainer.precision", type=str, default="32-true", metavar="NAME", help="32-true, bf16-mixed, 16-mixed"
    )
    parser.add_argument(
        "--tf32", type=bool, default=False, metavar="BOOL", help="true: round float32 to TF32 on GPUs; scores never are"
    )
