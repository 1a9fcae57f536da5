from pathlib import Path

from PIL import Image

from gan_cli.data.archives import listing
from gan_cli.data.decoding import headers
from tests.data import pictures


def test_headers_tell_whole_files_from_broken_ones(tmp_path: Path) -> None:
    pictures.write(tmp_path / "whole.png")
    (tmp_path / "empty.jpg").touch()
    (tmp_path / "text.png").write_text("no image")
    pictures.write(tmp_path / "cut.png", 300, 300)
    data = (tmp_path / "cut.png").read_bytes()
    (tmp_path / "cut.png").write_bytes(data[: len(data) // 2])
    Image.new("L", (500, 500)).save(tmp_path / "bomb.png")
    found = headers(listing(tmp_path), seconds=60, max_pixels=100_000)
    told = {file.key: size if isinstance(size, tuple) else size.reason for file, size in found.items()}
    assert told.pop("whole.png") == (24, 20)
    assert "truncated" in str(told.pop("cut.png"))
    assert told == {"empty.jpg": "empty", "text.png": "no image", "bomb.png": "more than 100,000 pixels"}


def test_headers_end_when_their_time_is_over(tmp_path: Path) -> None:
    pictures.write(tmp_path / "whole.png")
    assert headers(listing(tmp_path), seconds=-1) == {}
