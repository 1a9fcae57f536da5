"""Command lines in the order that the parser needs."""

import pytest

from gan_cli.command.parser import normalised


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
