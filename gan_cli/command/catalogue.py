"""Everything there is to choose from, read from the sources: nothing is imported, and no table is kept by hand."""

import ast
from collections.abc import Iterable
from functools import cache
from pathlib import Path

PACKAGE = Path(__file__).parent.parent

NOTES = ("home", "licence", "layout")
"""Attributes of a data set's class that are plain strings."""

CONDITIONAL = "conditional"
"""The note on a variant that takes labels (`GIVEN`)."""
CONDITIONAL_IF_ASKED = "conditional with num_classes"
"""The note on one that also works without classes, because its `num_classes` is 0 unless it is set."""


def variants() -> dict[str, str]:
    """Every variant with the first line of its docstring, and whether it generates by class."""
    return _first_lines(_classes(sorted((PACKAGE / "variants").glob("*.py")), "AdversarialModule"))


def translators() -> set[str]:
    """The names of the variants that make images from images."""
    found = _classes(sorted((PACKAGE / "variants").glob("*.py")), "AdversarialModule")
    return {node.name for node, *above in found if any(base.name == "TranslationModule" for base in above)}


def data_sets() -> dict[str, str]:
    """Every data set with the first line of its docstring; those that need no download and no files come first."""
    found = _classes(sorted((PACKAGE / "data").glob("**/*.py")), "GANDataModule")
    return _first_lines(sorted(found, key=lambda lineage: not any(map(_comes_along, lineage))))


def data_notes() -> dict[str, dict[str, str]]:
    """Every data set's home, licence and layout; what its class does not say, its bases say."""
    found = _classes(sorted((PACKAGE / "data").glob("**/*.py")), "GANDataModule")
    return {node.name: {name: _said([node, *above], name) for name in NOTES} for node, *above in found}


def config_files() -> list[Path]:
    """The packaged configs: beside the modules in an installed wheel, in the project's own folder in a checkout."""
    inside, beside = PACKAGE / "lightning_configs", PACKAGE.parent / "lightning_configs"
    return sorted((inside if inside.is_dir() else beside).glob("*.yaml"))


def _classes(files: Iterable[Path], root: str) -> list[list[ast.ClassDef]]:
    """The classes below a class, each followed by its ancestors; without the bases, from which others descend."""
    nodes = {node.name: node for file in files for node in _class_definitions(file)}
    bases = {parent for node in nodes.values() for parent in _parents(node)}
    lineages = [_lineage(node, nodes) for name, node in nodes.items() if name not in bases]
    return [lineage for lineage in lineages if any(root in _parents(node) for node in lineage)]


def _lineage(node: ast.ClassDef, nodes: dict[str, ast.ClassDef]) -> list[ast.ClassDef]:
    """A class and its ancestors in Python's order: one that several lead to comes after all of them."""
    above = (nodes[name] for name in _parents(node) if name in nodes)
    found = [node, *(ancestor for parent in above for ancestor in _lineage(parent, nodes))]
    return list(reversed(dict.fromkeys(reversed(found))))


def _parents(node: ast.ClassDef) -> list[str]:
    return [parent.id for parent in node.bases if isinstance(parent, ast.Name)]


def _first_lines(lineages: Iterable[list[ast.ClassDef]]) -> dict[str, str]:
    return {
        lineage[0].name: (ast.get_docstring(lineage[0]) or "").partition("\n")[0] + _condition(lineage)
        for lineage in lineages
    }


def _comes_along(node: ast.ClassDef) -> bool:
    """Whether a class says `offline = True`."""
    return any(isinstance(part, ast.Assign) and ast.unparse(part) == "offline = True" for part in node.body)


def _said(lineage: Iterable[ast.ClassDef], name: str) -> str:
    """The string that the nearest class of a lineage gives an attribute."""
    value = _assigned(lineage, name)
    return "" if value is None else str(ast.literal_eval(value))


def _assigned(lineage: Iterable[ast.ClassDef], name: str) -> ast.expr | None:
    """The value that the nearest class of a lineage gives an attribute in its body."""
    for node in lineage:
        for part in node.body:
            if isinstance(part, ast.Assign) and [ast.unparse(target) for target in part.targets] == [name]:
                return part.value
            if isinstance(part, ast.AnnAssign) and ast.unparse(part.target) == name:
                return part.value
    return None


@cache
def _class_definitions(file: Path) -> tuple[ast.ClassDef, ...]:
    tree = ast.parse(file.read_text("utf-8"))
    return tuple(node for node in tree.body if isinstance(node, ast.ClassDef))


def _condition(lineage: list[ast.ClassDef]) -> str:
    """The note after the docstring of a class that takes labels: "conditional", in brackets."""
    given = _assigned(lineage, "GIVEN")
    if given is None or "labels" not in ast.literal_eval(given):
        return ""
    default = _default(lineage, "num_classes")
    return f" [{CONDITIONAL_IF_ASKED if default == 0 else CONDITIONAL}]"


def _default(lineage: Iterable[ast.ClassDef], name: str) -> object:
    """The default of an argument of the nearest `__init__` of a lineage that has it; None where there is none."""
    for node in lineage:
        for part in node.body:
            if isinstance(part, ast.FunctionDef) and part.name == "__init__":
                named = [*part.args.posonlyargs, *part.args.args]
                defaults = dict(zip([one.arg for one in named][::-1], part.args.defaults[::-1], strict=False))
                defaults |= {
                    one.arg: value
                    for one, value in zip(part.args.kwonlyargs, part.args.kw_defaults, strict=True)
                    if value is not None
                }
                if name in defaults:
                    return ast.literal_eval(defaults[name])
    return None
