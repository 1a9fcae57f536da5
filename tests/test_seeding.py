import torch

from gan_cli.seeding import Rows, draw, mix, noise_for_rows, reseed, stream


def test_mix_depends_on_every_part_and_their_order() -> None:
    numbers = {mix(0, "a", 1), mix(1, "a", 0), mix(0, "b", 1), mix(0, "a", 2), mix("a", 0, 1), mix(0, "a1")}
    assert len(numbers) == 6
    assert all(0 <= number < 2**63 for number in numbers)


def test_mix_is_the_same_in_every_process() -> None:
    assert mix(0, "latents", 7) == 1391675961354273522


def test_rows_of_two_processes_are_those_of_one() -> None:
    def rows(start: int, stop: int) -> torch.Tensor:
        return noise_for_rows(Rows(start, stop, 8), (3,), seed=1, use="latents", step=5)

    assert torch.equal(torch.cat([rows(0, 4), rows(4, 8)]), rows(0, 8))


def test_uses_and_steps_are_independent() -> None:
    def rows(use: str, step: int) -> torch.Tensor:
        return noise_for_rows(Rows(0, 4, 4), (100,), seed=1, use=use, step=step)

    for other in (rows("b", 0), rows("a", 1)):
        assert abs(float(torch.corrcoef(torch.stack([rows("a", 0).flatten(), other.flatten()]))[0, 1])) < 0.2


def test_drawing_leaves_the_global_state_alone() -> None:
    before = torch.get_rng_state()
    noise_for_rows(Rows(0, 4, 4), (3,), seed=1, use="a", step=0)
    assert torch.equal(torch.get_rng_state(), before)


def test_distributions_have_their_moments() -> None:
    normal = draw((20_000,), "normal", stream(0))
    uniform = draw((20_000,), "uniform", stream(0))
    assert abs(float(normal.mean())) < 0.03
    assert abs(float(normal.std()) - 1) < 0.03
    assert float(uniform.min()) >= -1
    assert float(uniform.max()) <= 1
    assert abs(float(uniform.std()) - 3**-0.5) < 0.02


def test_reseeding_sets_the_global_state() -> None:
    drawn = []
    for _ in range(2):
        reseed(7, torch.device("cpu"))
        drawn.append(torch.rand(3))
    assert torch.equal(*drawn)
