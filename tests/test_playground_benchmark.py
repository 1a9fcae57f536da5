"""The playground's benchmark measures a frame's time."""

from benchmarks.playground import CRITIC_STEPS, milliseconds
from gan_cli.playground import Settings
from gan_cli.playground.objectives import OBJECTIVES


def test_a_frame_takes_time_and_more_steps_of_the_critic_take_more() -> None:
    small = Settings(generator_width=8, discriminator_width=8, depth=2, batch_size=16)
    assert 0 < milliseconds(small, 4) < milliseconds(small.but(n_critic=20), 4)
    assert set(CRITIC_STEPS) <= set(OBJECTIVES)
