"""The tab Runs: the list of runs with their reports."""

import time
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from starlette.concurrency import run_in_threadpool

from gan_cli.reports import report, run_record
from gan_cli.web.known_runs import Run
from gan_cli.web.models import entry
from gan_cli.web.shelf import shelf_of

POLICY = (
    "sandbox allow-scripts; default-src 'none'; img-src data: blob:; style-src 'unsafe-inline'; "
    "script-src 'unsafe-inline'; frame-ancestors 'self'"
)
"""The policy of a report: its own scripts run in an origin of their own, from which nothing of this page is reached."""


def router() -> APIRouter:
    """What the tab asks for."""
    found = APIRouter()
    found.add_api_route("", listed, methods=["GET"])
    found.add_api_route("/{run}/report", page, methods=["GET"], response_class=HTMLResponse)
    return found


def listed(request: Request) -> list[dict[str, Any]]:
    """The runs with what their folders tell."""
    return [_row(run) for run in shelf_of(request).runs.all()]


def _row(run: Run) -> dict[str, Any]:
    record = run_record.read(run.folder, run.checkpoint)
    return {
        **entry(run),
        "variant": record.variant,
        "data": record.dataset,
        "step": record.last_step,
        "seconds": record.seconds,
        "saved": time.strftime("%Y-%m-%d %H:%M", time.localtime(run.checkpoint.stat().st_mtime)),
        "report": (run.folder / report.FILE).is_file(),
    }


async def page(request: Request, run: str) -> HTMLResponse:
    """The report that the run has, or one that is made for now and not written."""
    text = await run_in_threadpool(_report, shelf_of(request).runs[run])
    return HTMLResponse(text, headers={"content-security-policy": POLICY})


def _report(run: Run) -> str:
    written = run.folder / report.FILE
    if written.is_file() and written.stat().st_mtime >= run.checkpoint.stat().st_mtime:
        return written.read_text(encoding="utf-8")
    return report.page(run_record.read(run.folder, run.checkpoint), {})
