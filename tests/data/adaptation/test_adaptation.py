from pathlib import Path

import numpy as np
import pytest
import torch

from gan_cli.data import MNISTM, USPS, AdaptedDigits, Domains
from gan_cli.data.adaptation.sides import in_channels
from gan_cli.data.doctor import diagnose
from gan_cli.data.images.styled_digits import rendered
from gan_cli.data.sampling import Span
from gan_cli.errors import UserError
from gan_cli.inference.validation import check_kind
from gan_cli.variants import DANN, Pix2Pix
from tests import fake_mnist, fake_sets
from tests.data import pictures


@pytest.fixture(scope="module")
def digits() -> AdaptedDigits:
    return AdaptedDigits(image_size=16)


def test_no_digit_is_trained_on_in_both_domains(digits: AdaptedDigits) -> None:
    plain = AdaptedDigits(look="thick", image_size=16)
    thick = {rendered(image[None, :1], "thick").numpy().tobytes() for image in plain.whole("source", "train").images}
    theirs = {image.numpy().tobytes() for image in plain.whole("target", "train").images}
    assert len(thick) + len(theirs) > 1400
    assert not thick & theirs
    assert len(digits.whole("target", "train").labels) == 4 * (1437 - len(digits.whole("source", "train").labels))


def test_held_out_digits_are_known_in_both_domains(digits: AdaptedDigits) -> None:
    source, target = digits.in_both_domains()
    assert torch.equal(source.labels, target.labels)
    patches = {(target.images[number].int() - source.images[number].int()).abs().sum().item() for number in range(20)}
    assert len(patches) == 20
    back_source, back_target = AdaptedDigits(image_size=16, reverse=True).in_both_domains()
    assert torch.equal(back_source.images, target.images)
    assert torch.equal(back_target.images, source.images)


def test_batches_tell_the_labels_of_the_source_alone(digits: AdaptedDigits) -> None:
    part = digits.part("train")
    batch = part[Span(3, 64, 128)].batch
    assert batch._fields == ("source", "labels", "target")
    whole = digits.whole("source", "train")
    known = {image.numpy().tobytes(): int(label) for image, label in zip(*whole, strict=True)}
    assert [known[image.numpy().tobytes()] for image in batch.source] == batch.labels.tolist()
    again = part[Span(3, 64, 128)].batch
    assert all(torch.equal(one, other) for one, other in zip(batch, again, strict=True))
    assert not torch.equal(part[Span(4, 64, 128)].batch.target, batch.target)


def test_sets_of_two_domains_are_no_pairs(digits: AdaptedDigits) -> None:
    check_kind(DANN, digits)
    with pytest.raises(UserError, match="Pix2Pix learns from source and target"):
        check_kind(Pix2Pix, digits)


def test_grey_and_coloured_images_are_brought_together() -> None:
    grey = torch.arange(256, dtype=torch.uint8).view(1, 1, 16, 16)
    assert torch.equal(in_channels(in_channels(grey, 3), 1), grey)
    assert in_channels(torch.tensor([255, 0, 0], dtype=torch.uint8).view(1, 3, 1, 1), 1).item() == 76


def write(root: Path, names: str, size: int, each: int = 6) -> str:
    """A folder with a folder of pictures for each letter."""
    for name in names:
        for number in range(each):
            pictures.write(root / name / f"{number}.png", size, size)
    return str(root)


def test_two_folders_are_domains(workdir: Path) -> None:
    first, second = write(workdir / "photos", "abc", 40), write(workdir / "drawings", "abc", 20)
    data = Domains(source_root=first, target_root=second, image_size=16, batch_size=4)
    assert data.domains == ("photos", "drawings")
    assert data.facts["class_names"] == ("a", "b", "c")
    batch = data.part("train")[Span(0, 0, 4)].batch
    assert batch.source.shape == batch.target.shape == (4, 3, 16, 16)
    assert Domains(source_root=first, target_root=second, reverse=True).domains == ("drawings", "photos")
    told = "\n".join(diagnose(data).facts)
    assert "source photos (ImageFolder), its labels are trained on" in told
    assert "a 5, b 5, c 5" in told


