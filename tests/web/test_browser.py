"""The page in a real browser: every tab with real clicks, drawings, pictures compared, an empty console."""

import io
import time
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

import gan_cli
from gan_cli.web.app import TABS
from gan_cli.web.shelf import Loaded
from tests.web.conftest import Served, watched
from tests.web.people import photograph

pytestmark = pytest.mark.slow

PIXELS = """canvas => {
  const {width, height} = canvas;
  const copy = new OffscreenCanvas(width, height).getContext("2d", {willReadFrequently: true});
  copy.drawImage(canvas, 0, 0);
  return [width, height, ...copy.getImageData(0, 0, width, height).data];
}"""
OURS = ("sample", "walk", "translate", "runs")


def opened(page: Any, served: Served, tab: str, run: str = "") -> Any:
    """The panel of a tab that was clicked, showing a run."""
    page.goto(served.address)
    page.get_by_role("tab", name=tab.capitalize()).click()
    panel = page.locator(f"#panel-{tab}")
    panel.locator("h2").first.wait_for()
    if run:
        panel.locator("select[name=run]:not([disabled])").select_option(served.runs[run])
        settled(panel)
    return panel


def settled(panel: Any) -> None:
    """Waits until the server has answered all that the panel asked for."""
    panel.page.wait_for_function("panel => !panel.querySelector('[aria-busy=true]')", arg=panel.element_handle())


def pixels(canvas: Any) -> np.ndarray:
    """What a canvas shows, uint8 [H, W, 4]."""
    width, height, *values = canvas.evaluate(PIXELS)
    return np.array(values, np.uint8).reshape(height, width, 4)


def shown(image: Any) -> np.ndarray:
    """What an <img> shows, uint8 [H, W, 3]."""
    import base64

    content = base64.b64decode(image.get_attribute("src").partition(",")[2])
    return np.asarray(Image.open(io.BytesIO(content)).convert("RGB"))


def set_slider(slider: Any, value: float) -> None:
    """Moves a slider as a hand does, and lets it go."""
    slider.evaluate(
        "(input, value) => { input.value = value; input.dispatchEvent(new Event('input', {bubbles: true}));"
        " input.dispatchEvent(new Event('change', {bubbles: true})); }",
        value,
    )


def gan_of(served: Served, run: str) -> gan_cli.inference.api.TrainedGAN:
    return gan_cli.load(served.shelf.runs[served.runs[run]].checkpoint, module="tests.toys")


def test_a_grid_and_one_of_its_pictures(page: Any, served: Served) -> None:
    panel = opened(page, served, "sample", "digits")
    panel.get_by_label("First seed").fill("10")
    panel.get_by_role("button", name="Make").click()
    settled(panel)
    tiles = panel.locator(".tile")
    assert tiles.count() == 64
    made = gan_of(served, "digits").sample(64, seed=10)
    assert np.array_equal(pixels(tiles.nth(7).locator("canvas"))[..., 0], made[7, 0].numpy())
    tiles.nth(0).focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    assert dialog.get_by_role("heading").inner_text() == "Seed 11"
    dialog.locator("canvas").wait_for()
    assert np.array_equal(pixels(dialog.locator("canvas"))[..., 0], made[1, 0].numpy())
    with page.expect_download() as one:
        dialog.get_by_role("button", name="Save as png").click()
    assert one.value.suggested_filename == "seed-11.png"
    page.keyboard.press("Escape")
    assert tiles.nth(1).evaluate("tile => tile === document.activeElement")
    with page.expect_download() as archive:
        panel.get_by_role("button", name="Save as archive").click()
    assert len(zipfile.ZipFile(archive.value.path()).namelist()) == 65


