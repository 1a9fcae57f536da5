import socket
from pathlib import Path
from typing import Any

import pytest

from gan_cli import data
from gan_cli.data import Cityscapes, Edges2Shoes, Facades, Horse2Zebra, Maps, Night2Day
from gan_cli.data.pairs.named_sets import NamedDomainsDataModule, NamedPairsDataModule
from gan_cli.data.transforms import Framing
from gan_cli.errors import UserError
from tests.data import pictures

KINDS = [kind for base in (NamedPairsDataModule, NamedDomainsDataModule) for kind in base.__subclasses__()]


@pytest.mark.parametrize("kind", KINDS)
def test_facts_are_known_before_anything_is_fetched(kind: Any, tmp_path: Path) -> None:
    made = kind(root=str(tmp_path))
    facts = made.facts
    assert (facts["name"], facts["image_size"], facts["source_channels"]) == (kind.__name__, 256, 3)
    assert len(set(facts["domains"])) == 2
    assert getattr(data, kind.__name__) is kind
    assert (made.batch_size, made.framing.load_size in (256, 286)) == (1, True)
    assert len(kind.archive.sha256) in (0, 64)
    with pytest.raises(UserError, match=rf"{kind.archive.name} is no folder; type --data.root"):
        made.test_inputs(facts["domains"][0])


def test_the_source_is_where_the_paper_has_it() -> None:
    """Facades go from labels, on the right, to photos; maps from the photograph, on the left; day to night."""
    assert (Facades().source, Facades().facts["domains"]) == ("right", ("labels", "photo"))
    assert (Maps().source, Maps().facts["domains"]) == ("left", ("aerial", "map"))
    assert (Edges2Shoes().source, Edges2Shoes().facts["domains"]) == ("left", ("edges", "shoes"))
    assert (Night2Day().source, Night2Day().facts["domains"]) == ("right", ("day", "night"))
    assert Facades(source="left").facts["domains"] == ("photo", "labels")


def test_jitter_and_mirroring_are_the_papers_unless_typed() -> None:
    assert Facades().framing == Framing(256, 286, flip=True)
    assert Facades(image_size=128).framing == Framing(128, 143, flip=True)
    assert Edges2Shoes().framing == Framing(256, 256, flip=False)
    assert Edges2Shoes(load_size=286, flip=True).framing == Framing(256, 286, flip=True)
    assert Horse2Zebra(load_size=0, flip=False).framing == Framing(256, 256, flip=False)


def test_what_is_in_its_folder_is_read_and_not_fetched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "create_connection", lambda *_, **__: pytest.fail("something was fetched"))
    for name in ("facades/train/1.png", "facades/test/2.png"):
        pictures.pair(tmp_path / name, (200, 0, 0), (0, 0, 200))
    for domain in "AB":
        pictures.write(tmp_path / f"horse2zebra/train{domain}/1.jpg")
        pictures.write(tmp_path / f"horse2zebra/test{domain}/2.jpg")
    facades: Any = Facades(root=str(tmp_path), image_size=16, num_workers=0)
    horses: Any = Horse2Zebra(root=str(tmp_path), image_size=16, num_workers=0)
    for made in (facades, horses):
        made.prepare_data()
        made.setup("fit")
        assert (len(made.train_set), len(made.held_out_set)) == (1, 1)
    assert pictures.colours(facades.examples(1).source.add(1).mul(127.5)) == [(0, 0, 200)]
    assert horses.test_inputs("zebra")[0].name == "2.png"


def test_a_set_that_may_not_be_passed_on_says_where_to_get_it(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"cityscapes may not be passed on.*\nFetch it from https://www.cityscapes"):
        Cityscapes(root=str(tmp_path)).prepare_data()
