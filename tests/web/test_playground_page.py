"""The playground in a real browser: run, pause, another objective, a drawing by mouse and by keyboard."""

import re
from collections.abc import Callable, Iterator
from time import monotonic, sleep
from typing import TYPE_CHECKING, Any

import pytest

from tests.web.conftest import listened_for, watched

pytest.importorskip("fastapi")
pytestmark = pytest.mark.slow

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """The page's address, while it is served."""
    from gan_cli.web import playground
    from gan_cli.web.app import application
    from gan_cli.web.known_runs import KnownRuns
    from gan_cli.web.shelf import Shelf

    with pytest.MonkeyPatch.context() as patch:
        few = playground.router(playground.Room(most=3))
        patch.setattr(playground, "router", lambda: few)
        app = application(Shelf(KnownRuns([])))
    with listened_for(app) as served_at:
        yield served_at


@pytest.fixture
def page(browser: "Browser", address: str) -> "Iterator[Page]":
    """The playground, loaded; a test fails by whatever the browser's console calls an error."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    wrong = watched(page)
    page.goto(f"{address}#playground")
    begun(page)
    yield page
    context.close()
    assert wrong == []


def until(true: Callable[[], bool], seconds: float = 60) -> None:
    """Waits; the page's policy forbids what playwright would wait by in the page itself."""
    end = monotonic() + seconds
    while not true():
        assert monotonic() < end
        sleep(0.02)


def begun(page: "Page") -> None:
    until(lambda: page.locator("#playground-low").count() > 0 and page.inner_text("#playground-low") != "")


def steps(page: "Page") -> int:
    return int(page.text_content("#playground-at") or 0)


def wait_for_step(page: "Page", step: int) -> None:
    until(lambda: steps(page) >= step)


def reset(page: "Page") -> None:
    page.click("#playground-reset")
    until(lambda: steps(page) == 0)


def picture(page: "Page", canvas: str = "plane") -> bytes:
    return page.locator(f"#playground-{canvas}").screenshot()


def test_it_runs_pauses_and_steps(page: "Page") -> None:
    before = picture(page), picture(page, "losses"), picture(page, "norms")
    page.click("#playground-step")
    wait_for_step(page, 1)
    page.check("#playground-arrows")
    page.click("#playground-run")
    wait_for_step(page, 10)
    assert page.inner_text("#playground-run") == "Pause"
    page.click("#playground-run")
    assert page.inner_text("#playground-run") == "Run"
    page.wait_for_timeout(300)
    paused, after = steps(page), picture(page)
    page.wait_for_timeout(300)
    assert steps(page) == paused
    assert "Paused. Step" in page.inner_text("#playground-live")
    assert all(now != then for now, then in zip(
        (after, picture(page, "losses"), picture(page, "norms")), before, strict=True
    ))  # fmt: skip
    assert re.match(r"\d of 8", page.inner_text("#playground-modes"))
    page.click("#playground-step")
    wait_for_step(page, paused + 1)
    reset(page)


def test_a_seed_gives_the_same_picture(page: "Page") -> None:
    pictures = []
    for _ in range(2):
        reset(page)
        page.click("#playground-step")
        wait_for_step(page, 1)
        pictures.append(picture(page))
    assert pictures[0] == pictures[1]


def test_another_objective_in_the_middle_of_a_run_goes_on(page: "Page") -> None:
    page.click("#playground-run")
    wait_for_step(page, 5)
    page.select_option("#playground-objective", "wgan_gp")
    until(lambda: "score" in page.inner_text("#playground-surface"))
    reached = steps(page)
    assert reached >= 5
    wait_for_step(page, reached + 3)
    page.click("summary")
    assert page.is_visible("#playground-penalty")
    assert not page.is_visible("#playground-clip")
    page.fill("#playground-generator_lr", "7")
    page.press("#playground-generator_lr", "Tab")
    assert page.input_value("#playground-generator_lr") == "0.001"
    assert "Generator's rate" in page.inner_text("#status")


