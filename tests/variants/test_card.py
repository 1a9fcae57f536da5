"""The cards say what the papers print beside what the constructors really have."""

import sys
from dataclasses import replace
from inspect import Parameter
from typing import Any, ClassVar

import pytest
from torch import nn

from gan_cli import variants
from gan_cli.command import catalogue
from gan_cli.plugins import defaults
from gan_cli.variants import DCGAN, WGANGP, AdversarialModule
from gan_cli.variants.card import Card, Row, condition, parameter_counts, rendered, rows, shown
from gan_cli.variants.latent import LatentModule

VARIANTS = [getattr(variants, name) for name in variants.__all__ if name != "AdversarialModule"]


def card_of(variant: type[AdversarialModule]) -> Card:
    assert variant.CARD is not None
    return variant.CARD


class OtherRate(DCGAN):
    """The same with another default, and one argument more."""

    def __init__(self, extra: bool = True, generator_lr: float = 1e-3, **arguments: Any) -> None:
        super().__init__(generator_lr=generator_lr, **arguments)


class Unread(DCGAN):
    """Nobody has read its paper."""

    CARD: ClassVar[Card | None] = None


@pytest.mark.parametrize("variant", VARIANTS)
def test_a_card_speaks_of_arguments_only(variant: type[AdversarialModule]) -> None:
    card = card_of(variant)
    assert set(card.printed) <= set(defaults(variant))
    assert set(card.why) <= set(card.printed)


@pytest.mark.parametrize("variant", VARIANTS)
def test_there_is_a_reason_where_we_differ_and_nowhere_else(variant: type[AdversarialModule]) -> None:
    card, ours = card_of(variant), defaults(variant)
    differing = {name for name, value in card.printed.items() if value != ours[name]}
    assert {name for name, reason in card.why.items() if reason} == differing
    assert {row.name for row in rows(variant, card) if row.reason} == differing


@pytest.mark.parametrize("variant", VARIANTS)
def test_a_card_names_the_paper_of_its_module(variant: type[AdversarialModule]) -> None:
    told = " ".join((sys.modules[variant.__module__].__doc__ or "").split())
    for word in card_of(variant).paper.replace(";", "").split():
        assert word in told


@pytest.mark.parametrize("variant", VARIANTS)
def test_the_arguments_are_those_that_a_model_keeps(variant: type[LatentModule]) -> None:
    usual = defaults(variant)
    smallest: dict[str, Any] = {"image_size": 64, "base_channels": 1, "channel_base": 64, "channel_max": 1}
    smallest |= {"hourglass_blocks": 2}
    small = {name: value for name, value in smallest.items() if name in usual}
    model, kept = variant(**small), {**usual, **small}
    assert dict(model.hparams) == {name: kept[name] for name in model.hparams}
    assert Parameter.empty not in kept.values()


def test_rows_show_the_live_default() -> None:
    card = card_of(DCGAN)
    assert [row.name for row in rows(OtherRate, card)][:3] == ["extra", "generator_lr", "discriminator_lr"]
    assert Row("generator_lr", "0.0002", "0.001", "") in rows(OtherRate, card)
    explained = replace(card, why={"generator_lr": "faster"})
    assert Row("generator_lr", "0.0002", "0.001", "faster") in rows(OtherRate, explained)
    assert Row("generator_lr", "0.0002", "0.0002", "") in rows(DCGAN, explained)  # no reason for what is the same


def test_a_variant_without_a_card_shows_its_defaults_alone() -> None:
    told = rendered(Unread, Unread.CARD)
    assert "hyper-parameter           ours\n  generator_lr              0.0002\n" in told
    assert "paper  " not in told


@pytest.mark.parametrize("variant", VARIANTS)
def test_a_card_fits_its_width_and_is_plain(variant: type[AdversarialModule], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    for width in (80, 110):
        lines = rendered(variant, variant.CARD, width).splitlines()
        assert max(map(len, lines)) <= width
        assert all(line.isascii() and line.isprintable() for line in lines)


@pytest.mark.parametrize("variant", VARIANTS)
def test_the_catalogue_and_the_class_agree_on_labels(variant: type[AdversarialModule]) -> None:
    summary = (variant.__doc__ or "").partition("\n")[0]
    suffix = "" if condition(variant) == "not conditional" else f" [{condition(variant)}]"
    assert catalogue.variants()[variant.__name__] == summary + suffix


def test_parameters_are_counted_without_making_them() -> None:
    assert parameter_counts(DCGAN) == {"generator": 3_576_704, "discriminator": 2_765_568}  # the authors' Torch code
    assert "3,576,704 of the generator, 2,765,632 of the discriminator" in rendered(WGANGP, WGANGP.CARD)


def test_what_has_no_default_is_said() -> None:
    class Demanding(nn.Module):
        """It wants to know."""

        def __init__(self, size: int) -> None:
            super().__init__()

    told = rendered(Demanding, None)
    assert "size             must be given" in told
    assert "Parameters" not in told


@pytest.mark.parametrize(
    ("value", "text"), [(2e-4, "0.0002"), (500.0, "500"), ((0.0, 0.9), "(0, 0.9)"), ((), "()"), (True, "True")]
)
def test_values_are_short(value: object, text: str) -> None:
    assert shown(value) == text
