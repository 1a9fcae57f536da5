"""The tab Playground: a websocket is a game of points, which ends with it."""

import asyncio
import json
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from typing import Any, TypeVar

from fastapi import APIRouter, WebSocket, WebSocketDisconnect

from gan_cli import ranges
from gan_cli.errors import RunFailed, UserError
from gan_cli.playground import Game, Settings
from gan_cli.playground.distributions import DISTRIBUTIONS
from gan_cli.playground.lessons import LESSONS
from gan_cli.playground.objectives import OBJECTIVES
from gan_cli.playground.settings import FEWEST_DRAWN, MOST_DRAWN, REACH, limits
from gan_cli.ranges import Range

T = TypeVar("T")

MOST_GAMES = 12
"""So many games at a time."""
SLICE = 0.035
"""Seconds after which a game that trains lets the next one go on; with what a frame takes, 20 of them a second."""
IDLE = 300.0
"""Seconds without a word after which a game ends."""
MOST_STEPS = 100
"""Steps that may be asked for at once; a slice of time may end sooner."""
MOST_TEXT = 2**17
"""Characters of a message: 2,000 drawn points and the settings are half as many."""
SHOWN_REAL = 1000
"""Real points of a picture."""


class Room:
    """The games that are played at the moment, one thread for all of them.

    Each game waits for an answer before it asks again, so games take turns, and none of them can keep the others from
    going on.

    Args:
        most: So many at a time.
        idle: Seconds without a word after which a game ends.
    """

    def __init__(self, most: int = MOST_GAMES, idle: float = IDLE) -> None:
        self.most, self.idle, self.games = most, idle, 0
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="playground")

    async def play(self, socket: WebSocket) -> None:
        """One game, from the first message to the last."""
        await socket.accept()
        if self.games >= self.most:
            await socket.close(1013, f"{self.most} people play at the moment; try again in a minute")
            return
        self.games += 1
        try:
            await self._answers(socket)
        except WebSocketDisconnect:
            pass
        except TimeoutError:
            await socket.close(1001, "The game ended, because nothing was asked for some minutes; Run begins another")
        finally:
            self.games -= 1

    async def _answers(self, socket: WebSocket) -> None:
        game: Game | None = None
        while True:
            received = await asyncio.wait_for(socket.receive(), self.idle)
            if received["type"] == "websocket.disconnect":
                return
            try:
                message = read(received.get("text"))
                if message["do"] == "start":
                    settings = Settings.of(message["settings"])
                    game = await self._computed(lambda: Game(settings))  # noqa: B023
                    answer = await self._computed(lambda: begun(game))  # noqa: B023
                elif game is None:
                    raise UserError("do: no game has been started; start one")
                else:
                    answer = await self._computed(lambda: answered(game, message))  # noqa: B023
            except (UserError, RunFailed) as error:
                answer = {"error": str(error)}
            text = json.dumps(answer, allow_nan=False, separators=(",", ":"))
            await asyncio.wait_for(socket.send_text(text), self.idle)  # it waits for whoever does not read

    async def _computed(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)


def read(text: str | None) -> dict[str, Any]:
    """A message: an object whose `do` says what is wanted.

    Raises:
        UserError: If it is none.
    """
    if text is None:
        raise UserError("message: that is no text")
    if len(text) > MOST_TEXT:
        raise UserError(f"message: {len(text):,} characters are too many; take up to {MOST_TEXT:,}")
    try:
        message = json.loads(text)
    except (ValueError, RecursionError):
        raise UserError("message: that is no JSON") from None
    if not isinstance(message, dict) or message.get("do") not in ("start", "change", "play"):
        raise UserError("do: take start, change or play")
    if message["do"] != "play" and not isinstance(message.get("settings"), Mapping):
        raise UserError("settings: take an object of names and values")
    return message


def answered(game: Game, message: Mapping[str, Any]) -> dict[str, Any]:
    """What a message asks for, done in a game that there is.

    Raises:
        UserError: If a value is not possible.
        Diverged: If a loss is no longer finite.
    """
    if message["do"] == "change":
        restart = _flag(message, "restart")
        game.change(Settings.of(message["settings"]), restart)
        return begun(game)
    steps = message.get("steps", 1)
    if not ranges.fits(int, steps) or steps not in Range(0, MOST_STEPS):
        raise UserError(f"steps: {ranges.shown(steps)} is not possible; take a whole number from 0 to {MOST_STEPS}")
    return {"frame": game.play(steps, SLICE, _flag(message, "arrows")).told()}


def begun(game: Game) -> dict[str, Any]:
    """What is to be seen of a game that begins or goes on with other settings."""
    real = [[round(x, 3), round(y, 3)] for x, y in game.real[:SHOWN_REAL].tolist()]
    return {"frame": game.look().told(), "real": real}


def _flag(message: Mapping[str, Any], name: str) -> bool:
    value = message.get(name, False)
    if not isinstance(value, bool):
        raise UserError(f"{name}: {ranges.shown(value)} is not possible; take true or false")
    return value


def choices() -> dict[str, Any]:
    """All that can be chosen, for the page's form."""
    return {
        "reach": REACH,
        "drawn": {"fewest": FEWEST_DRAWN, "most": MOST_DRAWN},
        "settings": limits(),
        "distributions": {name: each.title for name, each in DISTRIBUTIONS.items()},
        "objectives": {
            name: {
                "title": each.title,
                "surface": each.surface,
                "takes": each.takes,
                "probability": each.as_probability,
            }
            for name, each in OBJECTIVES.items()
        },
        "lessons": [
            {
                "title": each.title,
                "sentence": each.sentence,
                "settings": asdict(each.settings),
                "other": {"title": each.other_title, "settings": asdict(each.other)},
            }
            for each in LESSONS
        ],
    }


def router(room: Room | None = None) -> APIRouter:
    """What the tab asks for.

    Args:
        room: Where the games are played.
    """
    room = room or Room()
    answers = APIRouter()
    answers.add_api_route("/choices", choices, methods=["GET"])
    answers.add_api_websocket_route("/game", room.play)
    return answers
