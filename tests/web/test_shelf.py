"""Models are loaded once, used by one person at a time, and given up for nobody who is gone."""

import asyncio
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, cast

import pytest
from starlette.requests import Request

from gan_cli.web.guard import Refused
from gan_cli.web.known_runs import KnownRuns
from gan_cli.web.shelf import Loaded, Shelf
from tests.web.people import Person


class Asker:
    """A request; `gone` says whether somebody still waits for the answer."""

    def __init__(self) -> None:
        self.gone = False

    async def is_disconnected(self) -> bool:
        return self.gone


def asker() -> Any:
    return cast(Request, Asker())


def shelf_of(*checkpoints: Path, **options: Any) -> Shelf:
    return Shelf(KnownRuns([str(path) for path in checkpoints]), **options)


def test_a_model_is_loaded_once(checkpoint: Path) -> None:
    shelf = shelf_of(checkpoint)
    run = shelf.runs.all()[0].identifier

    async def twice() -> list[Loaded]:
        return list(await asyncio.gather(*(shelf.use(asker(), run, lambda loaded: loaded) for _ in range(2))))

    first, second = asyncio.run(twice())
    assert first is second


def test_the_least_recently_used_one_goes(
    checkpoint: Path, styles_checkpoint: Path, class_styles_checkpoint: Path
) -> None:
    shelf = shelf_of(checkpoint, styles_checkpoint, class_styles_checkpoint, kept=2)
    one, two, three = (run.identifier for run in shelf.runs.all())

    async def used(*order: str) -> list[Loaded]:
        return [await shelf.use(asker(), run, lambda loaded: loaded) for run in order]

    found = asyncio.run(used(one, two, one, three, one, two))
    assert found[0] is found[2] is found[4]
    assert found[5] is not found[1]


def test_one_person_at_a_time_uses_a_model(checkpoint: Path) -> None:
    shelf = shelf_of(checkpoint)
    run = shelf.runs.all()[0].identifier
    there, most = 0, 0

    def work(loaded: Loaded) -> None:
        nonlocal there, most
        there += 1
        most = max(most, there)
        time.sleep(0.02)
        there -= 1

    async def crowd() -> None:
        await asyncio.gather(*(shelf.use(asker(), run, work) for _ in range(5)))

    asyncio.run(crowd())
    assert most == 1


def test_work_for_somebody_who_left_ends_between_two_pieces(checkpoint: Path) -> None:
    shelf = shelf_of(checkpoint)
    run = shelf.runs.all()[0].identifier
    request, done = Asker(), []

    def work(loaded: Loaded) -> None:
        done.append(loaded)
        request.gone = len(done) == 2

    with pytest.raises(Refused) as given_up:
        asyncio.run(shelf.each(cast(Request, request), run, [work] * 50))
    assert given_up.value.status == 499
    assert len(done) == 2


def test_a_mistake_leaves_the_model_free(checkpoint: Path) -> None:
    shelf = shelf_of(checkpoint)
    run = shelf.runs.all()[0].identifier

    async def twice() -> Any:
        with pytest.raises(ZeroDivisionError):
            await shelf.use(asker(), run, lambda loaded: 1 / 0)
        return await shelf.use(asker(), run, lambda loaded: 1)

    assert asyncio.run(twice()) == 1


def test_two_people_at_once_get_what_one_gets(checkpoint: Path, styles_checkpoint: Path) -> None:
    person = Person([checkpoint, styles_checkpoint])
    with person, ThreadPoolExecutor(8) as pool:
        asked = [(run, seed) for seed in range(6) for run in person.runs]
        start = threading.Barrier(len(person.runs))

        def made(run: str, seed: int) -> Any:
            if seed == 0:
                start.wait()
            return person.post(f"/api/sample/{run}", json={"seed": seed, "num": 4}).json()

        together = list(pool.map(lambda pair: made(*pair), asked))
        assert together == [
            person.post(f"/api/sample/{run}", json={"seed": seed, "num": 4}).json() for run, seed in asked
        ]
