"""The benchmark of solids; what it trains takes minutes and is not repeated here."""

from pathlib import Path

import pytest
import torch
from PIL import Image

from benchmarks import runs, solids
from benchmarks.own_tables import compared
from gan_cli import load
from gan_cli.data import Primitives
from gan_cli.inference.api import TrainedGAN
from tests.conftest import quiet
from tests.toys import FewSolids
from tests.variant_rows import SOLID_ROWS


@pytest.fixture(scope="module")
def gan(tmp_path_factory: pytest.TempPathFactory) -> TrainedGAN:
    folder = tmp_path_factory.mktemp("benchmark")
    torch.manual_seed(0)
    quiet(folder, max_steps=2).fit(SOLID_ROWS[0].make(), FewSolids())
    return load(folder / "last.ckpt")


def test_runs_are_those_of_packaged_configs() -> None:
    wanted = solids.wanted("somewhere")
    assert set(wanted) == {"Primitives", "Solids"}
    published = runs.wanted_settings(wanted["Solids"][2])
    assert published["model"]["init_args"]["discriminator_lr"] == 1e-5
    assert len({run.name for run in wanted["Primitives"]}) == len(solids.MODES)


def test_models_stand_in_one_table_above_the_rows_that_they_share(
    gan: TrainedGAN, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Primitives, "own_measures", Primitives.own_measures._replace(things=16))
    at = runs.Standing(tmp_path, steps=2, of=9, seconds=120.0, current=True)
    table = compared(FewSolids(), {"one": (gan, at), "other": (gan, at)})
    assert list(table.rows)[:3] == ["one (2 batches, 2 min)", "other (2 batches, 2 min)", "training solids"]
    ours, plain = solids.probed(FewSolids(), gan.model)
    assert 0.2 < ours <= 1
    assert 0.5 < plain <= 1
    solids.draw(FewSolids(), gan, tmp_path / "a.png")
    assert Image.open(tmp_path / "a.png").height == 3 * 66 + 2
