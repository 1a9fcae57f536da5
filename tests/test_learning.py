"""Learning itself: minutes, so marked slow; the bounds come from the runs in docs/, with a margin."""

from pathlib import Path
from typing import Any, cast

import pytest
import torch

from benchmarks import colours, domains, paired, photo_measures, super_resolution, unpaired
from benchmarks.judge import Judge
from benchmarks.restoration_baselines import filled_from_nearest, harmonically_filled
from benchmarks.runs import precision
from benchmarks.score import rows
from gan_cli import load
from gan_cli.command.cli import GANCLI
from gan_cli.data import (
    AdaptedDigits,
    AttributedDigits,
    CaptionedDigits,
    Crossings,
    Degraded,
    Digits,
    DigitsInScenes,
    DrawnFaces,
    FolkTunes,
    MovingDigits,
    PhotoPatches,
    Primitives,
    Ring8,
    ShadedHeads,
    StyledDigits,
)
from gan_cli.data.degraded.bicubic import reduced
from gan_cli.data.images.styled_digits import STYLES
from gan_cli.evaluation import adaptation, transferred
from gan_cli.evaluation.comparing import own_table
from gan_cli.evaluation.segmentation import map_reader
from gan_cli.inference.checkpoints import data_set_of
from gan_cli.metrics.classifier import classify, train_classifier
from gan_cli.metrics.lite0 import Lite0
from gan_cli.metrics.modes import count_modes
from gan_cli.metrics.perceptual import PerceptualDistance
from gan_cli.metrics.restoration import psnr_in_holes
from gan_cli.metrics.segmentation import confusion, mean_iou
from gan_cli.variants import DTN

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]


CPU = ["--trainer.accelerator", "cpu", "--trainer.devices", "1"]


def test_small_things_are_told_apart_by_features_made_like_those_of_large_ones(workdir: Path) -> None:
    lengths = ["--model.pretraining_steps", "500", "--trainer.max_steps", "750"]
    GANCLI(["fit", "--config", "perceptual_gan.yaml", *lengths, "--samples.every_n_steps", "0", *CPU])
    gan = load("checkpoints/perceptualgan-digitsinscenes/version_0/last.ckpt")
    table = own_table(gan.model, DigitsInScenes(), seed=0)
    assert table is not None
    small = list(table.kinds).index("ap_small")
    known, without = (table.rows[row][small] for row in ("true boxes", "true boxes, without"))
    assert known is not None
    assert without is not None
    assert known > without + 0.1
    found, elsewhere = (table.values(row)["ap_half"] for row in ("with the generator", "boxes of another image"))
    assert found > 0.2 > elsewhere


def test_cgan_draws_the_digit_it_is_asked_for(workdir: Path) -> None:
    GANCLI(["fit", "--config", "cgan.yaml", "--model.base_channels", "16", "--trainer.max_steps", "1500", *CPU])
    gan = load("checkpoints/cgan-digits/version_0/last.ckpt")
    asked = torch.arange(1000) % 10
    told = Judge(Digits(image_size=32)).classes(gan.sample(1000))
    assert float((told == asked).float().mean()) > 0.85  # 0.956 with seed 0


def test_voxel_gan_makes_whole_solids_of_several_kinds(workdir: Path) -> None:
    GANCLI(["fit", "--config", "voxel_gan.yaml", "--trainer.max_steps", "1500", *CPU])
    table = own_table(load("checkpoints/voxelgan-primitives/version_0/last.ckpt").model, Primitives(), seed=0)
    assert table is not None
    made, drawn = table.values(), table.values("voxels drawn each for itself")
    assert made["coverage"] > 0.3  # 0.56 with seed 0
    assert made["matching_distance"] < drawn["matching_distance"] / 2
    assert made["overlap"] > drawn["overlap"] + 0.1
    assert made["parts"] < drawn["parts"] / 2


def test_r3gan_covers_the_ring(workdir: Path) -> None:
    shorter = ["--trainer.max_steps", "8000", "--model.schedule_kimg", "1024"]
    GANCLI(["fit", "--config", "r3gan_grid25.yaml", "--data", "Ring8", *shorter, *CPU])
    made = load("checkpoints/r3gan-ring8/version_0/last.ckpt").sample(2500)
    scores = count_modes(made, *Ring8.modes)
    assert scores.modes == 8
    assert scores.high_quality > 0.8  # 0.87 to 0.94 with seeds 0 to 2
    assert scores.kl < 0.03


