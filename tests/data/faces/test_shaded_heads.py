import pytest
import torch

from gan_cli.batches import LoadedBatch
from gan_cli.data import ShadedHeads
from gan_cli.data.faces import heads
from gan_cli.data.faces.poses import mirrored_points
from gan_cli.errors import UserError


def few(**arguments: object) -> ShadedHeads:
    return ShadedHeads(**{"persons": 8, "angles": (45, 90), "image_size": 16, "held_out": 0.25, **arguments})  # type: ignore[arg-type]


def test_nobody_is_both_trained_on_and_held_out() -> None:
    data = few()
    train, test = (data.part(split)[torch.arange(len(data.part(split)))].batch for split in ("train", "test"))
    assert (len(train.source), len(test.source)) == (6 * 4, 2 * 4)
    assert data.facts["num_persons"] == 6
    assert train.person.unique().tolist() == list(range(6))
    assert test.person.unique().tolist() == [6, 7]
    fronts = [set(map(bytes, part.target.flatten(1).numpy())) for part in (train, test)]
    assert not fronts[0] & fronts[1]
    assert (len(fronts[0]), len(fronts[1])) == (6, 2)


def test_a_head_is_itself_from_the_front_and_points_where_it_turns() -> None:
    traits = heads.persons(3, seed=0)
    drawn = heads.drawn(traits.repeat(3, 1), torch.tensor([-60.0, 0.0, 60.0]).repeat_interleave(3), 32)
    noses = drawn.points[:, 2, 0].view(3, 3)
    assert bool((noses[0] < noses[1]).all() and (noses[1] < noses[2]).all())
    assert torch.allclose(noses[1], torch.tensor(0.5), atol=1e-6)
    assert torch.equal(drawn.images[3:6], heads.drawn(traits, torch.zeros(3), 32).images)
    assert torch.equal(heads.persons(2, seed=0), traits[:2])  # whatever the count
    front = drawn.images[3:6].float()
    assert float((front - front.flip(3)).abs().mean()) > 2  # the light comes from one side


def test_points_are_on_what_they_mean() -> None:
    """An eye is white, and darker in its middle, where skin would be neither."""
    traits = heads.persons(20, seed=3)
    names = list(heads.TRAITS)
    traits[:, names.index("iris")], traits[:, names.index("glasses")] = 0.0, 0.0
    drawn = heads.drawn(traits, torch.full((20,), 20.0), 64)
    nearer = (drawn.points[:, 0] * 64).long()
    pixels = drawn.images[torch.arange(20), 0, nearer[:, 1], nearer[:, 0]]
    assert float((pixels < 90).float().mean()) > 0.9


def test_what_is_mirrored_is_mirrored_with_its_points() -> None:
    data = few()
    batch = data.part("test")[torch.arange(2)].batch
    plain = data.on_device(LoadedBatch(batch))
    which = torch.tensor([True, False])
    seen = data.on_device(LoadedBatch(batch, {"source": which, "target": which}))
    assert torch.equal(seen.source[0], plain.source[0].flip(2))  # type: ignore[union-attr]
    assert torch.equal(seen.source[1], plain.source[1])  # type: ignore[union-attr]
    assert seen.yaw.tolist() == [-plain.yaw[0], plain.yaw[1]]  # type: ignore[union-attr]
    assert torch.allclose(seen.source_points[0, 0, 0], 1 - plain.source_points[0, 1, 0])  # type: ignore[union-attr]
    assert torch.allclose(mirrored_points(mirrored_points(batch.source_points)), batch.source_points)


def test_turns_are_each_asked_for_once() -> None:
    with pytest.raises(UserError, match="angles"):
        few(angles=(30, 30))
    with pytest.raises(UserError, match="too few to train on"):
        ShadedHeads(persons=4, held_out=0.9)


def test_files_that_are_made_of_faces_tell_no_names() -> None:
    inputs = few().test_inputs("")
    assert inputs[0].name == "006-45-0000.png"
    assert inputs[0].read().shape == (1, 16, 16)
    front = few().test_inputs("frontal")[0].read()
    assert torch.equal(front, few().part("test")[torch.tensor([0])].batch.target[0])
