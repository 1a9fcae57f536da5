"""`gan list`: the variants, data sets, configs and runs that there are, and a variant beside its paper."""

import shutil
import textwrap
from collections.abc import Sequence
from pathlib import Path

from jsonargparse import ArgumentParser

from gan_cli import plugins, runs
from gan_cli.command import catalogue, config_headers
from gan_cli.errors import UserError, nearest
from gan_cli.verbs import options

SUMMARY = "Show variants, configs, data sets, runs; list NAME: a variant beside its paper; list data: the sets' homes"

COLUMNS = 100
"""Lines of the configs are wrapped here where there is no terminal, or a wider one."""


def add_options(parser: ArgumentParser) -> None:
    """Adds the options of the verb."""
    parser.add_argument(
        "name",
        type=str,
        nargs="*",
        metavar="NAME",
        help="A variant, to see its card; data: where the data sets are from; configs: these alone",
    )
    options.module(parser)


def run(words: Sequence[str]) -> None:
    """Prints what there is to choose from; torch is imported only for a card, or with the modules that are named.

    Raises:
        UserError: If there is no such variant.
    """
    asked = options.light("list", add_options, words)
    if len(asked.name) > 1:
        raise UserError(f"list: {asked.name[1]} is one word too many; type gan list, or gan list NAME for one variant")
    modules = plugins.imported(asked.module, here=True)
    if asked.name == ["data"]:
        print(_data_sets(modules))
    elif asked.name == ["configs"]:
        print(_configs())
    elif asked.name:
        print(_card(asked.name[0], modules))
    else:
        print(_everything(modules))


def table(entries: dict[str, str]) -> str:
    """Names with a description of each, in two columns."""
    width = max(map(len, entries))
    return "\n".join(f"  {name:<{width}}  {text}" for name, text in entries.items())


def _configs() -> str:
    """The packaged configs by paper, a line each where the terminal is wide enough."""
    columns = min(COLUMNS, shutil.get_terminal_size((COLUMNS, 24)).columns)
    parts = []
    for heading, entries in config_headers.by_paper().items():
        width = max(map(len, entries))
        lines = (f"    {name:<{width}}  {about}" for name, about in entries.items())
        parts += [
            f"  {heading}",
            *(textwrap.fill(line, columns, subsequent_indent=" " * (width + 6)) for line in lines),
        ]
    return "\n".join(parts)


def _everything(modules: Sequence[str]) -> str:
    translators = {name.lower() for name in catalogue.translators()}
    found = {str(run): _use(run, translators) for run in runs.saved_runs(Path("checkpoints"))}
    sections: dict[str, str | dict[str, str]] = {
        "Variants (--model NAME)": catalogue.variants() | _of_modules("model", modules),
        "Data sets (--data NAME)": catalogue.data_sets() | _of_modules("data", modules),
        "Configs by paper (--config NAME)": _configs(),
        "Runs, newest first": found or {"none yet": "gan fit --config dcgan.yaml"},
    }
    shown = {title: part if isinstance(part, str) else table(part) for title, part in sections.items()}
    return "\n\n".join(f"{title}\n{part}" for title, part in shown.items())


def _of_modules(kind: str, modules: Sequence[str]) -> dict[str, str]:
    """The variants or data sets that the named modules add, each with its module."""
    found = {}
    for one in _classes(kind, modules):
        about = (one.__doc__ or "").partition("\n")[0]
        found[_name(one, kind)] = " ".join(filter(None, (about, _condition(one, kind), f"({one.__module__})")))
    return found


def _classes(kind: str, modules: Sequence[str]) -> list[type]:
    if not modules:
        return []
    from gan_cli.command.choices import BASES

    return [one for one in plugins.classes(BASES[kind], modules) if not plugins.is_ours(one.__module__)]


def _name(one: type, kind: str) -> str:
    """A class by its name, or by its path where one of ours has that name."""
    ours = catalogue.variants() if kind == "model" else catalogue.data_sets()
    return plugins.path_of(one) if one.__name__ in ours else one.__name__


def _condition(one: type, kind: str) -> str:
    if kind != "model":
        return ""
    from gan_cli.variants import card

    return f"[{said}]" if (said := card.condition(one)) != card.UNCONDITIONAL else ""


def _data_sets(modules: Sequence[str]) -> str:
    """Every data set with where it comes from, under which licence, and how it is laid out."""
    notes = catalogue.data_notes()
    for one in _classes("data", modules):
        notes[_name(one, "data")] = {kind: str(getattr(one, kind, "")) for kind in catalogue.NOTES}
    return "\n\n".join(
        "\n".join([f"{name}: {summary}", *(f"  {kind}: {text}" for kind, text in notes[name].items())])
        for name, summary in (catalogue.data_sets() | _of_modules("data", modules)).items()
    )


def _use(run: Path, translators: set[str]) -> str:
    """The command that makes pictures of a run; one that has not recorded its verb is known by the variant's name."""
    usage = runs.usage_of(run)
    verb = usage.verb or ("translate" if run.parent.name.partition("-")[0] in translators else "sample")
    told = runs.provenance_of(run)
    shown = (f"{name} {told[name]}" for name in ("imported from", "licence", "source") if told)
    from_elsewhere = f"  [{'; '.join(shown)}]" if told else ""
    return f"gan {verb} --ckpt {run / runs.LAST}{plugins.options(usage.modules)}{from_elsewhere}"


def _card(typed: str, modules: Sequence[str]) -> str:
    theirs = {_name(one, "model"): one for one in _classes("model", modules)}
    names = [*catalogue.variants(), *theirs]
    found = next((name for name in names if name.lower() == typed.lower()), None)
    if found is None:
        raise UserError(f"list: {typed} is no variant{nearest(typed, names)}\nThere are {', '.join(names)}")
    from gan_cli import variants
    from gan_cli.variants import card

    variant: type[variants.AdversarialModule] = theirs.get(found) or getattr(variants, found)
    return card.rendered(variant, variant.CARD, min(card.WIDTH, shutil.get_terminal_size((card.WIDTH, 24)).columns))
