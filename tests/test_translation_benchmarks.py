"""What the benchmarks of translators compute beside training."""

from pathlib import Path

import pytest
import torch
from torch import Tensor

from benchmarks import domains, label_maps, paired, runs, style, transfer, unpaired
from benchmarks.photo_measures import mean_absolute_error
from gan_cli.data import AdaptedDigits, Domains, PairedFolder, PhotoPatches, PhotoStyles, StyledDigits, UnpairedFolder
from gan_cli.data.adaptation.adaptation import SIDES
from gan_cli.data.images.styled_digits import STYLES
from gan_cli.data.styles import procedural
from gan_cli.inference.api import TrainedGAN
from gan_cli.inference.likeness import likeness_of
from gan_cli.metrics.classifier import classify, train_classifier
from tests.toys import FewTransferred


def test_right_answers_have_perfect_scores_and_baselines_have_not() -> None:
    source, target = (side[::8] for side in PhotoPatches(task="gray2photo").held_out_pairs())
    right = paired.scores(target, target)
    assert (right.error, right.chroma, right.gradients) == (0, 0, 0)
    copied = paired.scores(source.expand(-1, 3, -1, -1), target)
    mean = paired.scores(paired.mean_target("gray2photo", 64).expand_as(target), target)
    assert copied.error < mean.error  # the grey is most of a picture,
    assert copied.chroma > 5 < mean.chroma  # but has no colour
    assert mean.gradients > 5


def test_the_adversarial_term_is_all_that_the_two_runs_differ_in() -> None:
    alone, both = (run.settings for run in paired.runs_of("edges2photo").values())
    assert dict(alone) == {**both, "model.lambda_adversarial": 0.0}


def test_noise_is_a_few_grey_levels() -> None:
    images = torch.full((2, 3, 64, 64), 128, dtype=torch.uint8)
    assert 1.2 < mean_absolute_error(unpaired.disturbed(images), images) < 2


def test_images_that_show_nothing_of_the_source_are_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unpaired, "TRAINING", 100)
    training, (sources, targets) = unpaired.domains(32)
    classifier = train_classifier(*unpaired.labelled(*training), num_classes=2, steps=15)
    judges = unpaired.Judges(classifier, lambda images: images.float().mean((2, 3)) / 255, targets)
    kept, forgotten = (
        [float(cell.strip("%")) for cell in judges.cells(made, sources)]
        for made in (sources, unpaired.spaced(training[1], len(sources)))
    )
    assert kept[0] < 20 < 80 < forgotten[0]
    assert kept[1] > forgotten[1]
    assert kept[2] == 1 > 0.5 > forgotten[2]


def test_equal_time_means_what_each_method_is_told() -> None:
    cyclegan, cut, fastcut = (unpaired.method_run(title, None) for title in unpaired.METHODS)
    assert dict(fastcut.settings) == {**cut.settings, **unpaired.FAST}
    assert len({runs.family(run) for run in (cyclegan, cut, fastcut)}) == 3
    assert dict(cut.settings) == dict(cyclegan.settings)
    assert cut.settings["trainer.max_steps"] == unpaired.ENDLESS


class Perfect(TrainedGAN):
    """Gives the right answer for every digit."""

    def __init__(self, truth: dict[str, Tensor]) -> None:
        self.truth = truth
        self.told: list[dict[str, object]] = []

    def translate(self, images: Tensor, direction: str | None = None, **told: object) -> Tensor:  # type: ignore[override]
        assert direction is not None
        self.told.append(told)
        return self.truth[direction][: len(images)]


def test_colours_moments_are_nearer_to_a_style_than_the_photograph_which_is_its_own_content() -> None:
    photographs = style.pictures_of(PhotoStyles(image_size=32), 2).photographs[:4]
    picture = procedural.picture("waves", 0, 64)
    moved = style.with_moments_of(photographs, picture)
    assert (
        moved.float().mean((2, 3)) - picture.float().mean((1, 2))
    ).abs().max() < 20  # some is cut off at black and white
    assert (photographs.float().mean((2, 3)) - picture.float().mean((1, 2))).abs().max() > 40
    content, far = style.distances(photographs, photographs, picture, "random")
    further, nearer = style.distances(moved, photographs, picture, "random")
    assert content == 0 < further
    assert nearer < far
    table = style.judged(
        {"the photograph": lambda images, *_: images}, style.Pictures(photographs, {"waves": picture}), ""
    )
    assert table.row_count == 1


