"""Games of points: functions of their settings and steps, whatever the objective."""

import math
import re
from pathlib import Path

import pytest
import torch

from gan_cli.errors import Diverged, UserError
from gan_cli.playground import Frame, Game, Settings
from gan_cli.playground.distributions import DISTRIBUTIONS, drawn
from gan_cli.playground.game import SHOWN, SIDE, places
from gan_cli.playground.objectives import OBJECTIVES
from gan_cli.playground.settings import REACH, limits

SMALL = Settings(generator_width=8, discriminator_width=8, depth=3, batch_size=16)


def same(one: Frame, other: Frame) -> bool:
    return torch.equal(one.samples, other.samples) and torch.equal(one.surface, other.surface)


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_every_objective_moves_both_players_and_tells_what_is_seen(objective: str) -> None:
    game = Game(SMALL.but(objective=objective, n_critic=2))
    before = game.look()
    frame = game.play(3, arrows=True)
    assert frame.step == 3
    assert [moment.step for moment in frame.moments] == [1, 2, 3]
    assert all(math.isfinite(number) for moment in frame.moments for number in moment)
    assert frame.samples.shape == (SHOWN, 2)
    assert frame.surface.shape == (SIDE, SIDE)
    assert frame.arrows is not None
    assert frame.arrows.shape == (SHOWN, 2)
    assert frame.arrows.abs().sum() > 0
    assert not torch.equal(before.samples, frame.samples)
    assert not torch.equal(before.surface, frame.surface)
    if OBJECTIVES[game.settings.objective].as_probability:
        assert 0 < frame.surface.min() < frame.surface.max() < 1


def test_a_seed_gives_the_same_frames_however_the_steps_are_asked_for() -> None:
    whole, parts, other = Game(SMALL), Game(SMALL), Game(SMALL.but(seed=1))
    parts.play(1)
    parts.look(arrows=True)  # a look changes nothing
    torch.rand(5)  # nor does what others draw
    parts.play(0)
    parts.play(3)
    frame = whole.play(4)
    assert same(frame, parts.look())
    assert not same(frame, other.play(4))


def test_a_game_leaves_the_random_numbers_of_others_alone() -> None:
    torch.manual_seed(3)
    expected = torch.rand(2)
    torch.manual_seed(3)
    Game(SMALL).play(2, arrows=True)
    assert torch.equal(torch.rand(2), expected)


def test_another_objective_keeps_the_networks_and_another_width_begins_anew() -> None:
    game = Game(SMALL)
    frame = game.play(5)
    for objective in ("r3gan", "wgan", "minimax"):
        game.change(game.settings.but(objective=objective))
        assert torch.equal(game.look().samples, frame.samples)
        assert game.steps == 5
    assert game.play(1).step == 6
    game.change(game.settings.but(distribution="grid"))
    assert game.steps == 6
    game.change(game.settings, restart=True)
    assert game.steps == 0
    game.play(1)
    game.change(game.settings.but(generator_width=16))
    assert game.steps == 0


def test_a_changed_game_goes_on_as_its_objective_says() -> None:
    # WGAN clips at once, whoever trained the critic before.
    game = Game(SMALL)
    game.play(2)
    game.change(game.settings.but(objective="wgan", clip=0.01))
    game.play(1)
    assert max(float(weight.detach().abs().max()) for weight in game.variant.discriminator.parameters()) <= 0.01 + 1e-8


def test_the_surface_is_that_of_the_discriminator_row_by_row_from_the_top() -> None:
    game = Game(SMALL.but(objective="least_squares"))
    at = places().reshape(SIDE, SIDE, 2)
    assert at[0, 0].tolist() == pytest.approx([-REACH + REACH / SIDE, REACH - REACH / SIDE])
    assert at[-1, -1].tolist() == pytest.approx([REACH - REACH / SIDE, -REACH + REACH / SIDE])
    value = game.variant.discriminator(at[3, 7][None]).detach()
    assert float(game.look().surface[3, 7]) == pytest.approx(float(value), abs=1e-5)


