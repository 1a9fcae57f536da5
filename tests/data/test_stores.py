import multiprocessing
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.utils.data import DataLoader

from gan_cli.data import stores
from gan_cli.data.parts import LabelledImages
from gan_cli.data.stores import BrokenFile, DecodingStore, DiskStore, MemoryStore, TensorStore
from gan_cli.data.transforms import Framing
from gan_cli.errors import RunFailed, UserError

SHAPE = (1, 2, 2)
ALL = torch.arange(10)


def painted(number: int) -> Tensor:
    """An image that shows its number."""
    return torch.full(SHAPE, number, dtype=torch.uint8)


class Noting:
    """Paints, and notes in a folder what was asked for, by whatever process."""

    def __init__(self, folder: Path, broken: tuple[int, ...] = ()) -> None:
        self.folder, self.broken = folder, broken
        folder.mkdir(exist_ok=True)

    def __call__(self, number: int) -> Tensor:
        if number in self.broken:
            raise BrokenFile(f"data: {number}.png cannot be read (empty)")
        with open(self.folder / str(number), "a") as file:
            file.write("x")
        return painted(number)

    def counts(self) -> dict[int, int]:
        return {int(path.name): path.stat().st_size for path in sorted(self.folder.iterdir())}


@pytest.fixture
def small_shards(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stores, "SHARD_BYTES", 12)  # three images


def shown(images: Tensor) -> list[int]:
    return [int(image.flatten()[0]) for image in images]


def test_an_image_in_memory_is_decoded_once(tmp_path: Path) -> None:
    note = Noting(tmp_path / "note")
    store = MemoryStore(DecodingStore(range(10), note, SHAPE))
    for numbers in (torch.tensor([3, 1, 3]), torch.tensor([1, 2])):
        assert shown(store[numbers]) == numbers.tolist()
    assert note.counts() == {1: 1, 2: 1, 3: 1}
    assert store.size == 40


def test_workers_fill_one_memory_that_the_run_sees(tmp_path: Path) -> None:
    note = Noting(tmp_path / "note")
    part = LabelledImages(MemoryStore(DecodingStore(range(10), note, SHAPE)), ALL, Framing(2, 2, flip=False))
    batches = list(ALL.split(5))
    for _ in range(2):  # new workers each time
        loader: DataLoader[object] = DataLoader(part, sampler=batches, batch_size=None, num_workers=2)
        seen = [loaded.batch for loaded in loader]
        assert [shown(batch.images) for batch in seen] == [batch.tolist() for batch in batches]
    assert note.counts() == dict.fromkeys(range(10), 1)
    assert shown(part.store[ALL]) == ALL.tolist()
    assert note.counts() == dict.fromkeys(range(10), 1)


def test_more_memory_than_there_is_is_refused() -> None:
    with pytest.raises(UserError, match=r"data.cache: memory would take .* GB, and there is not so much; take disk"):
        MemoryStore(DecodingStore(range(1 << 40), painted, (3, 1024, 1024)))


@pytest.mark.usefixtures("small_shards")
def test_a_cache_on_disk_gives_the_same_images(tmp_path: Path) -> None:
    source = DecodingStore(range(10), painted, SHAPE)
    assert not stores.is_built(tmp_path / "cache", 10, SHAPE)
    done: list[int] = []
    made = stores.build(source, tmp_path / "cache", done.append)
    assert sorted(set(done)) == [3, 6, 9, 10]
    assert done == sorted(done)
    assert stores.is_built(tmp_path / "cache", 10, SHAPE)
    for store in (made, DiskStore(tmp_path / "cache", 10, SHAPE)):
        numbers = torch.tensor([9, 0, 5, 5, 2])
        assert torch.equal(store[numbers], source[numbers])


