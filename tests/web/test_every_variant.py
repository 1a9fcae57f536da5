"""The page has something to show of every variant that samples or translates: looped over the table of variants."""

from pathlib import Path

import pytest

from gan_cli.errors import UserError
from gan_cli.variants.latent import LatentModule
from gan_cli.web.facts import facts_of
from gan_cli.web.sample import AskedGrid, _grid, _one
from gan_cli.web.translate import _translated
from gan_cli.web.walk import AskedWalk, _place
from tests.variant_rows import ROWS, VariantRow, as_params
from tests.web.people import photograph
from tests.web.tiny import loaded

PLAYERS = ("picture", "film", "solid", "music", "paths", "text", "together")


@pytest.mark.parametrize("row", as_params(ROWS))
def test_it_is_shown(row: VariantRow) -> None:
    there = loaded(row.name)
    facts = facts_of(there)
    if "sample" in facts:
        assert facts["sample"]["player"] in PLAYERS
        grid = _grid(there, AskedGrid(num=2))
        assert grid["together"] or [thing["seed"] for thing in grid["things"]] == [0, 1]
        if grid["things"]:
            one = _one(there, AskedGrid(seed=1))
            assert one["picture"]["src"].startswith("data:image/png")
            assert (one["picture"]["frames"] > 1) == there.gan.model.medium.moves
        if facts["sample"]["walks"]:
            assert _place(there, AskedWalk(seeds=[1, 2], position=0.5, whole=False))["picture"]["width"] > 0
    elif "translate" in facts and facts["translate"]["source"] == "image":
        needs = {entry["kind"] for entry in facts["translate"]["given"]}
        reference = {"reference": photograph(64, 64)} if facts["translate"]["reference"] else {}
        way = facts["translate"]["directions"][-1]["name"]
        if "mask" not in needs:
            made = _translated(there, {"source": photograph(64, 64), **reference}, {"direction": way})
            assert made["after"]["width"] >= 16
    else:
        assert facts["verb"] != "sample" or not isinstance(there.gan.model, LatentModule)
        with pytest.raises(UserError, match="nothing from seeds"):
            _grid(there, AskedGrid())


def test_what_is_typed_is_never_taken_for_a_file(workdir: Path) -> None:
    there = loaded("GANCLS")
    (workdir / "secret").write_text("a two")
    assert {entry["name"]: entry["typed"] for entry in facts_of(there)["sample"]["given"]}["text"]
    assert _grid(there, AskedGrid(num=1, told={"text": "a two"}))["things"]
    with pytest.raises(UserError, match="no word of 'secret'"):
        _grid(there, AskedGrid(num=1, told={"text": "secret"}))
