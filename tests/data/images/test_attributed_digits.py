import torch

from gan_cli.data import AttributedDigits, Digits
from gan_cli.data.doctor import diagnose
from gan_cli.data.images.attributed_digits import ATTRIBUTES, drawn_with
from gan_cli.data.images.styled_digits import Style, rendered


def test_single_attributes_are_the_styles_of_the_same_name() -> None:
    digits = Digits(image_size=32).read(False).images[:8]
    one_each = torch.eye(3)
    assert torch.equal(drawn_with(digits, torch.zeros(8, 3)), rendered(digits, "plain"))
    styles: tuple[Style, ...] = ("inverted", "thick", "red")
    assert styles == ATTRIBUTES
    for number, style in enumerate(styles):
        expected = rendered(digits, style).int()
        assert int((drawn_with(digits, one_each[number].repeat(8, 1)).int() - expected).abs().max()) <= 1


def test_its_attributes_are_counted() -> None:
    told = diagnose(AttributedDigits(image_size=16))
    assert "train: 1,437" in told.facts
    assert any(fact.startswith("attributes, held out: inverted 1") for fact in told.facts)
    assert not told.findings


def test_attributes_combine() -> None:
    digits = Digits(image_size=32).read(False).images[:8]
    red_on_white = drawn_with(digits, torch.tensor([[1.0, 0.0, 1.0]]).repeat(8, 1))
    assert red_on_white[:, :, 0, 0].eq(255).all()
    full = digits[:, 0] == 255
    assert red_on_white.movedim(1, -1)[full].unique(dim=0).tolist() == [[255, 64, 32]]
    thick = drawn_with(digits, torch.tensor([[1.0, 1.0, 1.0]]).repeat(8, 1))
    assert int(thick[:, 2].lt(128).sum()) > 1.2 * int(red_on_white[:, 2].lt(128).sum())


def test_every_digit_is_there_once_in_one_of_eight_combinations_and_its_answers_are_known() -> None:
    data = AttributedDigits(image_size=16)
    images, labels = data.read(False)
    assert len(images) == 360
    counts = labels.unique(dim=0, return_counts=True)[1]
    assert len(counts) == 8
    assert int(counts.min()) > 20
    numbers = torch.tensor([3, 50])
    assert torch.equal(data.answers(numbers, labels[numbers], "test"), images[numbers])
    other = data.answers(numbers, 1 - labels[numbers], "test")
    assert torch.equal(other, drawn_with(Digits(image_size=16).read(False).images[numbers], 1 - labels[numbers]))
    assert data.facts["attributes"] is True
    assert data.test_inputs("")[3].labels == tuple(labels[3].tolist())