def test_classes_and_truncation(page: Any, served: Served) -> None:
    panel = opened(page, served, "sample", "styles")
    assert panel.locator(".tile").first.get_attribute("aria-label").startswith("Seed 0, class ")
    panel.get_by_label("Class", exact=True).select_option("3")
    settled(panel)
    set_slider(panel.get_by_label("Truncation"), 0.4)
    page.wait_for_timeout(400)
    settled(panel)
    made = gan_of(served, "styles").sample(2, labels=[3], truncation_psi=0.4)
    assert np.array_equal(pixels(panel.locator(".tile canvas").nth(1))[..., 0], made[1, 0].numpy())


@pytest.mark.parametrize(
    ("run", "control"),
    [("videos", "Play|Pause"), ("solids", "Play|Pause"), ("music", "Play"), ("paths", "Play|Pause"), ("sentences", "")],
)
def test_every_medium_has_a_player(page: Any, served: Served, run: str, control: str) -> None:
    panel = opened(page, served, "sample", run)
    panel.locator(".tile").first.click()
    dialog = page.get_by_role("dialog")
    canvas = dialog.locator("canvas").first
    canvas.wait_for()
    if not control:
        return
    button = dialog.locator(".stage button").first
    if run == "music":
        button.click()
        assert button.inner_text() == "Stop"
        dialog.locator(".head").wait_for(state="visible")
        button.click()
        assert button.inner_text() == "Play"
        return
    button.wait_for()
    if button.inner_text() == "Pause":
        button.click()
    slider = dialog.get_by_role("slider")
    set_slider(slider, 0)
    before = pixels(canvas)
    slider.focus()
    page.keyboard.press("End")
    assert not np.array_equal(pixels(canvas), before)
    if run == "solids":
        box = canvas.bounding_box()
        before = slider.input_value()
        page.mouse.move(box["x"] + 20, box["y"] + 20)
        page.mouse.down()
        page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 20, steps=4)
        page.mouse.up()
        assert slider.input_value() != before


def test_what_is_shown_stays_that_of_its_run_while_another_is_loaded(page: Any, served: Served) -> None:
    panel = opened(page, served, "sample", "music")
    page.route(f"**/api/models/{served.runs['videos']}", lambda route: None)  # it takes for ever
    page.route(f"**/api/sample/{served.runs['videos']}", lambda route: None)
    panel.locator("select[name=run]").select_option(served.runs["videos"])
    panel.locator(".tile").first.click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_text("notes in").wait_for()
    assert dialog.get_by_role("button", name="Save as mid").is_visible()
    page.unroute_all(behavior="ignoreErrors")


def test_points_are_shown_together(page: Any, served: Served) -> None:
    panel = opened(page, served, "sample", "points")
    assert panel.get_by_role("img", name="points, all together").evaluate("image => image.naturalWidth") > 100


def test_a_sentence_is_typed(page: Any, served: Served) -> None:
    panel = opened(page, served, "sample", "sentences")
    before = pixels(panel.locator(".tile canvas").first)
    panel.get_by_label("Given: text").fill("a two")
    panel.get_by_role("button", name="Make").click()
    settled(panel)
    assert not np.array_equal(pixels(panel.locator(".tile canvas").first), before)


def test_a_mistake_is_said_and_goes_away(browser: Any, served: Served) -> None:
    page = browser.new_page()
    panel = opened(page, served, "sample", "sentences")
    panel.get_by_label("Given: text").fill("zzz")
    panel.get_by_role("button", name="Make").click()
    status = page.locator("#status")
    status.get_by_text("no word of 'zzz'").wait_for()
    panel.get_by_label("Given: text").fill("")
    panel.get_by_role("button", name="Make").click()
    settled(panel)
    assert status.inner_text() == ""
    page.close()


