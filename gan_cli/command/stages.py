"""A model that learns from what another one makes of its data: what that one tells, before the model is made."""

from typing import Any

from jsonargparse import Namespace

from gan_cli.command import settings
from gan_cli.data import Facts
from gan_cli.errors import UserError
from gan_cli.inference import first_stages
from gan_cli.variants import AdversarialModule, VQTransformer
from gan_cli.variants.base import RECORD
from gan_cli.variants.vq_transformer import FIRST_STAGE


def tell_model_about_first_stage(config: Namespace, typed: Namespace, facts: Facts) -> None:
    """Gives a second stage's arguments the values that its first stage has; nothing of any other variant.

    Args:
        config: The settings, which are changed.
        typed: Those that were typed.
        facts: The data's.

    Raises:
        UserError: If the first stage is missing, of another kind or of other images, or another value was typed.
    """
    if not _has_one(config):
        return
    arguments, said = config.model.init_args, typed.get("model.init_args") or Namespace()
    told = first_stages.settings_of(arguments.first_stage)
    channels = facts.get("image_channels", facts.get("target_channels"))
    for name, there, here in (
        ("image_size", told["image_size"], facts["image_size"]),
        ("image_channels", told["image_channels"], channels),
    ):
        if here != there:
            way = f"take --data.image_size {there}" if name == "image_size" else "take other data"
            raise UserError(
                f"{first_stages.OPTION}: {told['first_stage']} makes codes of images whose {name} is {there}, and that "
                f"of {facts['name']} is {here}; {way}, or another first stage"
            )
    for name in VQTransformer.CODER:
        if name in said and _plain(said[name]) != _plain(told[name]):
            raise UserError(
                f"model.{name}: {said[name]} was typed, but the first stage has {told[name]}; leave it out ({name} "
                f"comes from --{first_stages.OPTION})"
            )
    for name, value in told.items():
        arguments[name] = value


def check_resumed(content: dict[str, Any], config: Namespace, typed: Namespace) -> None:
    """Refuses another first stage than that of the run that is gone on with; its own may lie elsewhere by now.

    Args:
        content: The run's checkpoint.
        config: The settings.
        typed: Those that were typed; a first stage that is the same is taken out of them.

    Raises:
        UserError: If the first stage that was typed is missing or another one.
    """
    said = typed.get("model.init_args") or Namespace()
    is_one = _has_one(config) and content[RECORD]["variant"] == VQTransformer.__name__
    if not is_one or not said.get(FIRST_STAGE):
        return
    first_stages.check_same(said[FIRST_STAGE], content[RECORD])
    del said[FIRST_STAGE]


def take(model: AdversarialModule) -> None:
    """Gives a new second stage the networks of its first one; nothing to any other variant."""
    if isinstance(model, VQTransformer):
        first_stages.take(model)


def _has_one(config: Namespace) -> bool:
    return issubclass(settings.class_at(config.model.class_path), VQTransformer)


def _plain(value: Any) -> Any:
    return tuple(value) if isinstance(value, list | tuple) else value
