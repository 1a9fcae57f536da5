import json
import math
import os
import re
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from gan_cli.errors import UserError
from gan_cli.reports import report, run_record
from tests.reports.pages import CONFIG, Reading, losses, make_run, scored


def reading(folder: Path, **options: Any) -> Reading:
    checkpoint = folder / "last.ckpt"
    record = run_record.read(folder, checkpoint if checkpoint.is_file() else None)
    return Reading(report.page(record, options.pop("missing", {}), **options))


def test_a_page_has_the_curves_the_grids_the_scores_the_settings_and_the_commands(tmp_path: Path) -> None:
    page = reading(make_run(tmp_path / "dcgan-digits/version_0", losses(5), [10, 20, 30], scores=scored(360, 12.5)))
    assert [chart["title"] for chart in page.charts] == ["Losses"]
    curves = {curve["name"]: curve for curve in page.charts[0]["curves"]}
    assert curves["generator/adversarial"]["values"] == [0.1, 0.05, 0.0333333, 0.025, 0.02]
    assert curves["generator/adversarial"]["steps"] == [10, 20, 30, 40, 50]
    assert curves["generator/adversarial"]["kimg"] == [0.64, 1.28, 1.92, 2.56, 3.2]
    assert [image["alt"] for image in page.all("img")] == [
        *(f"Samples at step {step}" for step in (10, 20, 30)),
        "The final grid, of step 30",
    ]
    assert [("hidden" in image) for image in page.all("img")] == [True, True, False, False]
    for words in ("dcgan-digits/version_0", "FID", "12.5", "0.25", "features: classifier", "generator_lr: 0.0002"):
        assert words in page.text
    assert f"gan fit --config {tmp_path}/dcgan-digits/version_0/config.yaml --seed_everything 7" in page.text
    headings = {element["id"] for element in page.all("h2")}
    assert {link["href"] for link in page.all("a")} == {f"#{name}" for name in headings}


def test_a_page_needs_nothing_but_itself(tmp_path: Path) -> None:
    page = reading(make_run(tmp_path / "run", losses(2), [10]))
    places = [value for _, element in page.elements for name in ("src", "href") if (value := element.get(name))]
    assert all(place.startswith(("data:", "#")) for place in places)
    policy = next(meta["content"] for meta in page.all("meta") if meta.get("http-equiv"))
    assert policy is not None
    assert "default-src 'none'" in policy
    assert not re.search(r"url\(|@import", "".join(page.data["style"]))


def test_what_a_user_has_named_is_text_wherever_it_stands(tmp_path: Path) -> None:
    evil = "</script><script>alert(1)</script>"
    config = {**CONFIG, "name": evil, "seed_everything": evil, "data": {"class_path": f"x.{evil}"}}
    rows = [{"step": 1, f"loss/{evil}": 1.0, f"<b>{evil}": 2.0}, {"step": 2, f"loss/{evil}": 1.5}]
    scores = {"tables": [{"title": evil, "scores": {evil: {"value": 1.0}}, "left_out": [evil]}], "note": evil}
    folder = make_run(tmp_path / "<i>&amp;" / 'a"b', rows, [1], config, scores)
    (folder / "environment.json").write_text(json.dumps({"sessions": [{"processor": evil}], "parameters": {}}))
    text = report.page(run_record.read(folder), {"interpolate": evil})
    assert "<script>alert" not in text
    assert "<i>" not in text
    assert '"a"b' not in text
    page = Reading(text)
    assert page.charts[0]["curves"][0]["name"] == evil
    assert text.count("</script>") == len(page.all("script"))


def test_a_run_that_has_only_begun_has_a_page(tmp_path: Path) -> None:
    page = reading(make_run(tmp_path / "run"))
    assert "nothing has been logged yet" in page.text
    assert "has made none yet" in page.text
    assert "No scores yet" in page.text
    assert "Not recorded" in page.text
    assert page.charts == []
    assert sum(len(text) for text in page.data["script"]) < 10_000  # plotly is left out


