"""GPT: its size, that it reads from left to right, and that what it remembers is what it would read again."""

import pytest
import torch

from gan_cli.networks.gpt import GPT, Memory


def network(**changes: int) -> GPT:
    torch.manual_seed(0)
    sizes = {"tokens": 12, "outputs": 10, "length": 9, "depth": 2, "width": 8, "heads": 2, **changes}
    made = GPT(**sizes, dropout=0.0).double().eval()
    torch.nn.init.normal_(made.places)  # as training makes them: a place is told from others
    return made


def test_the_papers_size_has_the_authors_parameters() -> None:
    with torch.device("meta"):
        made = GPT(1024, 1024, length=512, depth=24, width=1024, heads=16, dropout=0.0)
    assert sum(weight.numel() for weight in made.parameters()) == 304_932_864


def test_nothing_is_read_before_its_turn() -> None:
    reader = network()
    tokens = torch.randint(12, (3, 9))
    other = tokens.clone()
    other[:, 5] = (other[:, 5] + 1) % 12
    one, two = (reader(reader.vectors(read)) for read in (tokens, other))
    assert one.shape == (3, 9, 10)
    assert torch.equal(one[:, :5], two[:, :5])
    assert not torch.isclose(one[:, 5:], two[:, 5:]).all(2).any()


@pytest.mark.parametrize("parts", [[1] * 9, [4, 1, 1, 3], [9]])
def test_what_is_read_in_parts_is_what_is_read_at_once(parts: list[int]) -> None:
    reader = network()
    vectors = reader.vectors(torch.randint(12, (3, 9)))
    memory = Memory(9)
    read = torch.cat([reader(part, memory) for part in vectors.split(parts, dim=1)], dim=1)
    assert memory.length == 9
    assert torch.allclose(read, reader(vectors), rtol=0, atol=1e-12)
