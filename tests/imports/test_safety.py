"""Files that would run code are refused by the name of what they ask for; damaged ones in a line."""

import io
import os
import pickle
import tracemalloc
import zipfile
from collections import OrderedDict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from gan_cli.__main__ import main
from gan_cli.errors import UserError
from gan_cli.imports import network_pickles, reading
from gan_cli.imports.network_pickles import Module
from gan_cli.imports.reading import read
from tests.imports.persistence import Asks, persistent, pickled

ran: list[str] = []


def mark(word: str) -> None:
    ran.append(word)


def test_a_module_gives_its_state_and_its_source_is_never_run(tmp_path: Path) -> None:
    source = f"import {__name__} as t; t.mark('source')"
    layer = persistent(
        "FullyConnectedLayer",
        {
            "weight_gain": 1 / np.sqrt(8),
            "_parameters": OrderedDict(weight=torch.nn.Parameter(torch.arange(6.0).reshape(2, 3).t())),
            "_buffers": OrderedDict(filter=torch.ones(2, dtype=torch.float16)),
            "_modules": OrderedDict(),
            "_non_persistent_buffers_set": set(),
        },
        source,
    )
    whole = persistent("Generator", {"_modules": OrderedDict(fc=layer), "numbers": np.arange(3)}, source)
    file = tmp_path / "network.pkl"
    for protocol in (2, 3, 4):  # their files have 3, Python 3.7's
        file.write_bytes(pickled({"G_ema": whole, "augment_pipe": None}, protocol))
        found = read(file).content["G_ema"]
        assert isinstance(found, Module)
    assert found.name == "Generator"
    assert {name: tensor.tolist() for name, tensor in found.weights().items()} == {
        "fc.weight": [[0.0, 3.0], [1.0, 4.0], [2.0, 5.0]],
        "fc.filter": [1.0, 1.0],
    }
    assert found.state["_modules"]["fc"].state["weight_gain"] == pytest.approx(8**-0.5)
    assert found.state["numbers"].tolist() == [0, 1, 2]
    assert ran == []


@pytest.mark.parametrize("ending", ["pkl", "pth", "ckpt"])
def test_what_asks_for_code_is_refused_by_name(ending: str, tmp_path: Path) -> None:
    for number, (asked, name) in enumerate(
        (
            (Asks(mark, "mark"), f"{__name__}.mark"),
            (Asks(eval, "1 + 1"), r"(builtins\.)?eval"),
            (Asks(getattr, [], "append"), r"(builtins\.)?getattr"),
            (Asks(torch.hub.load, "x", "y"), "torch.hub.load"),
            (Asks(np.load, "x"), "numpy"),
            (Asks(os.system, "true"), r"posix\.system"),
        )
    ):
        file = tmp_path / f"{number}.{ending}"
        content = {"model": OrderedDict(weight=torch.ones(2), more=asked)}
        if ending == "pkl":
            file.write_bytes(pickle.dumps(content))
        else:
            torch.save(content, file, _use_new_zipfile_serialization=ending == "ckpt")
        with pytest.raises(UserError, match=rf"was not read: it asks for {name}"):
            read(file)
    assert ran == []


def test_what_seems_harmless_cannot_be_turned_into_more() -> None:
    storage = torch.ones(2).untyped_storage()
    typed = torch.storage.TypedStorage(wrap_storage=storage, dtype=torch.float32, _internal=True)
    rebuild = torch._utils._rebuild_tensor_v2
    load_from_bytes = torch.storage._load_from_bytes
    hidden = io.BytesIO()
    torch.save(Asks(mark, "hidden"), hidden)
    array = np.array([Asks(mark, "object")], dtype=object)
    for asked, why in (
        (Asks(rebuild, typed, 0, (1000,), (1,), False, OrderedDict()), network_pickles.Refused),
        (Asks(rebuild, typed, 1, (2,), (1,), False, OrderedDict()), RuntimeError),  # beyond its storage
        (Asks(rebuild, [1.0], 0, (1,), (1,), False, OrderedDict()), network_pickles.Refused),
        (Asks(load_from_bytes, hidden.getvalue()), pickle.UnpicklingError),
        (array, network_pickles.Refused),
        (Asks(np.dtype, "O"), network_pickles.Refused),
        (persistent("x", [1]), network_pickles.Refused),
    ):
        with pytest.raises(why):
            network_pickles.load(io.BytesIO(pickled(asked)))
    assert ran == []


def test_keys_that_are_classes_of_lightning_are_read(tmp_path: Path) -> None:
    from lightning.pytorch.callbacks import ModelCheckpoint

    file = tmp_path / "last.ckpt"
    torch.save({"callbacks": {ModelCheckpoint: {"best": 1.0}}, "state_dict": {"a": torch.ones(1)}}, file)
    assert list(read(file).tensors("state_dict")) == ["a"]
    torch.save({"callbacks": ModelCheckpoint()}, file)
    with pytest.raises(UserError, match=r"damaged|asks for"):
        read(file)