def test_a_run_without_its_config_or_with_a_broken_one_has_a_page(tmp_path: Path) -> None:
    assert "No configuration" in reading(make_run(tmp_path / "a", losses(1), config=None)).text
    broken = make_run(tmp_path / "b", losses(1))
    (broken / "config.yaml").write_text("a: [1")
    (broken / "metrics.json").write_text("{")
    (broken / "environment.json").write_text("[]")
    page = reading(broken)
    assert "config.yaml cannot be read" in page.text
    assert "metrics.json cannot be read" in page.text


def test_odd_rows_of_the_log_are_left_out_and_gaps_are_told(tmp_path: Path) -> None:
    folder = make_run(tmp_path / "run", losses(3))
    log = folder / "metrics.csv"
    log.write_text(log.read_text() + "2.56,0.5,inf,40\n3.2,0.5,nan,50\n3.84,0.5,what,60\n4.48,0.5,0.0")  # cut short
    page = reading(folder)
    generator = page.charts[0]["curves"][1]
    assert generator["values"][3:] == [None, None]
    assert generator["steps"] == [10, 20, 30, 40, 50]
    assert "2 values are not finite" in page.text


def test_one_step_makes_one_point(tmp_path: Path) -> None:
    page = reading(make_run(tmp_path / "run", losses(1)))
    assert page.charts[0]["curves"][0]["values"] == [0.5]


def test_of_thousands_of_values_those_that_stand_out_are_kept(tmp_path: Path) -> None:
    rows = [{"step": step, "loss/generator/adversarial": math.sin(step)} for step in range(1, 20_001)]
    rows[12_345]["loss/generator/adversarial"] = 99.0
    rows[17_000]["loss/generator/adversarial"] = -77.0
    page = reading(make_run(tmp_path / "run", rows))
    values = page.charts[0]["curves"][0]["values"]
    assert len(values) <= 1000
    assert {99.0, -77.0} <= set(values)
    assert values[-1] == pytest.approx(math.sin(20_000), rel=1e-5)
    assert "Of 20,000 values" in page.text


def test_of_many_grids_as_many_are_shown_as_a_slider_holds(tmp_path: Path) -> None:
    page = reading(make_run(tmp_path / "run", grids=range(1, 101)), positions=40)
    steps = [image["data-step"] for image in page.all("img") if "data-step" in image]
    assert (len(steps), steps[0], steps[-1]) == (40, "step 1", "step 100")
    assert "40 of 100 grids" in page.text
    assert next(element for element in page.all("input") if element.get("aria-label"))["max"] == "39"


def test_a_broken_or_huge_picture_does_not_break_the_page(tmp_path: Path) -> None:
    folder = make_run(tmp_path / "run", grids=[1, 2])
    (folder / "samples/step-00000001.png").write_bytes(b"no picture")
    Image.effect_noise((2500, 1250), 90).save(folder / "samples/step-00000002.png")
    images = reading(folder).all("img")
    assert str(images[0]["alt"]).startswith("step-00000001.png cannot be read")
    assert (images[1]["width"], images[1]["height"]) == ("1024", "512")


def test_pictures_older_than_the_checkpoint_are_not_shown(tmp_path: Path) -> None:
    folder = make_run(tmp_path / "run", grids=[1])
    (folder / "pictures").mkdir()
    picture = folder / "pictures/interpolate-seed0.png"
    Image.new("L", (9, 9)).save(picture)
    (folder / "last.ckpt").touch()
    assert "Interpolation: interpolate-seed0.png" in reading(folder).text
    newer = picture.stat().st_mtime + 10
    os.utime(folder / "last.ckpt", (newer, newer))
    page = reading(folder, missing={"interpolate": "the reason"})
    assert "Interpolation:" not in page.text
    assert "No picture by gan interpolate: the reason" in page.text