@pytest.mark.usefixtures("small_shards")
def test_a_build_that_was_broken_off_goes_on_where_it_was(tmp_path: Path) -> None:
    class Killed(Exception):
        pass

    def die(count: int) -> None:
        if count == 9:
            raise Killed  # the third file is decoded, and not yet written

    note = Noting(tmp_path / "note")
    source = DecodingStore(range(10), note, SHAPE)
    with pytest.raises(Killed):
        stores.build(source, tmp_path / "cache", die)
    (tmp_path / "cache" / ".pixels-00002.npy.4711.tmp").write_bytes(b"half")  # of a process that was killed
    store = stores.build(source, tmp_path / "cache")
    assert note.counts() == dict.fromkeys(range(10), 1) | {6: 2, 7: 2, 8: 2}
    assert shown(store[ALL]) == ALL.tolist()
    assert not list((tmp_path / "cache").glob("*.tmp"))


def build_one(folder: Path) -> None:
    stores.SHARD_BYTES = 12
    store = stores.build(DecodingStore(range(10), Noting(folder / "note"), SHAPE), folder / "cache")
    assert shown(store[ALL]) == ALL.tolist()


def test_two_processes_that_build_one_cache_decode_each_image_once(tmp_path: Path) -> None:
    context = multiprocessing.get_context("fork")
    processes = [context.Process(target=build_one, args=(tmp_path,)) for _ in range(3)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
    assert [process.exitcode for process in processes] == [0, 0, 0]
    assert Noting(tmp_path / "note").counts() == dict.fromkeys(range(10), 1)


@pytest.mark.usefixtures("small_shards")
def test_a_damaged_cache_is_named(tmp_path: Path) -> None:
    store = stores.build(DecodingStore(range(4), painted, SHAPE), tmp_path / "cache")
    stores.shard_path(tmp_path / "cache", 1).write_bytes(b"no array")
    with pytest.raises(RunFailed, match=r"pixels-00001.npy is damaged .*; remove its folder"):
        store[torch.tensor([3])]
    np.save(stores.shard_path(tmp_path / "cache", 0), np.zeros((2, *SHAPE), dtype=np.uint8))
    with pytest.raises(RunFailed, match=r"pixels-00000.npy is damaged \(it holds uint8 \(2, 1, 2, 2\)\)"):
        store[torch.tensor([2])]


@pytest.mark.usefixtures("small_shards")
def test_the_next_of_its_group_stands_in_for_a_broken_image_and_is_counted(tmp_path: Path) -> None:
    note = Noting(tmp_path / "note", broken=(2, 8, 9))
    with pytest.raises(BrokenFile, match=r"2.png cannot be read"):
        DecodingStore(range(10), note, SHAPE)[ALL]
    groups = ALL % 2
    source = DecodingStore(range(10), note, SHAPE, groups)
    wanted = [0, 1, 4, 3, 4, 5, 6, 7, 0, 1]
    for store in (source, MemoryStore(source), stores.build(source, tmp_path / "cache")):
        assert shown(store[ALL]) == wanted
        assert store.broken is not None
        assert store.broken.nonzero().flatten().tolist() == [2, 8, 9]
    again = DiskStore(tmp_path / "cache", 10, SHAPE)
    assert again.broken is not None
    assert again.broken.sum() == 3


def test_a_group_of_broken_images_alone_is_refused(tmp_path: Path) -> None:
    note = Noting(tmp_path / "note", broken=(0, 1))
    with pytest.raises(
        BrokenFile, match=r"data: 0 cannot be read, nor any other of its class; data.on_error skip needs one"
    ):
        DecodingStore(range(2), note, SHAPE, torch.zeros(2))[torch.tensor([0])]


def test_a_tensor_is_a_store() -> None:
    images = torch.from_numpy(np.arange(24, dtype=np.uint8).reshape(6, *SHAPE))
    store = TensorStore(images)
    assert (len(store), store.shape, store.size) == (6, SHAPE, 24)
    assert torch.equal(store[torch.tensor([4, 1])], images[[4, 1]])
