import torch

from gan_cli.networks.gan_cls import GANCLSDiscriminator, GANCLSGenerator
from gan_cli.networks.text_encoders import NOTHING, UNKNOWN, WordEncoder
from tests.networks.counting import count


def test_the_networks_have_the_sizes_of_the_authors_code() -> None:
    with torch.device("meta"):
        assert count(GANCLSGenerator(64, 3, 100, 1024)) == 18_905_472
        assert count(GANCLSDiscriminator(64, 3, 1024)) == 4_030_080


def test_what_lies_behind_a_sentence_counts_for_nothing() -> None:
    encoder = WordEncoder(10, 8, 4).eval()
    short = torch.tensor([[3, 4, 5, NOTHING]])
    longer = torch.tensor([[3, 4, 5, NOTHING, NOTHING, NOTHING]])
    assert torch.allclose(encoder(short), encoder(longer))
    assert torch.allclose(encoder(short).square().mean(), torch.tensor(1.0))


def test_the_order_of_words_counts_and_training_forgets_some() -> None:
    torch.manual_seed(0)
    encoder = WordEncoder(10, 8, 4).eval()
    text = torch.tensor([[3, 4, 5, 6]])
    assert not torch.allclose(encoder(text), encoder(text.flip(1)))
    assert not torch.allclose(encoder(text), encoder(torch.tensor([[3, UNKNOWN, 5, 6]])))
    encoder.train()
    assert len({tuple(encoder(text)[0].tolist()) for _ in range(20)}) > 1