def test_pictures_of_verbs_that_were_run_by_hand_are_shown(tmp_path: Path) -> None:
    folder = make_run(tmp_path / "run")
    (folder / "pictures").mkdir()
    for name in ("edit-smile-0.png", "directions-pca.png", "mix-0-3-by-4-9.png"):
        Image.new("L", (9, 9)).save(folder / "pictures" / name)
    told = reading(folder).text
    assert "Moved along a direction: edit-smile-0.png" in told
    assert "Directions: directions-pca.png" in told
    assert "Mixed styles: mix-0-3-by-4-9.png" in told
    assert "No picture by gan edit" not in told


def test_a_translator_has_no_interpolation(tmp_path: Path) -> None:
    config = {**CONFIG, "model": {"class_path": "gan_cli.variants.Pix2Pix"}}
    page = reading(make_run(tmp_path / "run", grids=[1], config=config))
    assert "No interpolation: Pix2Pix makes images from images" in page.text
    assert "gan translate --ckpt" in page.text
    assert "gan sample" not in page.text


@pytest.mark.parametrize(
    ("verb", "verbs"),
    [("sample", {"sample", "interpolate"}), ("reconstruct", {"reconstruct"}), ("predict", {"predict"})],
)
def test_a_page_has_the_commands_of_the_verb_that_a_run_has_recorded(
    tmp_path: Path, verb: str, verbs: set[str]
) -> None:
    folder = make_run(tmp_path / "run")
    (folder / "environment.json").write_text(json.dumps({"verb": verb}))
    told = reading(folder).text
    every = ("sample", "interpolate", "translate", "reconstruct", "predict")
    assert {other for other in every if f"gan {other} --ckpt" in told} == verbs


def test_the_durations_of_all_sessions_are_one(tmp_path: Path) -> None:
    folder = make_run(tmp_path / "run", losses(1))
    sessions = [{"seconds": 3000.0, "processes": 2, "accelerator": "NVIDIA H100", "last_step": 5}]
    sessions += [{"seconds": 4260, "max_steps": 266_800}]
    content = {"sessions": sessions, "parameters": {"generator": 1234}}
    (folder / "environment.json").write_text(json.dumps(content))
    page = reading(folder)
    assert "2 h 1 min" in page.text
    assert "2 processes on NVIDIA H100" in page.text
    assert " of 266,800" in page.text  # which the config says in passes
    assert "generator 1,234" in page.text


@pytest.mark.parametrize("name", ["there", "gone"])
def test_a_folder_that_is_no_run_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "there").mkdir()
    with pytest.raises(UserError, match=r"is no run|does not exist"):
        run_record.find(str(tmp_path / name))


def test_a_checkpoint_stands_for_its_run_and_the_newest_for_nothing_typed(tmp_path: Path) -> None:
    folder = make_run(tmp_path / "checkpoints/dcgan-digits/version_3")
    for name in ("last.ckpt", "step-00000005.ckpt"):
        (folder / name).touch()
    assert run_record.find(str(folder / "step-00000005.ckpt")) == (folder, folder / "step-00000005.ckpt")
    assert run_record.find(str(folder)) == (folder, folder / "last.ckpt")
    assert run_record.find(None, tmp_path / "checkpoints") == (folder, folder / "last.ckpt")
    with pytest.raises(UserError, match="no run under"):
        run_record.find(None, tmp_path / "nothing")


def test_samples_that_move_play_in_the_page(tmp_path: Path) -> None:
    folder = make_run(tmp_path / "run", losses(2), [10, 20])
    frames = [Image.new("L", (20, 20), 100 * number) for number in range(2)]
    for step in (10, 20):
        frames[0].save(folder / f"samples/step-{step:08d}.gif", save_all=True, append_images=frames[1:], duration=100)
    page = reading(folder)
    (playing,) = [image for image in page.all("img") if (image["src"] or "").startswith("data:image/gif")]
    assert playing["alt"] == "The samples of step 20, playing"
    (folder / "samples/step-00000020.gif").write_bytes(b"GIF89a")
    assert "step-00000020.gif cannot be read" in reading(folder).text
