"""What all tabs ask about a run: what its model is and can do."""

from typing import Any

from fastapi import APIRouter, Request

from gan_cli.web.facts import facts_of
from gan_cli.web.known_runs import Run
from gan_cli.web.shelf import shelf_of


def router() -> APIRouter:
    """The facts of runs, below /api/models."""
    found = APIRouter()
    found.add_api_route("", listed, methods=["GET"])
    found.add_api_route("/{run}", facts, methods=["GET"])
    return found


def listed(request: Request) -> list[dict[str, str]]:
    """The runs that there are, with the verb that each is for; "" where it has not recorded it."""
    return [entry(run) for run in shelf_of(request).runs.all()]


def entry(run: Run) -> dict[str, str]:
    """A run in a list."""
    return {"id": run.identifier, "name": run.name, "verb": run.usage.verb}


async def facts(request: Request, run: str) -> dict[str, Any]:
    """What a run's model can do; it is loaded for that."""
    shelf = shelf_of(request)
    found = await shelf.use(request, run, facts_of)
    return {**entry(shelf.runs[run]), **found}
