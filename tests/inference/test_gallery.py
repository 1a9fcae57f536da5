import base64
import io
import re
from xml.etree import ElementTree

from PIL import Image

from gan_cli.inference.gallery import Shown, page


def entries() -> list[Shown]:
    transparent = Image.new("RGBA", (30, 20), (255, 0, 0, 0))
    return [
        Shown('a<b>&"c" é.png', [("input", Image.new("RGB", (320, 213), "red")), ("horse2zebra", transparent)]),
        Shown("sub/grey.png", [("input", Image.new("L", (5, 5))), ("horse2zebra", Image.new("LA", (5, 5)))]),
    ]


def test_a_page_is_well_formed_and_needs_nothing_but_itself() -> None:
    text = page("Translations <horse2zebra>", "2 inputs", entries())
    tree = ElementTree.fromstring(text)
    pictures = list(tree.iter("img"))
    assert len(pictures) == 4
    for picture in pictures:
        kind, _, content = picture.attrib["src"].partition(",")
        assert kind == "data:image/webp;base64"
        with Image.open(io.BytesIO(base64.b64decode(content))) as image:
            assert image.size == (int(picture.attrib["width"]), int(picture.attrib["height"]))
    places = [element.attrib[name] for element in tree.iter() for name in ("src", "href") if name in element.attrib]
    assert all(place.startswith("data:") for place in places)
    assert not re.search(r"https?:|url\(|@import|<script", text)


def test_every_image_has_a_text_and_every_name_is_escaped() -> None:
    tree = ElementTree.fromstring(page("Translations", "2 inputs", entries()))
    texts = [picture.attrib["alt"] for picture in tree.iter("img")]
    assert texts == [
        'a<b>&"c" é.png, input',
        'a<b>&"c" é.png, horse2zebra',
        "sub/grey.png, input",
        "sub/grey.png, horse2zebra",
    ]
    assert [caption.text for caption in tree.iter("figcaption")] == ['a<b>&"c" é.png', "sub/grey.png"]
    assert tree.attrib["lang"] == "en"
    assert any(meta.attrib.get("name") == "viewport" for meta in tree.iter("meta"))
