"""The web application: the page, its tabs, and what refuses a request."""

import mimetypes
from collections.abc import Iterable
from html import escape
from importlib import import_module
from importlib.resources import files
from pathlib import Path

from fastapi import APIRouter, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse
from fastapi.staticfiles import StaticFiles

from gan_cli.errors import RunFailed, UserError
from gan_cli.web import models
from gan_cli.web.guard import Guard, Refused
from gan_cli.web.shelf import Shelf

TABS = ("sample", "walk", "translate", "playground", "runs")
"""The tabs in their order. Tab X is the file `X.py` beside this one, whose `router()` answers below /api/X, and
`static/X.html` (a <section>), `static/X.css` and `static/X.js` (an ES module that exports `start(section)`; it may also
export `shown()` and `hidden()`), which are loaded when the tab is first opened. The guard
has checked host and origin of whatever reaches a router, of websockets too."""

KINDS = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}
"""What the page's files are: Python asks the registry on Windows, where a program may have called .js plain text, which
no browser runs."""

STATIC = Path(str(files("gan_cli.web") / "static"))


def application(shelf: Shelf, names: Iterable[str] = (), addresses: bool = False) -> FastAPI:
    """The page as an ASGI application.

    Args:
        shelf: The trained GANs.
        names: Names that the page may be called by, beside localhost.
        addresses: Whether it may also be called by any address of numbers.
    """
    app = FastAPI(title="gan serve", docs_url=None, redoc_url=None, openapi_url=None)
    app.state.shelf = shelf
    app.add_middleware(Guard, names=tuple(names), addresses=addresses)
    app.add_exception_handler(UserError, _cannot)
    app.add_exception_handler(RunFailed, _failed)
    app.add_exception_handler(RequestValidationError, _misunderstood)
    app.add_exception_handler(Refused, _refused)
    app.include_router(models.router(), prefix="/api/models")
    for tab in TABS:
        router: APIRouter = import_module(f"gan_cli.web.{tab}").router()
        app.include_router(router, prefix=f"/api/{tab}")
    app.add_api_route("/", page, methods=["GET"], response_class=HTMLResponse)
    for ending, kind in KINDS.items():
        mimetypes.add_type(kind, ending)
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    return app


def page() -> HTMLResponse:
    """The page with its tabs, none of them opened yet."""
    frame = (STATIC / "index.html").read_text(encoding="utf-8")
    tabs, panels = "".join(map(_tab, TABS)), "".join(map(_panel, TABS))
    return HTMLResponse(frame.replace("<!-- tabs -->", tabs).replace("<!-- panels -->", panels))


def _tab(name: str) -> str:
    said = escape(name.capitalize())
    return (
        f'<button role="tab" id="tab-{name}" data-tab="{name}" aria-controls="panel-{name}" aria-selected="false" '
        f'tabindex="-1">{said}</button>'
    )


def _panel(name: str) -> str:
    return f'<div role="tabpanel" id="panel-{name}" aria-labelledby="tab-{name}" tabindex="0" hidden></div>'


def _cannot(request: Request, error: Exception) -> JSONResponse:
    return JSONResponse({"error": str(error)}, 400)


def _refused(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, Refused)
    return JSONResponse({"error": error.reason}, error.status)


def _failed(request: Request, error: Exception) -> JSONResponse:
    return JSONResponse({"error": str(error)}, 500)


def _misunderstood(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    place = ".".join(str(part) for part in first["loc"][1:])
    return JSONResponse({"error": f"{place or 'request'}: {first['msg']}"}, 422)