def test_a_drawing_by_mouse_is_learned_from(page: "Page") -> None:
    before = picture(page)
    page.click("#playground-draw")
    box = page.locator("#playground-plane").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 0.2 * box["width"], box["y"] + 0.2 * box["height"])
    page.mouse.down()
    page.mouse.move(box["x"] + 0.8 * box["width"], box["y"] + 0.3 * box["height"], steps=12)
    page.mouse.up()
    told = page.inner_text("#playground-drawn")
    assert int(told.split()[0]) > 40
    assert picture(page) != before
    page.click("#playground-run")
    wait_for_step(page, 3)
    assert page.input_value("#playground-distribution") == "drawn"
    assert page.inner_text("#playground-modes") == "-"
    page.click("#playground-run")


def test_a_drawing_by_keyboard_is_learned_from(page: "Page") -> None:
    page.focus("#playground-draw")
    page.keyboard.press("Enter")
    page.keyboard.press("ArrowRight")
    assert "0.1, 0.0" in page.inner_text("#playground-live")
    page.keyboard.press("Space")
    page.keyboard.press("Shift+ArrowUp")
    page.keyboard.press("Space")
    assert page.inner_text("#playground-drawn") == "20 points drawn"
    page.keyboard.press("Backspace")
    assert page.inner_text("#playground-drawn") == "15 points drawn"
    page.click("#playground-step")
    wait_for_step(page, 1)
    page.click("#playground-clear")
    page.click("#playground-run")
    assert "Draw 8 points" in page.inner_text("#status")
    assert page.inner_text("#playground-run") == "Run"


def test_a_drawing_by_finger_is_learned_from(browser: "Browser", address: str) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True)
    page = context.new_page()
    page.goto(f"{address}#playground")
    begun(page)
    page.click("#playground-draw")
    page.locator("#playground-plane").scroll_into_view_if_needed()
    box = page.locator("#playground-plane").bounding_box()
    assert box is not None
    for tap in range(5):
        page.touchscreen.tap(box["x"] + 40 + 50 * tap, box["y"] + 100)
    assert page.inner_text("#playground-drawn") == "10 points drawn"
    page.click("#playground-step")
    wait_for_step(page, 1)
    context.close()


def test_a_lesson_runs_and_the_other_game_beside_it(page: "Page") -> None:
    page.click(".playground-lessons button >> nth=0")
    wait_for_step(page, 2)
    assert page.input_value("#playground-objective") == "minimax"
    assert "flat" in page.inner_text("#playground-sentence")
    page.click("#playground-other")
    until(lambda: page.input_value("#playground-objective") == "non_saturating")
    wait_for_step(page, 2)


def test_a_tab_that_is_left_pauses_and_one_that_is_closed_makes_room(
    page: "Page", browser: "Browser", address: str
) -> None:
    page.click("#playground-run")
    wait_for_step(page, 2)
    page.click("#tab-runs")
    page.wait_for_timeout(200)
    left = page.text_content("#playground-at")
    page.wait_for_timeout(300)
    assert page.text_content("#playground-at") == left
    page.click("#tab-playground")
    wait_for_step(page, int(left or 0) + 2)
    for _ in range(4):  # more than there is room for
        other = browser.new_page()
        other.goto(f"{address}#playground")
        begun(other)
        other.close()


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_and_can_be_used_by_everybody(browser: "Browser", address: str, width: int, scheme: Any) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    context = browser.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme)
    page = context.new_page()
    page.goto(f"{address}#playground")
    begun(page)
    page.click(".playground-lessons button >> nth=0")
    wait_for_step(page, 3)
    page.click("#playground-run")
    page.click("summary")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    found = axe.Axe().run(page, context="#panel-playground").response["violations"]
    assert [f"{each['id']}: {each['nodes'][0]['html'][:120]}" for each in found] == []
    context.close()


def test_other_points_end_a_lesson(page: "Page") -> None:
    page.click(".playground-lessons button >> nth=1")
    wait_for_step(page, 1)
    page.select_option("#playground-distribution", "swiss_roll")
    assert not page.is_visible("#playground-sentence")
    until(lambda: page.inner_text("#playground-modes") == "-")
    assert page.inner_text("#playground-run") == "Run"
