"""Fetching from a server of one's own: breaks, wrong answers, evil archives."""

import hashlib
import io
import stat
import tarfile
import threading
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from gan_cli.data.downloads import Archive, provide, unpack
from gan_cli.errors import UserError


class Server:
    """Serves one archive on 127.0.0.1.

    Attributes:
        content: What it serves.
        breaks_after: Bytes after which the next answer breaks off; None sends all.
        knows_ranges: Whether it goes on in the middle.
        asked: The Range of each request.
    """

    def __init__(self) -> None:
        self.content = b""
        self.breaks_after: int | None = None
        self.knows_ranges = True
        self.asked: list[str] = []
        self.http = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self.http.server_port}/set.tar.gz"

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                asked = self.headers.get("Range", "")
                server.asked.append(asked)
                start = int(asked[len("bytes=") : -1]) if asked and server.knows_ranges else 0
                if start >= len(server.content):
                    self.send_error(416)
                    return
                body = server.content[start:]
                self.send_response(206 if start else 200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body[: server.breaks_after])
                server.breaks_after = None

            def log_message(self, *_: Any) -> None:
                pass

        return Handler


@pytest.fixture
def server() -> Iterator[Server]:
    served = Server()
    served.content = tar({"set/train/a.png": b"a" * 50_000, "set/test/b.png": b"b"})
    thread = threading.Thread(target=served.http.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield served
    served.http.shutdown()
    served.http.server_close()
    thread.join()


def tar(files: dict[str, bytes], *others: tarfile.TarInfo) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as packed:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            packed.addfile(member, io.BytesIO(content))
        for member in others:
            packed.addfile(member)
    return buffer.getvalue()


def archive(server: Server, **changes: Any) -> Archive:
    facts = {"size": len(server.content), "sha256": hashlib.sha256(server.content).hexdigest(), **changes}
    return Archive(name="set", url=server.url, home="https://example.org", **facts)


def complete(folder: Path) -> bool:
    return (folder / "train").is_dir()


def get(what: Archive, root: Path) -> None:
    provide(what, root, complete, ["PhotoPatches"])


def names(root: Path) -> list[str]:
    return sorted(path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file())


def test_an_archive_becomes_a_folder_and_is_fetched_once(
    server: Server, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = tmp_path / "data"
    get(archive(server), root)
    get(archive(server), root)
    assert names(root) == ["set/test/b.png", "set/train/a.png"]
    assert server.asked == [""]
    assert f"fetching {server.url} (0 MB) into {root}" in capsys.readouterr().out


@pytest.mark.parametrize("size_is_known", [True, False])
def test_a_download_that_broke_off_goes_on_where_it_was(server: Server, tmp_path: Path, size_is_known: bool) -> None:
    what = archive(server, **({} if size_is_known else {"size": 0}))
    server.breaks_after = 100
    with pytest.raises(UserError) as caught:
        get(what, tmp_path)
    lines = str(caught.value).splitlines()
    assert len(lines) == 3
    assert f"broke off after 100 of {len(server.content):,} bytes" in lines[0]
    assert (server.url in lines[0], str(tmp_path) in lines[1], "--data PhotoPatches" in lines[2]) == (True, True, True)
    get(what, tmp_path)
    assert server.asked == ["", "bytes=100-"]
    assert names(tmp_path) == ["set/test/b.png", "set/train/a.png"]


def test_a_server_without_ranges_starts_over(server: Server, tmp_path: Path) -> None:
    server.knows_ranges = False
    (tmp_path / "set.tar.gz.part").write_bytes(b"old")
    get(archive(server), tmp_path)
    assert server.asked == ["bytes=3-"]
    assert complete(tmp_path / "set")


def test_a_part_longer_than_the_archive_is_fetched_anew(server: Server, tmp_path: Path) -> None:
    (tmp_path / "set.tar.gz.part").write_bytes(b"x" * (len(server.content) + 5))
    get(archive(server, size=0), tmp_path)
    assert complete(tmp_path / "set")


@pytest.mark.parametrize(
    ("changes", "told"),
    [({"size": 7}, r"has [\d,]+ bytes, and not 7"), ({"sha256": "00"}, "has the SHA-256 .* not 00")],
)
def test_what_is_not_the_archive_is_not_unpacked(
    server: Server, tmp_path: Path, changes: dict[str, Any], told: str
) -> None:
    with pytest.raises(UserError, match=told):
        get(archive(server, **changes), tmp_path)
    assert names(tmp_path) == ["set.tar.gz.wrong"]


def test_an_archive_or_a_folder_that_is_there_is_not_fetched(server: Server, tmp_path: Path) -> None:
    (tmp_path / "set.tar.gz").write_bytes(server.content)
    get(archive(server), tmp_path)
    assert names(tmp_path) == ["set.tar.gz", "set/test/b.png", "set/train/a.png"]
    assert not server.asked


def test_a_folder_that_is_something_else_is_left_alone(server: Server, tmp_path: Path) -> None:
    (tmp_path / "set").mkdir()
    (tmp_path / "set" / "notes.txt").touch()
    with pytest.raises(UserError, match="is there, but is not set; move it away"):
        get(archive(server), tmp_path)
    assert names(tmp_path) == ["set/notes.txt"]


def test_without_a_network_the_address_and_the_folder_are_told(tmp_path: Path, server: Server) -> None:
    what = archive(server)._replace(url="http://127.0.0.1:9/set.tar.gz")
    with pytest.raises(UserError) as caught:
        get(what, tmp_path)
    message = str(caught.value)
    assert "http://127.0.0.1:9/set.tar.gz could not be fetched whole (Connection refused)" in message
    assert f"put the archive, or the unpacked folder set, into {tmp_path}" in message


def link(name: str, kind: bytes) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.type = kind
    member.linkname = "/etc/passwd"
    return member


@pytest.mark.parametrize(
    "content",
    [
        tar({"set/train/a.png": b"a", "../escaped.png": b"b"}),
        tar({"set/train/a.png": b"a", "/tmp/escaped.png": b"b"}),
        tar({"set/train/a.png": b"a", "set/train/..\\..\\escaped.png": b"b"}),
        tar({"set/train/a.png": b"a", "C:/escaped.png": b"b"}),
        tar({"set/train/a.png": b"a"}, link("set/train/escaped.png", tarfile.SYMTYPE)),
        tar({"set/train/a.png": b"a"}, link("set/train/escaped.png", tarfile.LNKTYPE)),
        tar({"set/train/a.png": b"a"}, link("set/train/escaped.png", tarfile.FIFOTYPE)),
    ],
)
def test_an_archive_that_leads_out_of_its_folder_leaves_nothing(tmp_path: Path, content: bytes) -> None:
    packed = tmp_path / "root" / "set.tar.gz"
    packed.parent.mkdir()
    packed.write_bytes(content)
    with pytest.raises(UserError, match=r"holds '.*escaped.png', which is a link or leads out of its folder"):
        unpack(packed, tmp_path / "root" / "set", complete)
    assert names(tmp_path) == ["root/set.tar.gz"]
    assert [path.name for path in packed.parent.iterdir()] == ["set.tar.gz"]


def test_zips_are_unpacked_but_for_links(tmp_path: Path) -> None:
    packed = tmp_path / "set.zip"
    with zipfile.ZipFile(packed, "w") as made:
        made.writestr("train/a.png", b"a")
    unpack(packed, tmp_path / "set", complete)  # the folder itself is not in it
    assert names(tmp_path / "set") == ["train/a.png"]
    with zipfile.ZipFile(packed, "w") as made:
        made.writestr("maps/train/a.png", b"a")
        made.writestr("__MACOSX/a.png", b"")
    unpack(packed, tmp_path / "unpaired", complete)  # the folder has another name in it
    assert names(tmp_path / "unpaired") == ["train/a.png"]
    linked = zipfile.ZipInfo("set/train/link.png")
    linked.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(packed, "w") as made:
        made.writestr(linked, "/etc/passwd")
    with pytest.raises(UserError, match=r"holds 'set/train/link.png', which is a link"):
        unpack(packed, tmp_path / "other", complete)


def test_a_damaged_or_a_wrong_archive_is_told(tmp_path: Path) -> None:
    packed = tmp_path / "set.tar.gz"
    whole = tar({"set/train/a.png": bytes(range(256)) * 100})
    for damaged in (whole[:-300], whole[:-8] + bytes(8), b"no archive"):
        packed.write_bytes(damaged)
        with pytest.raises(UserError, match="is damaged"):
            unpack(packed, tmp_path / "set", complete)
    packed.write_bytes(tar({"else/a.png": b"a"}))
    with pytest.raises(UserError, match="does not hold the folders of set"):
        unpack(packed, tmp_path / "set", complete)
    assert names(tmp_path) == ["set.tar.gz"]
