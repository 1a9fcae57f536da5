"""VQTransformer: what it learns, what is told before the codes, and pictures as functions of latents."""

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, one_hot

from gan_cli.batches import ImageBatch
from gan_cli.errors import UserError
from gan_cli.networks.code_drawing import Drawing
from gan_cli.seeding import Rows
from gan_cli.variants import VQTransformer
from gan_cli.variants.places import Place
from gan_cli.variants.vq_transformer import commonest
from tests.conftest import quiet
from tests.toys import FewDigits
from tests.variant_rows import READ

GREEDY = Drawing(top_k=1)


def made(**arguments: Any) -> Any:
    """A model whose transformer says something, and whose codes look different."""
    torch.manual_seed(0)
    model: Any = VQTransformer(**{**READ, "image_channels": 1, **arguments})
    for network in (model.generator, model.coder.network):
        for tensor in network.state_dict().values():
            if tensor.ndim > 1:
                nn.init.normal_(tensor, std=0.5)
    model.watch = lambda *_: None
    model._place = Place(Rows(0, 4, 4), 0, 0)
    return model.eval()


def latents(count: int = 4, numbers: int = 16) -> Tensor:
    return torch.rand(count, numbers, generator=torch.Generator().manual_seed(1)) * 2 - 1


def batch() -> ImageBatch:
    return ImageBatch(torch.rand(4, 1, 16, 16) * 2 - 1, torch.arange(4))


def test_each_code_is_learned_from_those_before_it_and_the_class() -> None:
    model, images = made(num_classes=10), batch()
    read = model.shared(images)
    assert torch.equal(read.codes, model.coder.network.encode(images.images).flatten(1))
    tokens = torch.cat([16 + images.labels[:, None], read.codes[:, :-1]], dim=1)  # classes stand behind 16 codes
    logits = model.generator(model.generator.vectors(tokens))
    expected = cross_entropy(logits.flatten(0, 1), read.codes.flatten())
    losses = model.generator_losses(read)
    assert list(losses) == ["likelihood"]
    assert torch.allclose(losses["likelihood"], expected)
    told = model.held_out_measures(images)
    assert torch.allclose(told["nll"], expected)
    assert torch.allclose(told["nll_everywhere"], torch.tensor(16.0).log())  # nothing was counted


def test_some_of_the_codes_that_it_reads_are_random_and_none_that_it_learns(monkeypatch: pytest.MonkeyPatch) -> None:
    model = made(kept_codes=0.5)
    read, plain = model.shared(batch()), model._logits
    seen: list[Tensor] = []

    def noted(network: nn.Module, given: Any) -> Any:
        seen.append(given.codes)
        return plain(network, given)

    monkeypatch.setattr(model, "_logits", noted)
    model.generator_losses(read)
    share = float((seen[0] == read.codes).float().mean())
    assert 0.4 < share < 0.7  # a sixteenth of the random ones are right
    monkeypatch.undo()
    model.kept_codes = 0.0
    logits = model._logits(model.generator, read)
    assert not torch.allclose(model.generator_losses(read)["likelihood"], cross_entropy(logits.mT, read.codes))


def test_only_weights_of_linear_layers_decay(tmp_path: Path) -> None:
    model = made().train()
    model.take_up(model.coder.network.state_dict())
    trainer = quiet(tmp_path, max_steps=1)
    trainer.fit(model, FewDigits(image_size=16, batch_size=16))
    (optimizer,) = trainer.optimizers
    decaying, others = optimizer.param_groups
    assert (decaying["weight_decay"], others["weight_decay"], decaying["betas"]) == (0.01, 0.0, (0.9, 0.95))
    linear = [module.weight for module in model.generator.modules() if isinstance(module, nn.Linear)]
    assert {id(weight) for weight in decaying["params"]} == {id(weight) for weight in linear}
    assert len(decaying["params"]) + len(others["params"]) == len([*model.generator.parameters()])


