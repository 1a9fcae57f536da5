"""Command lines in the order that the parser needs."""

from typing import Union

import pytest

from gan_cli.command.choices import choices
from gan_cli.command.parser import Parser, normalised, parsed


@pytest.mark.parametrize(
    ("typed", "understood"),
    [
        (["edit", "--strength", "-3..3"], ["edit", "--strength=-3..3"]),
        (["sample", "--truncation-psi", "-1e-1"], ["sample", "--truncation_psi=-1e-1"]),
        (["fit", "--model.x", "-.5", "--y", "-2"], ["fit", "--model.x=-.5", "--y=-2"]),
        (["fit", "--betas", "[-1,2]", "-c", "a.yaml"], ["fit", "-c", "a.yaml", "--betas", "[-1,2]"]),
        (["sample", "--given", "", "-h"], ["sample", "--given", "", "-h"]),
        (["fit", "--x=1", "-3"], ["fit", "--x=1", "-3"]),
    ],
)
def test_a_value_with_a_minus_belongs_to_its_option(typed: list[str], understood: list[str]) -> None:
    assert normalised(typed) == understood


@pytest.mark.parametrize(("typed", "meant"), [("8", 8), ("1", 1), ("1.0", 1.0), ("0.25", 0.25), ("null", None)])
def test_a_whole_number_stays_whole_in_whatever_order_a_union_has_its_types(
    typed: str, meant: float | int | None
) -> None:
    parser = Parser(prog="gan test")
    parser.add_argument("--limit", type=Union[float, int, None])  # noqa: UP007  as other libraries' unions may be
    found = parsed(parser, choices(["--limit", typed])).limit
    assert (found, type(found)) == (meant, type(meant))