def test_dcgan_learns_the_digits_in_the_demos_time(workdir: Path) -> None:
    GANCLI(["fit", "--config", "dcgan.yaml", "--trainer.precision", precision(), *CPU])  # as make demo
    judge = Judge(Digits(image_size=32))
    assert judge.accuracy() > 0.96
    table = dict(rows(load("checkpoints/dcgan-digits/version_0/last.ckpt"), judge))
    ours = table["this GAN"]
    assert ours.smallest_class > 0.03
    assert ours.frechet < table["blends of two reals"].frechet
    assert ours.coverage > 0.65  # 0.81 in bfloat16 with seed 0; seeds differ by some 0.04, four times that below
    assert ours.spread > 0.7
    assert ours.nearest > 0.7
    # The table itself would show a collapse, and a generator that has learned nothing.
    assert table["ten repeated images"].coverage < 0.2
    assert table["an untrained generator"].frechet > 1


def test_tp_gan_turns_heads_that_it_has_not_seen(workdir: Path) -> None:
    heads = ["--data.persons", "60", "--data.angles", "[45]", "--trainer.max_steps", "110"]
    GANCLI(["fit", "--config", "tp_gan.yaml", *heads, "--trainer.precision", "32-true", *CPU])
    gan = load("checkpoints/tpgan-shadedheads/version_0/last.ckpt")
    table = own_table(gan.model, ShadedHeads(persons=60, angles=(45,)), seed=0)
    assert table is not None
    made, person = table.values(), table.values("nearest training person")
    assert made["psnr"] > table.values("the turned face itself")["psnr"] + 2  # 24.7 with seed 0, against 20.3
    assert made["psnr"] > person["psnr"] + 1  # 22.0
    assert made["rank1"] > person["rank1"] + 0.1  # 0.92 against 0.58
    assert table.values("mean frontal face")["rank1"] < 0.2


def test_pix2pix_colours_held_out_drawings_better_than_the_mean_photograph(workdir: Path) -> None:
    GANCLI(["fit", "--config", "pix2pix.yaml", "--trainer.max_steps", "600", *CPU])
    source, target = PhotoPatches(task="edges2photo").held_out_pairs()
    made = paired.scores(load("checkpoints/pix2pix-photopatches/version_0/last.ckpt").translate(source), target)
    mean = paired.scores(paired.mean_target("edges2photo", 64).expand_as(target), target)
    assert made.error < mean.error - 1  # 49.1 to 52.7 with seeds 0 to 3, against 56.6
    assert made.gradients < mean.gradients  # 30.2 to 30.5, against 31.7


def test_colorization_colours_held_out_pieces_and_takes_hints(workdir: Path) -> None:
    short = ["--trainer.max_steps", "500", "--model.lr_decay_start", "250", "--model.lr_decay_end", "500"]
    GANCLI(["fit", "--config", "colorization.yaml", *short, *CPU])
    gan, truth = load("checkpoints/colorization-degraded/version_0/last.ckpt"), colours.held_out({})
    made = {count: colours.coloured(gan, truth, colours.hints_of(truth, count)) for count in colours.COUNTS}
    errors = [colours.scores(images, truth).error for images in made.values()]
    grey = colours.scores(colours.baselines(truth)["grey"], truth).error
    assert errors[0] < 0.7 * grey  # 7.59 with seed 0, against 16.23
    assert errors == sorted(errors, reverse=True)  # 7.59, 7.24, 6.76 and 6.10 with 0, 1, 10 and 50 hints
    assert errors[3] < 0.9 * errors[0]
    assert all(0.6 < colours.scores(images, truth).chroma < 1.2 for images in made.values())  # 0.83 to 0.88
    wrong = colours.coloured(gan, truth, colours.with_a_wrong_one(truth, colours.hints_of(truth, 10)))
    moved = colours.change(made[10], wrong)
    assert moved.there > 2 * moved.elsewhere