def test_a_walk(page: Any, served: Served) -> None:
    panel = opened(page, served, "walk", "styles")
    gan = gan_of(served, "styles")
    walk = gan.interpolate([1, 2, 3], steps=5, labels=[0])
    canvas = panel.locator(".stage canvas")
    assert np.array_equal(pixels(canvas)[..., 0], walk[0, 0].numpy())
    place = panel.get_by_label("Place on the way")
    set_slider(place, 1.25)
    settled(panel)
    assert np.abs(pixels(canvas)[..., 0].astype(int) - walk[5, 0].numpy()).max() <= 1
    before = pixels(canvas)
    panel.get_by_role("checkbox", name="2", exact=True).check()
    settled(panel)
    mixed = pixels(canvas)
    assert not np.array_equal(mixed, before)
    panel.get_by_role("button", name="Find").click()
    direction = panel.get_by_label("Direction 0")
    direction.wait_for()
    set_slider(direction, 4)
    settled(panel)
    assert not np.array_equal(pixels(canvas), mixed)
    panel.get_by_role("button", name="All to 0").click()
    settled(panel)
    assert np.array_equal(pixels(canvas), mixed)
    panel.get_by_role("button", name="Take seed 3 away").click()
    settled(panel)
    assert place.get_attribute("max") == "1"
    with page.expect_download() as film:
        panel.get_by_role("button", name="Save as GIF").click()
    with Image.open(film.value.path()) as image:
        assert image.n_frames == 24  # type: ignore[attr-defined]


def test_a_seed_that_was_picked_is_walked_to(page: Any, served: Served) -> None:
    panel = opened(page, served, "sample", "digits")
    panel.locator(".tile").nth(5).click()
    page.get_by_role("dialog").get_by_role("button", name="Add to the walk").click()
    page.keyboard.press("Escape")
    page.get_by_role("tab", name="Walk").click()
    walk = page.locator("#panel-walk")
    walk.locator("select[name=run]:not([disabled])").select_option(served.runs["digits"])
    walk.get_by_role("button", name="Go to seed 5").wait_for()


def test_a_walk_whose_tab_is_closed_leaves_nothing_running(page: Any, served: Served, monkeypatch: Any) -> None:
    panel = opened(page, served, "walk", "digits")
    place = panel.get_by_label("Place on the way")
    set_slider(place, 0)
    done: list[float] = []
    real = served.shelf._ready

    def slow(*arguments: Any) -> Loaded:
        done.append(time.monotonic())
        time.sleep(0.1)
        found: Loaded = real(*arguments)
        return found

    monkeypatch.setattr(served.shelf, "_ready", slow)
    panel.get_by_role("button", name="Save as MP4").click()
    panel.get_by_role("button", name="Play").click()
    while len(done) < 3:
        page.wait_for_timeout(20)
    page.close()
    time.sleep(0.5)
    after = len(done)
    time.sleep(0.6)
    assert len(done) == after
    assert all(not place.lock.locked() for place in served.shelf._places.values())


def draw(page: Any, canvas: Any, *places: tuple[float, float]) -> None:
    """Draws a line through places of a canvas, in shares of its sides."""
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    at = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in places]
    page.mouse.move(*at[0])
    page.mouse.down()
    for place in at[1:]:
        page.mouse.move(*place, steps=8)
    page.mouse.up()


def test_a_drawing_becomes_a_photograph(page: Any, served: Served) -> None:
    panel = opened(page, served, "translate", "edges")
    before, after = panel.locator("img.before"), panel.locator("img.after")
    blank = shown(after)
    canvas = panel.locator("canvas.source")
    draw(page, canvas, (0.2, 0.2), (0.8, 0.2), (0.5, 0.8), (0.2, 0.2))
    settled(panel)
    drawn = pixels(canvas)[..., :3]
    assert set(np.unique(drawn)) == {0, 255}
    assert 0.005 < (drawn == 0).mean() < 0.2
    assert np.array_equal(shown(before), drawn)
    assert not np.array_equal(shown(after), blank)
    made = gan_of(served, "edges").translate(Image.fromarray(drawn))
    assert np.array_equal(shown(after), np.asarray(made.convert("RGB")))
    divider = panel.get_by_role("slider", name="Divider")
    divider.focus()
    page.keyboard.press("Home")
    assert before.evaluate("image => getComputedStyle(image).clipPath").startswith("inset(0px 100%")
    panel.get_by_role("button", name="Undo").click()
    settled(panel)
    assert np.array_equal(shown(after), blank)


