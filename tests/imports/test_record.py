"""Where weights are from is kept with them, and shown."""

import hashlib
from pathlib import Path

import pytest
import torch
from jsonargparse import Namespace
from torch import nn

import gan_cli
from gan_cli import runs, verbs
from gan_cli.command.resuming import take_over
from gan_cli.errors import UserError
from gan_cli.inference import checkpoints
from gan_cli.inference.transfer import take
from gan_cli.reports import facts, run_record
from gan_cli.variants import CycleGAN
from tests.imports.foreign import drawn, saved
from tests.imports.test_zhu import Resnet


@pytest.fixture
def imported(workdir: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    """A run's folder, made by the verb."""
    saved(workdir / "latest_net_G.pth", drawn(Resnet(nn.InstanceNorm2d, blocks=1)))
    words = [
        "--license",
        "BSD",
        "--source",
        "https://example.org/horse",
        "--names",
        "horse,zebra",
        "--image_size",
        "32",
    ]
    verbs.run(["import", "latest_net_G.pth", "--as", "cyclegan", "--name", "horses", *words])
    printed = capsys.readouterr().out
    assert "generator.a_to_b: " in printed
    assert "generator.b_to_a, discriminator.b, discriminator.a: in no file, so not trained" in printed
    folder = workdir / "checkpoints/cyclegan-imported-horses/version_0"
    assert f"written: {folder.relative_to(workdir) / runs.LAST}" in printed
    return folder


def test_licence_source_and_checksum_are_shown(imported: Path, capsys: pytest.CaptureFixture[str]) -> None:
    verbs.run(["list"])
    line = next(line for line in capsys.readouterr().out.splitlines() if str(imported.parent.name) in line)
    assert "gan translate --ckpt" in line
    assert "licence BSD" in line
    assert "https://example.org/horse" in line
    told = facts.headline(run_record.read(imported))
    digest = hashlib.sha256(Path("latest_net_G.pth").read_bytes()).hexdigest()
    assert told["variant"] == "CycleGAN"
    assert (told["licence"], told["source"], told["SHA-256"]) == ("BSD", "https://example.org/horse", digest)
    assert facts.commands(run_record.read(imported))[0] == "gan import latest_net_G.pth --as cyclegan"
    verbs.run(["report", str(imported)])
    assert digest in (imported / "report.html").read_text()


def test_an_imported_checkpoint_is_one_of_ours(imported: Path) -> None:
    gan = gan_cli.load(imported / runs.LAST)
    assert gan.model.imported["licence"] == "BSD"
    made = gan.translate(torch.zeros(1, 3, 32, 32, dtype=torch.uint8))
    assert made.shape == (1, 3, 32, 32)


def test_the_licence_stays_with_what_begins_with_the_weights(imported: Path) -> None:
    path = imported / runs.LAST
    model = CycleGAN(32, base_channels=2, num_blocks=1)
    take(model, checkpoints.read(path), path)
    assert model.origin["imported"]["licence"] == "BSD"
    assert model.directions == ("a2b", "b2a")


def test_no_run_goes_on_in_an_imported_checkpoint(imported: Path) -> None:
    content = checkpoints.read(imported / runs.LAST)
    with pytest.raises(UserError, match="this checkpoint was imported, and no run goes on there; type --init"):
        take_over(content, Namespace(), Namespace())


def test_nothing_is_overwritten(imported: Path) -> None:
    kept = (imported / runs.LAST).read_bytes()
    with pytest.raises(UserError, match=r"output: .* is there already"):
        gan_cli.import_weights("latest_net_G.pth", "cyclegan", output=imported / runs.LAST)
    with pytest.raises(UserError, match="name: it is a run's"):
        gan_cli.import_weights("latest_net_G.pth", "cyclegan", name="x", output="x.ckpt")
    with pytest.raises(UserError, match="as: dcgan is no format"):
        gan_cli.import_weights("latest_net_G.pth", "dcgan")
    assert (imported / runs.LAST).read_bytes() == kept
    assert [path.name for path in imported.parent.parent.iterdir()] == [imported.parent.name]