def test_classes_are_known_by_their_names(workdir: Path) -> None:
    """Of two sets that number them otherwise."""
    fake_mnist.write(workdir, count=40)
    for number in range(40):
        pictures.write(workdir / "mine" / f"{number}.png", 20, 20)
    order = "3210987654"
    listed = "".join(f"{number}.png,{order[number % 10]}\n" for number in range(40))
    (workdir / "mine" / "labels.csv").write_text(f"file,label\n{listed}")
    data = Domains("MNIST", source_root=str(workdir), target_root=str(workdir / "mine"), batch_size=4)
    assert data.facts["image_channels"] == 3
    assert data.domains == ("mnist", "mine")
    assert sorted(data.whole("target", "train").labels.unique().tolist()) == list(range(10))


def test_unequal_classes_are_refused_by_their_names(workdir: Path) -> None:
    roots = {"source_root": write(workdir / "one", "abcd", 20), "target_root": write(workdir / "two", "abe", 20)}
    with pytest.raises(UserError, match="one has the classes a, b, c, d\ntwo does not have c, d; both"):
        _ = Domains(**roots).facts  # type: ignore[arg-type]
    with pytest.raises(UserError, match="cannot be called one and one"):
        Domains(source_root=roots["source_root"], target_root=roots["source_root"])
    alone = {"source_root": write(workdir / "three", "a", 20), "target_root": roots["target_root"]}
    with pytest.raises(UserError, match="needs two or more classes"):
        _ = Domains(**alone).facts  # type: ignore[arg-type]


def write_hdf5(path: Path, **changes: np.ndarray) -> None:
    h5py = pytest.importorskip("h5py")
    path.parent.mkdir(parents=True, exist_ok=True)
    content = {"data": np.linspace(0, 1, 20 * 256).reshape(20, 256), "target": np.arange(20) % 10, **changes}
    with h5py.File(path, "w") as file:
        for part in ("train", "test"):
            for name, values in content.items():
                file[f"{part}/{name}"] = values


def test_usps_is_read_in_both_layouts(workdir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_hdf5(workdir / "usps" / "usps.h5")
    images, labels = USPS(str(workdir), image_size=16).read(train=True)
    assert images.shape == (20, 1, 16, 16)
    assert images[0, 0, 0, 0] == 0
    assert images[-1, 0, -1, -1] == 255
    assert labels.tolist() == [*range(10)] * 2
    fake_sets.any_checksum(monkeypatch)
    fake_sets.usps(workdir / "text", count=20)
    data = USPS(str(workdir / "text"), image_size=28)
    data.prepare_data()
    assert data.read(train=False).images.shape == (20, 1, 28, 28)


@pytest.mark.parametrize(
    ("changes", "said"),
    [({"target": np.arange(19)}, r"train/target \[19\]"), ({"data": np.full((20, 256), 7.0)}, "values out of range")],
)
def test_usps_that_is_something_else_is_refused(workdir: Path, changes: dict[str, np.ndarray], said: str) -> None:
    write_hdf5(workdir / "usps.h5", **changes)
    with pytest.raises(UserError, match=said):
        USPS(str(workdir)).read(train=True)
    (workdir / "usps.h5").write_bytes(b"no HDF5")
    with pytest.raises(UserError, match="cannot be read as USPS"):
        USPS(str(workdir)).read(train=True)


def test_mnist_m_is_read_as_published(workdir: Path) -> None:
    fake_sets.mnist_m(workdir / "mnist_m", count=12)
    data = MNISTM(root=str(workdir))
    files, labels = data.labelled_files("train")
    assert [file.name for file in files[:2]] == ["00000000", "00000001"]
    assert labels.tolist() == [number % 10 for number in range(12)]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("00000001.png 12", "line 2: '00000001.png 12' is no name with a digit"),
        ("missing.png 1", "line 2: missing.png is not below mnist_m_train/"),
        ("00000000.png 1", "line 2: 00000000.png was there before"),
    ],
)
def test_a_wrong_line_of_labels_is_named(workdir: Path, line: str, said: str) -> None:
    fake_sets.mnist_m(workdir, count=2)
    (workdir / "mnist_m_train_labels.txt").write_text(f"00000000.png 3\n{line}\n")
    with pytest.raises(UserError, match=said):
        MNISTM(root=str(workdir)).labelled_files("train")


def test_published_sets(real_data: Path) -> None:
    usps = USPS(str(real_data / "usps"), image_size=16)
    assert [len(usps.read(train).labels) for train in (True, False)] == [7291, 2007]
    mnist_m = MNISTM(root=str(real_data / "mnist_m"))
    assert len(mnist_m.labelled_files("train")[0]) == len(mnist_m._digits("train"))
