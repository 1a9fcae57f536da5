"""The playground's websocket: a game each, which takes turns with others, and refuses what is no message."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

pytest.importorskip("fastapi")

from fastapi import FastAPI
from fastapi.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from gan_cli.playground import Settings
from gan_cli.web.app import application
from gan_cli.web.known_runs import KnownRuns
from gan_cli.web.playground import MOST_STEPS, Room, router
from gan_cli.web.shelf import Shelf

SMALL = {"generator_width": 8, "discriminator_width": 8, "depth": 3, "batch_size": 16}
HEADERS = {"origin": "http://localhost", "host": "localhost"}


@pytest.fixture
def client() -> Iterator[TestClient]:
    app = FastAPI()
    app.include_router(router(Room(most=2, idle=0.5)))
    with TestClient(app) as client:
        yield client


def asked(game: Any, **message: Any) -> dict[str, Any]:
    game.send_text(json.dumps(message))
    answer: dict[str, Any] = game.receive_json()
    return answer


def test_a_game_is_started_played_and_changed(client: TestClient) -> None:
    with client.websocket_connect("/game") as game:
        begun = asked(game, do="start", settings=SMALL)
        assert len(begun["real"]) == 1000
        assert begun["frame"]["step"] == 0
        frame = asked(game, do="play", steps=1, arrows=True)["frame"]
        assert frame["step"] == 1
        assert len(frame["arrows"]) == len(frame["samples"]) == 256
        changed = asked(game, do="change", settings={**SMALL, "objective": "r3gan"})
        assert changed["frame"]["step"] == 1
        assert changed["frame"]["samples"] == frame["samples"]
        again = asked(game, do="change", settings=SMALL, restart=True)["frame"]
        assert again["samples"] == begun["frame"]["samples"]


def test_two_games_do_not_meddle_with_each_other(client: TestClient) -> None:
    with client.websocket_connect("/game") as one, client.websocket_connect("/game") as other:
        asked(one, do="start", settings=SMALL)
        asked(other, do="start", settings=SMALL)
        frames = [[asked(game, do="play", steps=1)["frame"]["samples"] for game in (one, other)] for _ in range(2)]
        assert all(first == second for first, second in frames)


def test_a_long_request_is_cut_so_that_others_get_their_turn(client: TestClient) -> None:
    with client.websocket_connect("/game") as game:
        asked(game, do="start", settings={"objective": "wgan_gp", "n_critic": 20, "batch_size": 512})
        assert 0 < asked(game, do="play", steps=MOST_STEPS)["frame"]["step"] < MOST_STEPS


def test_there_are_only_so_many_games_and_a_closed_one_makes_room(client: TestClient) -> None:
    with client.websocket_connect("/game") as one, client.websocket_connect("/game"):
        asked(one, do="start", settings=SMALL)
        with client.websocket_connect("/game") as third, pytest.raises(WebSocketDisconnect) as refused:
            third.receive_json()
        assert "try again" in refused.value.reason
    with client.websocket_connect("/game") as game:
        assert "frame" in asked(game, do="start", settings=SMALL)


def test_a_game_that_nobody_asks_ends(client: TestClient) -> None:
    with client.websocket_connect("/game") as game, pytest.raises(WebSocketDisconnect) as ended:
        game.receive_json()
    assert "nothing was asked" in ended.value.reason


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("no json", "no JSON"),
        ("[" * 100_000, "no JSON"),
        ("[1]", "take start, change or play"),
        ('{"do": "rm"}', "take start, change or play"),
        ('{"do": ["start"]}', "take start, change or play"),
        ('{"do": "start"}', "settings: take an object"),
        ('{"do": "start", "settings": [1]}', "settings: take an object"),
        ('{"do": "start", "settings": {"seed": 1e400}}', "seed"),
        ('{"do": "start", "settings": {"seed": NaN}}', "seed"),
        ('{"do": "start", "settings": {"objective": {}}}', "objective"),
        ('{"do": "start", "settings": {"distribution": []}}', "distribution"),
        ('{"do": "start", "settings": {"drawn": [[1, "a"]]}}', "drawn"),
        ('{"do": "play", "steps": 1000}', "whole number from 0 to 100"),
        ('{"do": "play", "steps": true}', "whole number from 0 to 100"),
        ('{"do": "play", "steps": 1, "arrows": 1}', "arrows"),
        (json.dumps({"do": "start", "settings": {"x": "y" * 200_000}}), "too many"),
    ],
)
def test_what_is_no_message_is_answered_with_a_line_and_the_game_goes_on(
    client: TestClient, text: str, told: str
) -> None:
    with client.websocket_connect("/game") as game:
        asked(game, do="start", settings=SMALL)
        game.send_text(text)
        answer = game.receive_json()
        assert told in answer["error"]
        assert len(answer["error"]) < 400
        assert asked(game, do="play", steps=0)["frame"]["step"] == 0


def test_bytes_in_place_of_text_are_no_message(client: TestClient) -> None:
    with client.websocket_connect("/game") as game:
        game.send_bytes(b"\x00")
        assert "no text" in game.receive_json()["error"]
        assert "frame" in asked(game, do="start", settings=SMALL)


def test_a_game_has_to_be_started_first(client: TestClient) -> None:
    with client.websocket_connect("/game") as game:
        assert "start one" in asked(game, do="play", steps=1)["error"]


def test_the_page_offers_what_the_engine_takes(client: TestClient) -> None:
    choices = client.get("/choices").json()
    assert set(choices["objectives"]) == set(choices["settings"]["objective"]["choices"])
    assert {*choices["distributions"], "drawn"} == set(choices["settings"]["distribution"]["choices"])
    for lesson in choices["lessons"]:
        Settings.of(lesson["settings"])
        Settings.of(lesson["other"]["settings"])


def test_a_page_from_elsewhere_gets_no_game() -> None:
    with TestClient(application(Shelf(KnownRuns([]))), base_url="http://localhost") as client:
        with (
            pytest.raises(WebSocketDisconnect),
            client.websocket_connect("/api/playground/game", headers={**HEADERS, "origin": "http://evil.example"}),
        ):
            pass
        with client.websocket_connect("/api/playground/game", headers=HEADERS) as game:
            assert "frame" in asked(game, do="start", settings=SMALL)