def test_styles_are_told_and_every_pair_of_them_is_tried() -> None:
    truth = StyledDigits(image_size=32).in_all_domains()
    made = domains.translations(Perfect({str(style): images for style, images in truth.items()}), truth)
    assert set(made) == {(source, target) for source in STYLES for target in STYLES if source != target}
    assert torch.equal(made["plain", "red"], truth["red"])
    classifier = domains.style_classifier(32, steps=30)
    for number, name in enumerate(STYLES):
        assert (classify(classifier, truth[name]).labels == number).float().mean() > 0.9
    sheet = domains.sheet(made, truth)
    assert sheet.shape[0] == 3


def test_styles_that_are_all_the_same_have_no_variety_and_digits_have() -> None:
    truth = {style: images[::6] for style, images in StyledDigits(image_size=32).in_all_domains().items()}
    same = Perfect({str(style): images.repeat(3, 1, 1, 1) for style, images in truth.items()})
    between, among = domains.variety(same, truth, "red", likeness_of("pixels", 3))
    assert between == 0 < among
    assert [told["style"] for told in same.told] == list(domains.SEEDS)


def test_facades_are_told_to_both_and_others_maps_are_not_found(real_data: Path, tmp_path: Path) -> None:
    root = str(real_data / "cmp_facades_base")
    data = label_maps.facades(root)
    train, held_out = (label_maps.part(data, split) for split in ("train", "test"))
    assert (len(train.labels), len(held_out.labels)) == (51, 17)
    pairs = label_maps.write_pairs(data, tmp_path / "pairs")
    paired_data = PairedFolder(root=str(pairs), image_size=64, load_size=64, num_workers=0)
    source, target = paired_data.part("test")[torch.arange(17)].batch
    assert torch.equal(source, data.labels.pictures(held_out.labels))
    assert torch.equal(target, held_out.photos)
    spade, pix2pix = (run.settings for run in reversed(label_maps.methods(root, pairs).values()))
    shared = [name for name in pix2pix if name in spade and not name.startswith("model.")]
    assert len(shared) == 5
    assert all(spade[name] == pix2pix[name] for name in shared)
    flat = label_maps.mean_colours(train, held_out.labels, 13)
    window = held_out.labels == 3
    assert len(flat.permute(0, 2, 3, 1)[window[:, 0]].unique(dim=0)) == 1
    errors = [(held_out.photos.float() - one.float()).abs().mean() for one in (flat, flat.roll(1, 0))]
    assert errors[0] < errors[1]


def test_cyclegan_learns_from_the_digits_that_dtn_does_and_from_no_label(tmp_path: Path) -> None:
    task = transfer.Task("digits", FewTransferred(image_size=32))
    root = transfer.written(task, tmp_path)
    data = UnpairedFolder(root=str(root), image_size=32, num_workers=0)
    for domain, side in zip(data.domains, SIDES, strict=True):
        (there,) = {tuple(image.read().shape) for image in data.test_inputs(domain)}
        assert there == (3, 32, 32)
        first = data.test_inputs(domain)[0].read()
        assert torch.equal(first, task.data.whole(side, "test").images[0])
    assert not [*root.rglob("*label*")]
    runs_of = transfer.cyclegan_run(task, 1, tmp_path), transfer.dtn_run(task, 1, "DTN without f-constancy")
    assert {run.seed for run in runs_of} == {1}
    assert runs.wanted_settings(runs_of[0])["data"]["init_args"]["image_size"] == 32
    assert runs_of[1].name == "transfer-digits-without-f-constancy-1"


def test_a_mean_over_seeds_has_a_deviation_where_there_are_several() -> None:
    assert (transfer.told([5.0]), transfer.told([4.0, 6.0])) == ("5.0", "5.0 ± 1.4")
    right = transfer.right_answers(AdaptedDigits(look="inverted", reverse=True))
    assert right is not None
    assert transfer.right_answers(Domains("Digits", "StyledDigits")) is None