def test_codes_of_training_images_are_counted_and_the_first_stage_stays_as_it_is(tmp_path: Path) -> None:
    model, data = made().train(), FewDigits(image_size=16, batch_size=16)
    before = {name: tensor.clone() for name, tensor in model.coder.state_dict().items()}
    model.take_up(model.coder.network.state_dict())
    quiet(tmp_path, max_steps=2).fit(model, data)
    assert all(torch.equal(tensor, before[name]) for name, tensor in model.coder.state_dict().items())
    assert model.counts.sum(1).tolist() == [160.0] * 16
    codes = model.encode(data.some(160, 0, model.device).real).flatten(1)
    assert torch.equal(model.counts, one_hot(codes, 16).sum(0).float())


def test_without_a_first_stage_nothing_is_learned(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"model.first_stage: VQTransformer learns the codes of a VQGAN, and none is"):
        quiet(tmp_path, max_steps=1).fit(made(), FewDigits(image_size=16, batch_size=16))


@torch.inference_mode()
def test_a_picture_is_a_function_of_its_latent_and_class() -> None:
    model, labels = made(num_classes=3), torch.tensor([0, 1, 2, 0])
    pictures = model(latents(), labels)
    assert (pictures.shape, float(pictures.abs().max()) <= 1) == ((4, 1, 16, 16), True)
    assert torch.allclose(model(latents()[2:], labels[2:]), pictures[2:], atol=1e-5)
    assert torch.equal(model(latents(), labels, keeping=False), pictures)
    shares = one_hot(labels, 3).float()
    assert torch.allclose(model(latents(), shares), pictures, atol=1e-5)
    greedy = model(latents(), labels, drawing=GREEDY)
    assert torch.equal(greedy, model(-latents(), labels, drawing=GREEDY))
    assert torch.equal(greedy[0], greedy[3])
    assert not torch.equal(greedy[0], greedy[1])


@torch.inference_mode()
def test_pictures_are_larger_and_go_on_from_what_is_given() -> None:
    model = made()
    large = model(latents(numbers=6 * 5), size=(6, 5))
    assert large.shape == (4, 1, 24, 20)
    with pytest.raises(ValueError, match="6x5 codes are drawn by as many numbers, not by 16"):
        model(latents(), size=(6, 5))
    begun = torch.rand(4, 1, 8, 16) * 2 - 1
    ended = model.encode(model(latents(), begun=begun))
    assert ended.shape == (4, 4, 4)
    one, other = (model(latents(), begun=upper, drawing=GREEDY) for upper in (begun, -begun))
    assert not torch.equal(one[:, :, -4:], other[:, :, -4:])


def test_a_map_tells_each_code_the_commonest_label_of_its_place() -> None:
    maps = torch.zeros(1, 1, 8, 8, dtype=torch.int64)
    maps[0, 0, :4, 4:] = 2
    maps[0, 0, 5:, :3] = 1  # nine of sixteen
    assert commonest(maps, 3, (2, 2)).tolist() == [[[0, 2], [1, 0]]]
    model = made(num_labels=3)
    with torch.inference_mode():
        one, other = (model(latents(1), source=read, drawing=GREEDY) for read in (maps, (maps + 1) % 3))
        large = model(latents(1, 36), source=maps, size=(6, 6))
    assert not torch.equal(one, other)
    assert large.shape == (1, 1, 24, 24)


def test_words_stand_before_the_codes() -> None:
    model = made(vocabulary_size=20, text_length=5)
    assert model.takes == ("text",)
    assert model.generator.places.shape == (5 + 15, 8)
    words = torch.randint(20, (1, 5))
    with torch.inference_mode():
        one, other = (model(latents(1), text=text, drawing=GREEDY) for text in (words, (words + 1) % 20))
    assert not torch.equal(one, other)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"image_size": 18}, "model.image_size: 18 is not possible; take a value that is a multiple of 4"),
        ({"heads": 3}, "model.heads: 3 is not possible; take a value that divides the width, 8"),
    ],
)
def test_what_does_not_go_together_is_refused(arguments: dict[str, Any], said: str) -> None:
    with pytest.raises(UserError, match=said):
        VQTransformer(**{**READ, **arguments})
