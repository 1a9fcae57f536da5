"""Foreign hosts, foreign pages and large bodies are refused before anything else happens."""

from typing import Any

import pytest
from fastapi import FastAPI, WebSocket
from fastapi.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from gan_cli.web.guard import MOST_BYTES, Guard
from tests.web.people import HOME


def told(names: tuple[str, ...] = (), addresses: bool = False) -> TestClient:
    """A client of an application that says who was let through."""
    app = FastAPI()
    app.add_middleware(Guard, names=names, addresses=addresses)

    @app.get("/")
    def page() -> str:
        return "let through"

    @app.post("/body")
    async def body(request: Any) -> str:
        return "let through"

    @app.websocket("/socket")
    async def socket(websocket: WebSocket) -> None:
        await websocket.accept()
        await websocket.send_text("let through")
        await websocket.close()

    return TestClient(app, base_url=HOME)


@pytest.mark.parametrize("host", ["127.0.0.1:8765", "localhost:1", "LOCALHOST", "[::1]:8765"])
def test_this_machine_by_any_of_its_names(host: str) -> None:
    assert told().get("/", headers={"host": host}).status_code == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example:80", "10.0.0.7", "["]
)
def test_another_host(host: str) -> None:
    answer = told().get("/", headers={"host": host})
    assert answer.status_code == 421
    assert "--name" in answer.json()["error"]


def test_names_that_were_typed_and_addresses_where_it_listens_to_a_network() -> None:
    assert told(names=("Lab.example",)).get("/", headers={"host": "lab.example:8765"}).status_code == 200
    open_to_all = told(addresses=True)
    assert open_to_all.get("/", headers={"host": "10.0.0.7:8765"}).status_code == 200
    assert open_to_all.get("/", headers={"host": "evil.example"}).status_code == 421


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://127.0.0.1:9999", "http://localhost:8765"])
def test_a_page_from_elsewhere(origin: str) -> None:
    answer = told().get("/", headers={"origin": origin})
    assert answer.status_code == 403
    assert "may not use" in answer.json()["error"]


def test_pictures_that_another_page_embeds() -> None:
    embedded = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors"}
    assert told().get("/", headers=embedded).status_code == 403
    followed = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"}
    assert told().get("/", headers=followed).status_code == 200


@pytest.fixture
def socket_of() -> Any:
    client = told()

    def opened(**headers: str) -> str:
        with client.websocket_connect("/socket", headers=headers) as socket:
            return str(socket.receive_text())

    return opened


def test_websockets_are_held_to_the_same(socket_of: Any) -> None:
    assert socket_of(host="127.0.0.1:8765", origin=HOME) == "let through"
    for headers in ({"origin": "http://evil.example"}, {}, {"host": "evil.example", "origin": "http://evil.example"}):
        with pytest.raises(WebSocketDisconnect) as refused:
            socket_of(**{"host": "127.0.0.1:8765", **headers})
        assert refused.value.code == 1008


def test_a_body_that_says_that_it_is_too_large() -> None:
    answer = told().post("/body", headers={"content-length": str(MOST_BYTES + 1)})
    assert answer.status_code == 413
    assert "48 MB" in answer.json()["error"]


def test_every_answer_forbids_to_fetch_anything_from_elsewhere() -> None:
    for answer in (told().get("/"), told().get("/", headers={"host": "evil.example"})):
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert answer.headers["x-content-type-options"] == "nosniff"