def test_arrows_point_to_where_the_discriminator_says_more() -> None:
    game = Game(SMALL.but(distribution="far", n_critic=10, discriminator_lr=5e-3))
    game.play(10)
    points = torch.zeros(4, 2)
    pull = game.pull(points)[0]
    with torch.no_grad():
        logits = game.variant.discriminator(torch.stack([points[0], points[0] + 0.01 * pull / pull.norm()]))
    assert logits[1] > logits[0]
    assert game.play(0).moments == ()  # a look at the arrows leaves the generator in its place


def test_first_points_lie_around_the_middle_as_widely_as_asked() -> None:
    for spread in (0.1, 1.0):
        made = Game(SMALL.but(spread=spread, seed=4)).look().samples
        assert made.square().mean().sqrt() == pytest.approx(spread, rel=0.3)


@pytest.mark.parametrize("name", DISTRIBUTIONS)
def test_real_points_lie_in_view_and_cover_their_own_modes(name: str) -> None:
    game = Game(SMALL.but(distribution=name))
    assert game.real.abs().max() < REACH
    if name == "swiss_roll":
        assert game.covered() is None
    else:
        modes = game.distribution.modes
        assert modes is not None
        assert torch.cdist(game.real, modes.centres).min(dim=1).values.max() < 6 * modes.deviation


def test_drawn_points_are_learned_from_with_a_little_blur() -> None:
    points = ((-2.0, 0.0), (2.0, 1.0)) * 4
    game = Game(SMALL.but(distribution="drawn", drawn=points))
    assert torch.cdist(game.real, torch.tensor(points)).min(dim=1).values.max() < 0.25
    assert torch.equal(drawn(torch.tensor(points), 10, 0), drawn(torch.tensor(points), 10, 0))
    assert game.play(2).covered is None


def test_a_slice_of_time_ends_early_and_changes_nothing() -> None:
    game, whole = Game(SMALL), Game(SMALL)
    frame = game.play(50, seconds=0)
    assert frame.step == 1
    assert same(game.play(1), whole.play(2))


def test_a_game_that_diverges_says_so() -> None:
    game = Game(SMALL)
    with torch.no_grad():
        next(game.variant.generator.parameters()).fill_(float("inf"))
    with pytest.raises(Diverged, match="lower rates"):
        game.play(1)


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"generator_lr": 5}, "generator_lr: 5 is not possible"),
        ({"generator_lr": float("nan")}, "generator_lr"),
        ({"generator_width": 8.5}, "generator_width"),
        ({"generator_width": True}, "generator_width"),
        ({"seed": -1}, "seed"),
        ({"objective": "hinge"}, "objective"),
        ({"objectiv": "wgan"}, "did you mean objective"),
        ({"distribution": "drawn"}, "draw 8 or more"),
        ({"distribution": "drawn", "drawn": [[0, 9]] * 9}, "drawn"),
        ({"drawn": [[0, 0]] * 2001}, "too many"),
        ({"drawn": [[0, 0, 0]] * 9}, "drawn"),
        ({"drawn": "12345678"}, "drawn: take a list"),
        ({"drawn": {"x": 1}}, "drawn: take a list"),
    ],
)
def test_settings_that_are_not_possible_are_refused(values: dict[str, object], told: str) -> None:
    with pytest.raises(UserError, match=told):
        Settings.of(values)


def test_every_setting_has_limits_for_a_form() -> None:
    found = limits()
    assert found["objective"]["choices"] == list(OBJECTIVES)
    assert found["batch_size"] == {"low": 8, "high": 512, "whole": True, "usual": 128}
    assert found["beta1"]["whole"] is False
    assert all("choices" in each or each["low"] <= each["usual"] <= each["high"] for each in found.values())


def test_a_frame_travels_as_short_numbers() -> None:
    told = Game(SMALL).play(2, arrows=True).told()
    assert len(told["surface"]) == SIDE * SIDE
    assert all(value == round(value, 3) for point in told["samples"] for value in point)
    assert told["covered"]["of"] == 8
    assert [moment[0] for moment in told["moments"]] == [1, 2]


def test_the_documentation_shows_what_works(capsys: pytest.CaptureFixture[str]) -> None:
    page = Path(__file__).parents[2].joinpath("docs", "playground.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    exec(example.replace("300", "2"), {})
    assert "Covered" in capsys.readouterr().out