def test_a_drawing_by_keyboard(page: Any, served: Served) -> None:
    panel = opened(page, served, "translate", "edges")
    canvas = panel.locator("canvas.source")
    canvas.focus()
    for key in ("Space", "ArrowRight", "ArrowRight", "ArrowDown", "Space"):
        page.keyboard.press(key)
    settled(panel)
    assert (pixels(canvas)[..., 0] == 0).any()
    assert np.array_equal(shown(panel.locator("img.before")), pixels(canvas)[..., :3])


def test_photographs_and_files_that_are_none(browser: Any, served: Served, tmp_path: Path) -> None:
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    panel = opened(page, served, "translate", "horses")
    complaints = watched(page)
    (tmp_path / "photo.png").write_bytes(photograph(60, 40))
    (tmp_path / "text.png").write_text("no picture")
    big = Image.new("RGB", (8000, 5000), "orange")
    big.save(tmp_path / "big.jpg")
    picker = panel.get_by_label("Take a photograph or a file")
    picker.set_input_files(tmp_path / "photo.png")
    panel.locator("img.after").wait_for()
    settled(panel)
    assert shown(panel.locator("img.before")).shape == (40, 60, 3)
    one_way = shown(panel.locator("img.after"))
    panel.get_by_label("Direction").select_option("zebra2horse")
    settled(panel)
    assert not np.array_equal(shown(panel.locator("img.after")), one_way)
    picker.set_input_files(tmp_path / "big.jpg")
    panel.get_by_text("big.jpg has 8000x5000 pixels, and was reduced").wait_for()
    assert complaints == []
    picker.set_input_files(tmp_path / "text.png")
    page.locator("#status").get_by_text("text.png is no picture").wait_for()
    with page.expect_download() as saved:
        panel.get_by_role("button", name="Save as PNG").click()
    assert Image.open(saved.value.path()).width == 128
    page.close()


def test_label_maps_by_a_palette(page: Any, served: Served) -> None:
    panel = opened(page, served, "translate", "maps")
    before = shown(panel.locator("img.after"))
    colours = panel.locator(".ink")
    colours.nth(2).click()
    draw(page, panel.locator("canvas.source"), (0.2, 0.2), (0.8, 0.8))
    settled(panel)
    assert len(np.unique(pixels(panel.locator("canvas.source")).reshape(-1, 4), axis=0)) == 2  # no mixed colours
    assert not np.array_equal(shown(panel.locator("img.after")), before)


def test_a_mask_to_paint_in(page: Any, served: Served) -> None:
    panel = opened(page, served, "translate", "masks")
    panel.get_by_role("button", name="An example").click()
    settled(panel)
    assert panel.locator("img.after").is_visible()  # an example has its own mask
    panel.get_by_role("button", name="Blank sheet").click()
    panel.get_by_text("Draw the mask over the picture.").wait_for()
    draw(page, panel.locator("canvas.source"), (0.4, 0.4), (0.6, 0.4), (0.6, 0.6))
    settled(panel)
    holes = pixels(panel.locator("canvas.over"))[..., 3] > 0
    assert holes.any()
    source, mask = torch.full((3, *holes.shape), 255, dtype=torch.uint8), torch.from_numpy(holes)[None].byte()
    made = gan_of(served, "masks").translate(source, given={"mask": mask})
    assert np.array_equal(shown(panel.locator("img.after"))[..., 0], made[0].numpy())


def test_hints_for_colours(page: Any, served: Served) -> None:
    panel = opened(page, served, "translate", "hints")
    panel.get_by_role("button", name="An example").click()
    settled(panel)
    layers = panel.get_by_role("radiogroup", name="What is drawn")
    assert layers.get_by_role("radio", name="hints").is_checked()
    before = shown(panel.locator("img.after"))
    draw(page, panel.locator("canvas.source"), (0.4, 0.4), (0.6, 0.6))
    settled(panel)
    assert not np.array_equal(shown(panel.locator("img.after")), before)


