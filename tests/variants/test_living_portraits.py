import pytest
import torch

from gan_cli.errors import UserError
from gan_cli.networks.key_points import KeyPoints
from gan_cli.variants import LivingPortraits
from tests.variant_rows import ANIMATING


def portraits(**arguments: object) -> LivingPortraits:
    torch.manual_seed(0)
    return LivingPortraits(**{**ANIMATING, **arguments})


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"image_size": 20, "hourglass_blocks": 3}, "image_size: 20 is not possible.*multiple of 8"),
        ({"reduction": 4}, "reduction: 4 is not possible.*more than 7 of 16 pixels"),
        ({"norm": "instance", "hourglass_blocks": 4}, "hourglass_blocks: 4 .*2 pixels a side"),
        ({"pyramid_levels": 3}, "pyramid_levels: 3 is not possible.*of 2 or fewer"),
        ({"lambda_perceptual": 0.0}, "lambda_perceptual: 0 is not possible"),
        ({"lambda_feature": 10.0}, "lambda_feature: it needs a discriminator"),
        ({"lambda_adversarial": 1.0, "discriminator_layers": 4}, "discriminator_layers: 4 .*below 61 pixels"),
        ({"blends": True, "occlusion": False}, "blends: without model.occlusion"),
        ({"lr_drops": (5,), "lr_decay_end": 9}, "lr_drops: the learning rates also fall"),
    ],
)
def test_what_does_not_go_together_is_said(arguments: dict[str, object], message: str) -> None:
    with pytest.raises(UserError, match=message):
        portraits(**arguments)


def test_a_picture_with_its_own_points_is_taken_as_it_is() -> None:
    model = portraits(blends=True).eval()
    source = torch.rand(2, 3, 16, 16) * 2 - 1
    own = model.points(source)
    with torch.no_grad():
        motion = model.generator.motion((source + 1) / 2, own, own)
    hidden = model.generator.motion.visible
    assert hidden is not None
    assert hidden.bias is not None
    torch.nn.init.constant_(hidden.bias, 100.0)  # all of the source is there to be taken
    torch.testing.assert_close(model.animated(source, own, own), source, atol=1e-5, rtol=0)
    assert motion.visible is not None
    assert 0 < float(motion.visible.min()) <= float(motion.visible.max()) < 1


def test_a_driving_frame_says_nothing_but_its_points() -> None:
    model = portraits().eval()
    source, driving = torch.rand(2, 1, 3, 16, 16) * 2 - 1
    points = model.points(driving)
    made = model(source[:, :0, 0, 0], source, driving)
    torch.testing.assert_close(made, model.animated(source, model.points(source), KeyPoints(*points)))


def test_rates_drop_at_their_steps() -> None:
    model = portraits(lr_drops=(2, 4), lr_factor=0.5, generator_lr=0.4)

    class Optimizer:
        param_groups = ({"lr": 0.0},)

    seen = []
    for steps in range(6):
        model.counters.generator_steps = steps
        model.set_schedules({"generator": Optimizer()})  # type: ignore[dict-item]
        seen.append(Optimizer.param_groups[0]["lr"])
    assert seen == pytest.approx([0.4, 0.4, 0.2, 0.2, 0.1, 0.1])


def test_without_jacobians_points_lie_straight_and_nothing_asks_them_to_follow() -> None:
    model = portraits(jacobians=False)
    torch.testing.assert_close(model.points(torch.rand(1, 3, 16, 16)).jacobians, torch.eye(2).expand(1, 3, 2, 2))
    assert model.lambda_jacobians == 0
