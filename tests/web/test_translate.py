"""The tab Translate: photographs, drawings, label maps, masks, hints, references; and files that are none of them."""

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import gan_cli
from gan_cli.web.facts import facts_of
from gan_cli.web.translate import _example, _translated
from tests.inference import translators
from tests.web.people import Person, opened, photograph, png
from tests.web.tiny import loaded


@pytest.fixture(scope="module")
def horses(tmp_path_factory: pytest.TempPathFactory) -> Person:
    path = translators.saved(translators.cyclegan(), tmp_path_factory.mktemp("horses") / "last.ckpt")
    return Person([path])


def sent(person: Person, source: bytes = b"", **more: Any) -> Any:
    files = {"source": ("source.png", source or photograph())}
    return person.post(f"/api/translate/{person.run}", files=files, data=more)


def test_both_directions_of_cyclegan(horses: Person) -> None:
    gan = gan_cli.load(horses.shelf.runs.all()[0].checkpoint)
    image = Image.fromarray(translators.colours(48, 32))
    for direction in ("horse2zebra", "zebra2horse"):
        answer = sent(horses, direction=direction).json()
        assert np.array_equal(np.asarray(opened(answer["before"])), np.asarray(image))
        assert np.array_equal(np.asarray(opened(answer["after"])), np.asarray(gan.translate(image, direction)))


def test_a_photograph_of_forty_megapixels_is_reduced(horses: Person) -> None:
    content = io.BytesIO()
    Image.new("RGB", (8000, 5000), "orange").save(content, "JPEG")
    answer = horses.post("/api/translate/picture?longest=256", files={"file": ("big.jpg", content.getvalue())})
    assert answer.status_code == 200
    assert (answer.json()["picture"]["width"], answer.json()["picture"]["height"]) == (256, 160)
    assert "8000x5000" in answer.json()["note"]
    translated = sent(horses, content.getvalue(), direction="horse2zebra").json()
    assert translated["after"]["width"] == 1024


def test_a_picture_of_more_pixels_than_is_decoded(horses: Person) -> None:
    content = io.BytesIO()
    Image.new("1", (9_000, 9_000)).save(content, "PNG")  # 10 kB that unpack to 81 megapixels
    for answer in (
        horses.post("/api/translate/picture", files={"file": ("bomb.png", content.getvalue())}),
        sent(horses, content.getvalue(), direction="horse2zebra"),
    ):
        assert answer.status_code == 400
        assert "more than 64,000,000 pixels; take a smaller picture" in answer.json()["error"]


@pytest.mark.parametrize("content", [b"dear diary", b"", b"\x89PNG\r\n\x1a\n cut", b"<svg xmlns='x'/>"])
def test_a_text_as_a_picture(horses: Person, content: bytes) -> None:
    answer = horses.post("/api/translate/picture", files={"file": ("../../diary.txt", content or b" ")})
    assert answer.status_code == 400
    assert answer.json()["error"].startswith("diary.txt is no picture")
    assert sent(horses, content or b" ", direction="horse2zebra").status_code == 400


def test_what_is_missing_or_too_much(horses: Person) -> None:
    nothing = horses.post(f"/api/translate/{horses.run}", data={"direction": "horse2zebra"})
    assert "no picture yet" in nothing.json()["error"]
    assert "of which" in sent(horses).json()["error"]
    assert "unknown" in sent(horses, direction="horse2cow").json()["error"]
    files = {"source": ("a.png", photograph()), "mask": ("b.png", photograph())}
    more = horses.post(f"/api/translate/{horses.run}", files=files, data={"direction": "horse2zebra"})
    assert "nothing that CycleGAN takes" in more.json()["error"]
    many = [("source", (f"{k}.png", b"x")) for k in range(9)]
    assert horses.post(f"/api/translate/{horses.run}", files=many).status_code == 400


def test_the_middle_of_a_photograph(horses: Person) -> None:
    files = {"file": ("photo.png", photograph(60, 40))}
    answer = horses.post("/api/translate/picture?longest=40&square=true", files=files).json()
    assert np.array_equal(np.asarray(opened(answer["picture"])), translators.colours(60, 40)[:, 10:50])
    assert "square of 40 pixels" in answer["note"]


def test_edges_of_a_photograph(horses: Person) -> None:
    pixels = np.zeros((32, 32, 3), np.uint8)
    pixels[8:24, 8:24] = 255
    answer = horses.post("/api/translate/picture?sketch=true", files={"file": ("square.png", png(pixels))}).json()
    drawn = np.asarray(opened(answer["picture"]).convert("L"))
    assert set(np.unique(drawn)) == {0, 255}
    assert (drawn[16] == 0).sum() == 2  # one line on either side