def test_styles_references_and_attributes(page: Any, served: Served, tmp_path: Path) -> None:
    (tmp_path / "reference.png").write_bytes(photograph(64, 64))
    panel = opened(page, served, "translate", "breeds")
    found = [shown(panel.locator("img.after"))]
    panel.get_by_label("Seed of the style").fill("7")
    panel.get_by_label("Seed of the style").press("Tab")
    settled(panel)
    found.append(shown(panel.locator("img.after")))
    panel.get_by_label("Style of a picture").set_input_files(tmp_path / "reference.png")
    settled(panel)
    found.append(shown(panel.locator("img.after")))
    assert not np.array_equal(found[0], found[1])
    assert not np.array_equal(found[1], found[2])
    panel = opened(page, served, "translate", "faces")
    one = shown(panel.locator("img.after"))
    panel.get_by_role("checkbox", name="Male").check()
    settled(panel)
    assert not np.array_equal(shown(panel.locator("img.after")), one)


def test_a_report_in_a_frame_of_its_own(page: Any, served: Served) -> None:
    panel = opened(page, served, "runs")
    panel.get_by_role("button", name="Report of dcgan-digits/version_0").click()
    frame = panel.locator("iframe")
    assert frame.get_attribute("sandbox") == "allow-scripts"
    panel.frame_locator("iframe").get_by_role("heading", name="dcgan-digits/version_0").wait_for()
    panel.get_by_role("button", name="Close the report").click()
    assert not frame.is_visible()
    panel.get_by_role("button", name="Play with dcgan-digits/version_0").click()
    page.locator("#panel-sample .tile").first.wait_for()
    assert page.get_by_role("tab", name="Sample").get_attribute("aria-selected") == "true"


def test_tabs_by_keyboard_and_by_address(page: Any, served: Served) -> None:
    page.goto(f"{served.address}#runs")
    page.get_by_role("button", name="Report of dcgan-digits/version_0").wait_for()
    page.get_by_role("tab", name="Runs").focus()
    page.keyboard.press("Home")
    assert page.get_by_role("tab", name="Sample").evaluate("tab => tab === document.activeElement")
    for tab in TABS[1:]:
        page.keyboard.press("ArrowRight")
        assert page.get_by_role("tab", name=tab.capitalize()).get_attribute("aria-selected") == "true"
        page.locator(f"#panel-{tab} section").wait_for()
    assert page.url.endswith(f"#{TABS[-1]}")
    page.wait_for_load_state("networkidle")


def test_two_people_at_once(browser: Any, served: Served) -> None:
    pages = [browser.new_page() for _ in range(2)]
    panels = [opened(page, served, "sample", "digits") for page in pages]
    for number, panel in enumerate(panels):
        panel.get_by_label("First seed").fill(str(100 * number))
    for panel in panels:
        panel.get_by_role("button", name="Make").click()
    gan = gan_of(served, "digits")
    for number, panel in enumerate(panels):
        settled(panel)
        made = gan.sample(64, seed=100 * number)
        assert np.array_equal(pixels(panel.locator(".tile canvas").last)[..., 0], made[63, 0].numpy())
        panel.page.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_everybody_can_use_it(browser: Any, served: Served, scheme: str, width: int) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-playwright-python is missing")
    context = browser.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme, bypass_csp=True)
    page = context.new_page()
    for tab, run in (("sample", "videos"), ("walk", "styles"), ("translate", "hints"), ("runs", "")):
        panel = opened(page, served, tab, run)
        settled(panel)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, tab
        found = axe.Axe().run(page).response["violations"]
        assert [(one["id"], one["nodes"][0]["html"]) for one in found if one["impact"] in ("serious", "critical")] == []
        if tab == "sample":
            panel.locator(".tile").first.click()
            page.locator("dialog canvas").wait_for()
            found = axe.Axe().run(page).response["violations"]
            assert [one["id"] for one in found if one["impact"] in ("serious", "critical")] == []
    context.close()