def test_files_that_are_none_are_said_in_a_line(tmp_path: Path) -> None:
    (tmp_path / "text.pth").write_text("hello")
    (tmp_path / "text.pkl").write_text("hello")
    (tmp_path / "empty.pth").touch()
    (tmp_path / "empty.pkl").touch()
    whole = io.BytesIO()
    torch.save({"a": torch.ones(1000)}, whole)
    (tmp_path / "cut.pth").write_bytes(whole.getvalue()[:2000])
    (tmp_path / "text.safetensors").write_text("hello")
    (tmp_path / "text.npz").write_text("hello")
    for name in ("text.npz", "text.pth", "text.pkl", "empty.pth", "empty.pkl", "cut.pth", "text.safetensors"):
        with pytest.raises(UserError, match=f"import: .*{name}.*(damaged|no file of weights)"):
            read(tmp_path / name)
    np.savez(tmp_path / "objects.npz", a=np.array([Asks(mark, "object")], dtype=object))
    with pytest.raises(UserError, match="it holds objects, and only arrays are taken"):
        read(tmp_path / "objects.npz")
    assert ran == []
    with pytest.raises(UserError, match="does not exist"):
        read(tmp_path / "none.pth")
    with pytest.raises(UserError, match="cannot be read"):
        read(tmp_path)
    torch.save([1, 2], tmp_path / "list.pth")
    with pytest.raises(UserError, match="holds no weights by name"):
        read(tmp_path / "list.pth").tensors()


def deflated(file: Path) -> None:
    """Packs what torch or NumPy has left unpacked in an archive."""
    with zipfile.ZipFile(file) as archive:
        entries = {entry.filename: archive.read(entry) for entry in archive.infolist()}
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)


def test_files_that_would_fill_the_memory_are_refused_before_they_do(
    workdir: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A few kilobytes that hold megabytes, by packing or by views that repeat one number; nothing is written."""
    monkeypatch.setattr(reading, "FREELY", 2**20)
    arrays: dict[str, Any] = {"l1/W": np.zeros(2**20, np.float32)}
    np.savez_compressed("packed.npz", **arrays)
    torch.save({"model.1.weight": torch.zeros(2**20)}, "packed.pth")
    deflated(Path("packed.pth"))
    repeated = torch.ones(1).as_strided((2**20, 2**20), (0, 0))
    torch.save({"state_dict": [{"model.1.weight": repeated}]}, "repeated.pth")
    Path("repeated.pkl").write_bytes(pickled({"G_ema": OrderedDict(w=repeated)}, 3))
    there = sorted(workdir.iterdir())
    for path in there:
        assert path.stat().st_size < 20_000
        assert main(["import", path.name, "--as", "cyclegan"]) == 2
        said = capsys.readouterr().err
        assert said.startswith(f"gan: import: {path.name} was not read: ")
        assert said.count("\n") == 1
    assert sorted(workdir.iterdir()) == there


def test_a_pickles_memory_is_no_larger_than_what_is_in_it(tmp_path: Path) -> None:
    file = tmp_path / "memory.pkl"
    file.write_bytes(b"\x80\x02Nr\x00\x00\x00\x04.")  # None, remembered under the number 2^26
    tracemalloc.start()
    try:
        assert read(file).content is None
        assert tracemalloc.get_traced_memory()[1] < 2**24
    finally:
        tracemalloc.stop()


def test_endings_hide_nothing(workdir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A pickle that would run something, under the name of every kind of file, and archives of other things."""
    asks = pickle.dumps(Asks(os.system, "touch ran"))
    for name in ("a.npz", "a.npy", "a.bin", "a.pt", "a.pth", "a.ckpt", "a.safetensors", "a.pkl", "a"):
        Path(name).write_bytes(asks)
    with zipfile.ZipFile("in_an_archive.pth", "w") as archive:
        archive.writestr("archive/data.pkl", asks)
        archive.writestr("archive/version", "3\n")
    with zipfile.ZipFile("other.pth", "w") as archive:
        archive.writestr("read.txt", "hello")
    persistent_ids = io.BytesIO()
    ids = pickle.Pickler(persistent_ids, 2)
    ids.persistent_id = lambda one: "posix.system" if one == "x" else None  # type: ignore[method-assign]
    ids.dump({"G_ema": "x"})
    Path("ids.pkl").write_bytes(persistent_ids.getvalue())
    torch.save({"model": torch.nn.Linear(2, 2)}, "class.pth")
    Path("header.safetensors").write_bytes((2**60).to_bytes(8, "little") + b"{}")
    there = sorted(workdir.iterdir())
    for path in there:
        assert main(["import", path.name, "--as", "stylegan2" if path.suffix == ".pkl" else "cyclegan"]) == 2
        said = capsys.readouterr().err
        assert said.startswith(f"gan: import: {path.name} ")
        assert said.count("\n") <= 3
    assert sorted(workdir.iterdir()) == there
