import torch

from gan_cli.data import StyledDigits
from gan_cli.data.images.sources import digits
from gan_cli.data.images.styled_digits import RED, STYLES, rendered


def test_each_digit_is_in_one_domain_and_domains_are_equally_large() -> None:
    data = StyledDigits(image_size=16)
    assert data.facts["class_names"] == ("plain", "inverted", "thick", "red")
    plain = digits(True, 16).images
    images, labels = data.read(train=True)
    assert torch.bincount(labels).tolist() == [360, 359, 359, 359]
    for number, style in enumerate(STYLES):
        assert torch.equal(images[labels == number], rendered(plain[labels == number], style))
    assert torch.equal(labels, data.read(train=True).labels)


def test_held_out_digits_are_known_in_all_domains() -> None:
    data = StyledDigits(image_size=16)
    images, labels = data.read(train=False)
    answers = data.in_all_domains()
    assert {name: answer.shape for name, answer in answers.items()} == dict.fromkeys(STYLES, (360, 3, 16, 16))
    for index in range(0, 360, 7):
        assert torch.equal(answers[STYLES[labels[index]]][index], images[index])
    inputs = data.test_inputs("")
    assert inputs[5].name == f"{STYLES[labels[5]]}-00005.png"
    assert torch.equal(inputs[5].read(), images[5])


def test_styles_are_what_they_are_called() -> None:
    one = torch.zeros(1, 1, 32, 32, dtype=torch.uint8)
    one[0, 0, 8:24, 15:17] = 255
    plain, inverted, thick, red = (rendered(one, style) for style in STYLES)
    assert torch.equal(plain, one.expand(-1, 3, -1, -1))
    assert torch.equal(inverted, 255 - plain)
    assert (thick > 0).sum(3).max() == 6
    assert red[0, :, 10, 15].tolist() == list(RED)
    assert not red[0, :, 0, 0].any()
