import torch

from gan_cli.objectives.relativistic_least_squares import relativistic_least_squares


def test_equal_outputs_give_1_and_a_lead_of_1_gives_nothing() -> None:
    zeros = torch.zeros(4, 1, 3, 3)
    assert float(relativistic_least_squares(zeros, zeros)) == 1
    assert float(relativistic_least_squares(zeros + 5, zeros + 4)) == 0
    assert float(relativistic_least_squares(zeros, zeros + 1)) == 4


def test_a_value_worked_out_by_hand() -> None:
    winning, losing = torch.tensor([1.0, 3.0]), torch.tensor([0.0, 1.0])
    above = ((1 - 0.5 - 1) ** 2 + (3 - 0.5 - 1) ** 2) / 2
    below = ((0 - 2 + 1) ** 2 + (1 - 2 + 1) ** 2) / 2
    assert float(relativistic_least_squares(winning, losing)) == (above + below) / 2


def test_short_outputs_are_averaged_in_full() -> None:
    outputs = torch.full((4096,), 100.0, dtype=torch.bfloat16)
    assert relativistic_least_squares(outputs, outputs).dtype == torch.float32