def test_cyclegan_makes_patches_of_the_other_photograph_and_finds_back(workdir: Path) -> None:
    GANCLI(["fit", "--config", "cyclegan.yaml", "--model.base_channels", "16", "--trainer.max_steps", "1000", *CPU])
    gan = load("checkpoints/cyclegan-photopatches/version_0/last.ckpt")
    training, (china, flower) = unpaired.domains(64)
    classifier = train_classifier(*unpaired.labelled(*training), num_classes=2, shift=0, steps=100)
    cycled, random = 0.0, 0.0
    for target, images, there, back in (
        (1, china, "china2flower", "flower2china"),
        (0, flower, "flower2china", "china2flower"),
    ):
        translated = gan.translate(images, there)
        taken, before = (
            float((classify(classifier, shown).labels == target).float().mean()) for shown in (translated, images)
        )
        assert taken > 0.8  # 1.0 with each seed
        assert before < 0.2
        cycled += photo_measures.mean_absolute_error(gan.translate(unpaired.disturbed(translated), back), images)
        random += photo_measures.mean_absolute_error(images.roll(1, dims=0), images)
    assert cycled < 0.9 * random  # 0.65, 0.72 and 0.67 with seeds 0, 1 and 3


def test_cut_makes_patches_of_the_other_photograph_that_keep_their_structure(workdir: Path) -> None:
    shorter = ["--model.base_channels", "16", "--model.num_blocks", "4", "--trainer.max_steps", "900"]
    GANCLI(["fit", "--config", "cut.yaml", *shorter, *CPU])
    training, (china, _) = unpaired.domains(64)
    classifier = train_classifier(*unpaired.labelled(*training), num_classes=2, shift=0, steps=100)
    made = load("checkpoints/cut-photopatches/version_0/last.ckpt").translate(china)
    assert float((classify(classifier, made).labels == 1).float().mean()) > 0.8  # 1.0 with seed 0, of the sources 0.0
    forgotten = unpaired.spaced(training[1], len(china))
    kept, chance = (photo_measures.structural_similarity(shown, china) for shown in (made, forgotten))
    assert kept > chance + 0.1  # 0.40 and 0.07 with seed 0


def test_stargan_gives_digits_the_style_that_is_asked_for(workdir: Path) -> None:
    GANCLI(["fit", "--config", "stargan.yaml", "--trainer.max_steps", "2000", *CPU])
    truth = StyledDigits(image_size=32).in_all_domains()
    made = domains.translations(load("checkpoints/stargan-styleddigits/version_0/last.ckpt"), truth)
    classifier = domains.style_classifier(32, steps=300)
    right = torch.cat([classify(classifier, made[pair]).labels == STYLES.index(pair[1]) for pair in made])
    assert float(right.float().mean()) > 0.8  # 0.993 to 1.0 with seeds 0 to 3
    errors = [photo_measures.mean_absolute_error(made[pair], truth[pair[1]]) for pair in made]
    copied = [photo_measures.mean_absolute_error(truth[pair[0]], truth[pair[1]]) for pair in made]
    assert sum(errors) < sum(copied) / 2  # 0.36 to 0.38 of it