def test_label_maps_by_a_palette() -> None:
    spade = loaded("SPADE")
    palette = facts_of(spade)["translate"]["palette"]
    colours = [tuple(int(entry["colour"][at : at + 2], 16) for at in (1, 3, 5)) for entry in palette]
    pixels = np.zeros((32, 32, 3), np.uint8)
    pixels[:16], pixels[16:] = colours[0], colours[2]
    answer = _translated(spade, {"source": png(pixels)}, {})
    assert np.array_equal(np.asarray(opened(answer["before"])), pixels)
    other = _translated(spade, {"source": png(pixels[::-1])}, {})
    assert answer["after"]["src"] != other["after"]["src"]
    pixels[0, 0] = (1, 2, 3)
    with pytest.raises(ValueError, match="the source is no map of these labels: it has the colour #010203"):
        _translated(spade, {"source": png(pixels)}, {})


def test_masks_that_were_drawn() -> None:
    painter = loaded("ContextEncoder")
    facts = facts_of(painter)["translate"]
    assert facts["given"] == [{"name": "mask", "kind": "mask"}]
    assert (facts["only"], facts["fixed"]) == (True, True)
    side: Any = painter.gan.model.image_size
    grey, mask = np.full((side, side), 128), np.zeros((side, side))
    mask[4:9, 4:9] = 255
    answer = _translated(painter, {"source": png(grey), "mask": png(mask)}, {})
    changed = np.asarray(opened(answer["after"]).convert("L")) != 128
    assert changed[4:9, 4:9].any()
    assert not changed[mask == 0].any()
    of_canvas = np.dstack([mask, mask, mask, np.full_like(mask, 255)])  # which has an opacity that says nothing
    assert _translated(painter, {"source": png(grey), "mask": png(of_canvas)}, {}) == answer
    with pytest.raises(ValueError, match="save it in that size"):
        _translated(painter, {"source": png(grey), "mask": png(mask[:4])}, {})


def test_hints_for_colours() -> None:
    painter = loaded("Colorization")
    given = facts_of(painter)["translate"]["given"]
    assert {"name": "hints", "kind": "hints"} in given
    side: Any = painter.gan.model.image_size
    hints = np.zeros((side, side, 4))
    plain = _translated(painter, {"source": photograph(side, side), "hints": png(hints)}, {})
    hints[2:6, 2:6] = (255, 0, 0, 255)
    hinted = _translated(painter, {"source": photograph(side, side), "hints": png(hints)}, {})
    assert hinted["after"]["src"] != plain["after"]["src"]
    with pytest.raises(ValueError, match="has no opacity"):
        _translated(painter, {"source": photograph(side, side), "hints": photograph(side, side)}, {})


def test_domains_styles_and_references_of_stargan_v2(tmp_path: Path) -> None:
    person = Person([translators.saved(translators.stargan_v2(), tmp_path / "last.ckpt")])
    facts = person.get(f"/api/models/{person.run}").json()["translate"]
    assert (facts["styles"], facts["reference"], facts["optional_reference"]) == (True, True, True)
    of_seeds = [sent(person, direction="young", style=style).json()["after"]["src"] for style in ("0", "1")]
    files = {"source": ("a.png", photograph()), "reference": ("b.png", photograph(64, 64))}
    referenced = person.post(f"/api/translate/{person.run}", files=files, data={"direction": "young", "style": "0"})
    assert len({*of_seeds, referenced.json()["after"]["src"]}) == 3
    assert "no seed" in sent(person, direction="young", style="/etc/passwd").json()["error"]


def test_attributes_of_stargan(tmp_path: Path) -> None:
    person = Person([translators.saved(translators.faces(), tmp_path / "last.ckpt")])
    ways = person.get(f"/api/models/{person.run}").json()["translate"]["directions"]
    assert [way["keeps"] for way in ways] == [list(translators.FACE)] * 4
    one, two = (sent(person, direction=names).json()["after"]["src"] for names in ("Male", "Male+Young"))
    assert one != two


def test_held_out_examples(tmp_path: Path) -> None:
    painter = loaded("ContextEncoder")
    first, second = (_example(painter, number, "") for number in (0, 1))
    assert first["picture"]["src"] != second["picture"]["src"]
    holes = np.asarray(opened(first["told"]["mask"]))
    assert set(np.unique(holes[..., 3])) == {0, 255}
    answer = _translated(painter, {"source": png(np.asarray(opened(first["picture"]))), "mask": png(holes[..., 3])}, {})
    assert answer["after"]["width"] == first["picture"]["width"]
