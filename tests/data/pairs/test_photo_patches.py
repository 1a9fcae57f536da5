from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from gan_cli.batches import PairedBatch, UnpairedBatch
from gan_cli.data import PhotoPatches
from gan_cli.data.pairs.edge_maps import edges
from gan_cli.data.pairs.photo_blocks import blocks, photograph
from gan_cli.data.sampling import Span
from gan_cli.errors import UserError


def batch(count: int = 64, seed: int = 0, **arguments: Any) -> Any:
    return PhotoPatches(**arguments).part("train")[Span(seed, 0, count)].batch


def test_blocks_cover_each_photograph_once() -> None:
    """What is trained on and what is held out have no pixel in common, and together they are the photographs."""
    train, held_out = blocks("gray2photo", 64, held_out=False), blocks("gray2photo", 64, held_out=True)
    for name, trained, kept in zip(("china", "flower"), train, held_out, strict=True):
        pixels = torch.from_numpy(np.array(photograph(name)))
        pieces = [block.target[0] for block in (*trained, *kept)]
        assert sum(piece[0].numel() for piece in pieces) == 427 * 640
        sums = [int(piece.long().sum()) for piece in pieces]
        assert sum(sums) == int(pixels.long().sum())
        assert len(set(sums)) == len(sums) == 24


@pytest.mark.parametrize("task", ["edges2photo", "gray2photo"])
def test_sources_belong_to_their_targets(task: Any) -> None:
    source, target = batch(task=task)
    assert (source.shape, target.shape) == ((64, 1, 64, 64), (64, 3, 64, 64))
    if task == "gray2photo":
        weighed = (target.float() * torch.tensor([0.299, 0.587, 0.114]).reshape(1, 3, 1, 1)).sum(1, keepdim=True)
        assert (weighed - source).abs().max() <= 1
    else:
        assert set(source.unique().tolist()) == {0, 255}
        lines = (source == 0).flatten(1).float().mean(1)
        assert 0.02 < float(lines.mean()) < 0.3
        steps = (target.float().mean(1, keepdim=True).diff(dim=3)).abs()

        def step_on(lines: Tensor) -> float:
            return float(steps[lines[..., 1:]].mean() / steps[~lines[..., 1:]].mean())

        assert step_on(source == 0) > 2
        assert step_on((source == 0).roll(1, dims=0)) < 1.3  # another patch's lines


def test_no_patch_is_empty() -> None:
    """Half of all places are sky or a dark background."""
    drawings, photos = PhotoPatches(task="edges2photo"), PhotoPatches(task="china2flower")
    for source in (batch(200, task="edges2photo").source, drawings.held_out_pairs().source):
        assert float((source == 0).flatten(1).float().mean(1).min()) >= 0.05
    held_out = [torch.stack([image.read() for image in photos.test_inputs(name)]) for name in photos.facts["domains"]]
    for patches in (*batch(200, task="china2flower"), *held_out):
        grey = patches.float().mean(1).round().to(torch.uint8).numpy()
        lines = [float((edges(patch) == 0).mean()) for patch in grey]
        assert min(lines) > 0.03  # of the patch alone: lines that start beyond its borders are missing
    assert torch.equal(batch(task="gray2photo").target, batch(task="edges2photo").target)  # the same places


def test_the_places_with_edges_are_held_out() -> None:
    data = PhotoPatches(task="gray2photo")
    assert len(data.test_inputs("gray")) == len(data.test_inputs("photo")) == len(data.part("test")) == 88
    photos = PhotoPatches(task="china2flower")
    assert len(photos.test_inputs("china")) == len(photos.part("test")) == 63
    assert len(photos.test_inputs("flower")) == 25


def test_patches_are_a_function_of_seed_and_position() -> None:
    part = PhotoPatches().part("train")
    whole, first, rest, other, many = (
        part[Span(*span)].batch.real for span in ((0, 0, 10), (0, 0, 3), (0, 3, 10), (1, 0, 10), (0, 0, 60))
    )
    assert torch.equal(whole, torch.cat([first, rest]))
    assert not torch.equal(whole, other)
    assert len(many.flatten(1).unique(dim=0)) == 60


def test_training_patches_are_looked_at_by_number() -> None:
    part = PhotoPatches(task="gray2photo").part("train")
    one, other = part[torch.tensor([0, 5])].batch, part[torch.tensor([5, 0])].batch
    assert torch.equal(one.target, other.target.flip(0))
    assert not torch.equal(*one.target)


def test_photographs_are_two_domains_without_pairs() -> None:
    data = PhotoPatches(task="china2flower")
    assert data.facts["domains"] == ("china", "flower")
    assert list(data.fields) == ["a", "b"]
    china, flower = (float(images.float().mean()) for images in batch(task="china2flower"))
    assert china < flower  # trees and roofs against petals
    with pytest.raises(UserError, match="china2flower has no pairs"):
        data.held_out_pairs()


def test_unpaired_sources_and_targets_come_from_different_blocks() -> None:
    data = PhotoPatches(task="gray2photo", paired=False)
    part: Any = data.part("train")
    sources, targets = ({id(block) for block in side} for side in part.blocks)
    assert len(sources) == len(targets) == 12
    assert not sources & targets
    assert isinstance(part[Span(0, 0, 2)].batch, UnpairedBatch)
    pairs = data.held_out_pairs()
    assert isinstance(pairs, PairedBatch)
    same = PhotoPatches(task="gray2photo").held_out_pairs()
    assert all(torch.equal(one, other) for one, other in zip(pairs, same, strict=True))
    assert len(pairs.source) == 88


def test_held_out_patches_are_named_and_come_evenly() -> None:
    data = PhotoPatches(task="china2flower")
    images = data.test_inputs("flower")
    assert [image.name for image in images[:2]] == ["flower-000.png", "flower-001.png"]
    data.setup("validate")
    shown = data.examples(12)
    assert isinstance(shown, UnpairedBatch)
    assert shown.a.dtype == torch.float32
    read: Tensor = images[1].read()  # the sixth of the 63 of the longer side, as a share of 25
    assert torch.equal((shown.b[1] + 1).mul(127.5).round().to(torch.uint8), read)


@pytest.mark.parametrize("image_size", [16, 32, 128])
def test_patches_come_in_every_size_there_is_room_for(image_size: int) -> None:
    source, target = batch(4, image_size=image_size)
    assert source.shape[2:] == target.shape[2:] == (image_size, image_size)


def test_sizes_without_room_are_refused() -> None:
    with pytest.raises(UserError, match=r"data.image_size: 256 is not possible, the photographs have room for patches"):
        PhotoPatches(image_size=256)


def test_edges_are_thin_lines_where_grey_changes() -> None:
    grey = np.full((40, 40), 60, dtype=np.uint8)
    grey[:, 20:] = 180
    lines = edges(grey) == 0
    assert lines.sum(1).tolist() == [1] * 40
    assert set(np.nonzero(lines)[1]) <= {19, 20}
    assert not (edges(np.full((40, 40), 60, dtype=np.uint8)) == 0).any()