def test_spade_shows_the_label_map_that_it_is_given(workdir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gan_cli.metrics.segmentation.STEPS", 300)
    GANCLI(["fit", "--config", "spade.yaml", "--trainer.max_steps", "600", *CPU])
    gan = load("checkpoints/spade-photopatches/version_0/last.ckpt")
    data = PhotoPatches(task="regions2photo", image_size=64)
    labels, photos = data.held_out_pairs()
    reader = map_reader(data, Path("cache"))
    made = gan.translate(labels)
    right, others, real = (
        mean_iou(confusion(reader.network, images, reader.known(maps)))
        for images, maps in ((made, labels), (made, labels.roll(1, 0)), (photos, labels))
    )
    assert right > 1.5 * others  # 0.35 and 0.16 after 185 batches in bfloat16 with seed 0
    assert right > 0.4 * real  # 0.71
    error, of_others = (photo_measures.mean_absolute_error(made, wanted) for wanted in (photos, photos.roll(1, 0)))
    assert error < 0.75 * of_others  # 32.7 and 51.1


def test_a_context_encoder_fills_holes_in_digits_it_has_not_seen(workdir: Path) -> None:
    digits = ["--data.images", "Digits", "--data.image_size", "32"]
    GANCLI(["fit", "--config", "context_encoder.yaml", *digits, "--trainer.max_steps", "200", *CPU])
    data = Degraded(images="Digits", degradation="masks", masks="middle", image_size=32)
    source, target, mask = (part := data.part("test"))[torch.arange(len(part))].batch
    training = (part := data.part("train"))[torch.arange(len(part))].batch.target
    made = load("checkpoints/contextencoder-degraded/version_0/last.ckpt").translate(source, given={"mask": mask})
    assert torch.equal(torch.where(mask > 0, 0, made), torch.where(mask > 0, 0, target))
    filled = {
        "ours": made,  # 21.0 dB with seed 0
        "from the border": harmonically_filled(target, mask),  # 13.3
        "of the nearest digit": filled_from_nearest(target, mask, training),  # 16.6
    }
    ours, smooth, pasted = (psnr_in_holes(images, target, mask).mean() for images in filled.values())
    assert ours > pasted + 2
    assert ours > smooth + 3


def test_deblurgan_gives_blurred_photographs_the_gradients_of_sharp_ones(workdir: Path) -> None:
    """In so few steps it costs decibels, as the discriminator does; noise would cost SSIM too."""
    falling = ["--model.lr_decay_start", "500", "--model.lr_decay_end", "1000"]
    GANCLI(["fit", "--config", "deblurgan.yaml", *falling, *CPU])
    part = Degraded(degradation="blur", kernel_size=15, image_size=64).part("test")
    source, target = part[torch.arange(len(part))].batch
    made = load("checkpoints/deblurgan-degraded/version_0/last.ckpt").translate(source)
    ours, blurred = (photo_measures.gradient_distance(images, target) for images in (made, source))
    assert ours < 0.85 * blurred  # 11.7 and 16.1 with seed 0
    ours, blurred = (photo_measures.structural_similarity(images, target) for images in (made, source))
    assert ours > blurred - 0.03  # 0.767 and 0.778


def test_srresnet_beats_bicubic_and_srgan_looks_more_like_the_truth(workdir: Path) -> None:
    """On held-out pieces of two photographs: pixels first, and then the discriminator, which costs decibels."""
    shorter = ["--model.pretrain_steps", "700", "--trainer.max_steps", "1000"]
    GANCLI(["fit", "--config", "srgan.yaml", *shorter, *CPU])
    wanted = [*PhotoPatches(task="gray2photo").held_out_pairs()[1]]
    small = torch.stack([reduced(image, super_resolution.SCALE) for image in wanted])
    perceptual = PerceptualDistance(Lite0())
    bicubic = super_resolution.scores([super_resolution.bicubic(image) for image in small], wanted, perceptual)
    run = Path("checkpoints/srgan-degraded/version_0")
    pixels, gan = (
        super_resolution.scores([*load(run / f"{name}.ckpt").translate(small)], wanted, perceptual)
        for name in ("pretrained", "last")
    )
    assert pixels.psnr > bicubic.psnr + 0.3
    assert gan.psnr < pixels.psnr  # 22.92 and 22.99 with seed 0, bicubic 22.17
    assert gan.perceptual < 0.95 * pixels.perceptual < bicubic.perceptual  # 3.29, 3.76, 4.06
    assert gan.gradients < pixels.gradients < bicubic.gradients  # 23.0, 23.8, 26.4


def test_social_gan_sees_who_comes_along(workdir: Path) -> None:
    GANCLI(["fit", "--config", "social_gan.yaml", "--trainer.max_steps", "1500", *CPU])
    model = load("checkpoints/socialgan-crossings/version_0/last.ckpt").model
    table = own_table(model, Crossings(), seed=0)
    assert table is not None
    made, straight = (table.values(name) for name in ("made", "constant velocity"))
    assert made["ade"] < 0.7 * straight["ade"]
    assert made["collisions"] < 0.5 * straight["collisions"]


def test_frame_prediction_sees_where_people_move(workdir: Path, real_data: Path) -> None:
    """On people whom it has not seen, and not by blur, which has 20.0 dB with 0.41 of the energy."""
    films = ["--data.root", str(real_data / "weizmann_actions" / "actions")]
    GANCLI(["fit", "--config", "frame_prediction_weizmann.yaml", *films, "--trainer.max_steps", "600", *CPU])
    trained = load(next(Path("checkpoints").glob("frameprediction-*/version_0/last.ckpt"))).model
    table = own_table(trained, data_set_of(trained), seed=0)
    assert table is not None
    made, last, blurred = (
        table.values(f"1 ahead, {name}") for name in ("predicted", "last frame", "last frame, blurred")
    )
    assert made["psnr_moving"] > last["psnr_moving"] + 1  # 20.8 and 19.1 after 192 batches without an adversary
    assert made["ssim_moving"] > last["ssim_moving"]
    assert made["gradient_energy"] > blurred["gradient_energy"]


def test_midinet_writes_to_its_chords(workdir: Path) -> None:
    GANCLI(["fit", "--config", "midinet.yaml", *CPU])
    table = own_table(load("checkpoints/midinet-folktunes/version_0/last.ckpt").model, FolkTunes(), seed=0)
    assert table is not None
    made, real, shuffled = (table.values(name) for name in ("made", "held-out tunes", "held-out bars, shuffled"))
    assert made["in_chord"] > shuffled["in_chord"] + 0.1
    assert 0.7 * real["pitches_a_bar"] < made["pitches_a_bar"] < 1.4 * real["pitches_a_bar"]
    assert made["lengths_apart"] < 0.3  # arpeggios have 0.87
    assert made["copies"] < real["copies"]  # 0.28 with seed 0, and 0.49: a bar of one long note is in every tune


def test_vgan_makes_what_moves(workdir: Path) -> None:
    GANCLI(["fit", "--config", "vgan.yaml", "--trainer.max_steps", "1000", *CPU])
    table = own_table(load("checkpoints/vgan-movingdigits/version_0/last.ckpt").model, MovingDigits(), seed=0)
    assert table is not None
    made = table.values()
    for learned_nothing in ("their first frame, frozen", "the mean of them"):
        assert made["frames_and_changes"] < table.values(learned_nothing)["frames_and_changes"] / 2  # 77
    assert 0.5 < made["motion"] < 2  # 0.85; after 900 batches in bfloat16


@pytest.mark.parametrize(("config", "steps"), [("stackgan.yaml", "1800"), ("stackgan_pp.yaml", "1300")])
def test_stacked_generators_paint_what_they_are_told(config: str, steps: str, workdir: Path) -> None:
    GANCLI(["fit", "--config", config, "--trainer.max_steps", steps, *CPU])
    (last,) = Path("checkpoints").glob("*/version_0/last.ckpt")
    table = own_table(load(last).model, CaptionedDigits(), seed=0)
    assert table is not None
    made, shuffled = table.values(), table.values("made, captions shuffled")
    assert made["colour"] > shuffled["colour"] + 0.1  # in bfloat16 0.70 by stage one and 0.42; shuffled 0.18
    assert made["place"] > 0.5  # 0.74 and 0.98; shuffled 0.20


def test_codes_keep_digits_and_a_transformer_knows_more_than_where_they_stand(workdir: Path) -> None:
    digits = ["--data", "Digits", "--data.image_size", "16", "--data.batch_size", "32"]
    codes = ["--model.base_channels", "8", "--model.attention_size", "0", "--model.num_codes", "64"]
    small = ["--model.latent_channels", "16", "--model.code_dim", "16"]
    GANCLI(["fit", "--config", "vqgan.yaml", *digits, *codes, *small, "--trainer.max_steps", "150", *CPU])
    coder, data = load("checkpoints/vqgan-digits/version_0/last.ckpt"), Digits(image_size=16)
    kept = own_table(coder.model, data, seed=0)
    assert kept is not None
    through, as_small = (kept.values(row)["image_psnr"] for row in ("through the codes", "bicubic, 3x4 pixels"))
    assert through > as_small + 3  # 3.8 with seed 0
    assert kept.values()["used_codes"] > 30  # of 64: without codes of the training images, few are ever used
    words = ["--model.first_stage", "checkpoints/vqgan-digits/version_0", "--model.num_classes", "10"]
    GANCLI(["fit", "--config", "vq_transformer.yaml", *digits, *words, "--trainer.max_steps", "400", *CPU])
    gan = load("checkpoints/vqtransformer-digits/version_0/last.ckpt")
    table = own_table(gan.model, data, seed=0)
    assert table is not None
    made, by_place = table.values(), table.values("their shares at each place")
    assert made["nll"] < by_place["nll"] - 0.8  # 1.2 below with seed 0
    assert by_place["nll"] < table.values("their shares everywhere")["nll"]
    asked = torch.arange(500) % 10
    told = Judge(data).classes(gan.sample(500))
    assert float((told == asked).float().mean()) > 0.6  # 0.77


def test_addas_encoder_reads_wider_strokes_that_the_sources_does_not(workdir: Path) -> None:
    flags = ["--model.source_steps", "200", "--trainer.max_steps", "600", "--trainer.limit_val_batches", "0"]
    GANCLI(["fit", "--config", "adda.yaml", *flags, *CPU])
    model: Any = load("checkpoints/adda-adapteddigits/version_0/last.ckpt").model
    data = AdaptedDigits(look="thick")
    adapted = adaptation.target_accuracy(model, data, "test")
    assert adapted > adaptation.accuracy(model.classifier, *data.whole("target", "test")) + 10  # 85 and 64


def test_danns_features_read_wider_strokes_better_than_those_of_the_source_alone(workdir: Path) -> None:
    flags = ["--model.schedule_steps", "500", "--trainer.max_steps", "500", "--trainer.limit_val_batches", "0"]
    GANCLI(["fit", "--config", "dann.yaml", *flags, *CPU])
    model: Any = load("checkpoints/dann-adapteddigits/version_0/last.ckpt").model
    data = AdaptedDigits(look="thick")
    lesson = adaptation.Lesson(steps=300, batch_size=64, seed=0)
    alone = adaptation.trained(model, lesson, data.whole("source", "train"))
    adapted = adaptation.target_accuracy(model, data, "test")
    assert adapted > adaptation.accuracy(alone, *data.whole("target", "test")) + 5  # 76 to 81, and 63 to 69


def test_dtn_shows_the_number_before_a_photograph_as_a_plain_digit(workdir: Path) -> None:
    small = ["--data.image_size", "16", "--model.encoder_shift", "1", "--model.encoder_steps", "300"]
    GANCLI(["fit", "--config", "dtn.yaml", *small, "--trainer.max_steps", "750", *CPU])
    model = load("checkpoints/dtn-adapteddigits/version_0/last.ckpt").model
    told = transferred.table(cast(DTN, model), AdaptedDigits(reverse=True, image_size=16))
    made, copied, random = (
        told.values(row)["accuracy"] for row in ("made", "copied from the source", "random images of the target")
    )
    assert made > copied + 8  # after 400 batches of g with another f 65, and 40
    assert random < 25
    assert told.values(transferred.OWN_READING)["accuracy"] > 75  # 84


def test_icgan_changes_what_it_is_told_to_and_keeps_the_rest(workdir: Path) -> None:
    digits = ["--data.image_size", "16", "--model.latent_hidden", "256"]
    phases = ["--model.gan_steps", "700", "--trainer.max_steps", "1200"]
    GANCLI(["fit", "--config", "icgan.yaml", *digits, *phases, *CPU])
    gan = load("checkpoints/icgan-attributeddigits/version_0/last.ckpt")
    table = own_table(gan.model, AttributedDigits(image_size=16), seed=0, num=100)
    assert table is not None
    made, copy = table.values(), table.values("copy of the input")
    at_random, mean = table.values("random latents with the labels"), table.values("mean training picture")
    assert made["changed_right"] > 0.9
    assert made["others_kept"] > 0.9
    assert copy["changed_right"] < 0.1  # a copy keeps all, and changes nothing
    assert made["found_again"] > 2 * at_random["found_again"] > 0
    assert made["answer_error"] < at_random["answer_error"] < mean["answer_error"]


def test_pictures_of_strangers_move_as_films_do(workdir: Path) -> None:
    small = ["--data.image_size", "32", "--model.reduction", "1", "--model.features", "random"]
    sizes = ["--model.point_channels", "8", "--model.motion_channels", "8", "--model.residual_blocks", "1"]
    rates = ["--model.generator_lr", "2e-3", "--model.lr_drops", "[100]", "--model.num_points", "5"]
    steps = ["--trainer.max_steps", "130", *CPU]
    GANCLI(["fit", "--config", "living_portraits.yaml", *small, *sizes, *rates, *steps])
    gan, data = load("checkpoints/livingportraits-drawnfaces/version_0/last.ckpt"), DrawnFaces(image_size=32)
    table = own_table(gan.model, data, seed=0)
    assert table is not None
    made, copied = table.values(), table.values("the source as it is")
    assert made["l1"] < 0.9 * copied["l1"]  # in bfloat16 7.2 and 9.7
    assert made["displaced"] < 0.9 * copied["displaced"]  # 5.3 and 7.7
    found = data.crossed(count=4)
    apart = {"made": 0.0, "copied": 0.0}
    for source, film, right in zip(found.source, found.driving, found.relative, strict=True):
        moved = gan.animate(source, film.transpose(0, 1), scaled=False).transpose(0, 1)
        for name, frames in (("made", moved), ("copied", source.expand_as(right))):
            apart[name] += float((frames.float() - right.float()).abs().mean())
    assert apart["made"] < 0.9 * apart["copied"]  # of eight people 7.4 and 9.9
