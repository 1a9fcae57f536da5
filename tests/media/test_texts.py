from pathlib import Path
from typing import Any

import pytest
import torch

from gan_cli.errors import UserError
from gan_cli.media.images import Images
from gan_cli.media.medium import Beside, medium_of
from gan_cli.media.texts import Texts
from gan_cli.media.vocabularies import vocabulary_of, words_of
from gan_cli.media.written import NARROWEST, with_lines

TEXTS = Texts(("a", "red", "three", "naïve", "дом"), 4)


def refused(told: Any, *arguments: Any) -> str:
    with pytest.raises(UserError) as caught:
        told(*arguments)
    assert len(str(caught.value).splitlines()) <= 3
    return str(caught.value)


def test_words_are_of_any_script_whatever_their_case_signs_and_composition() -> None:
    assert words_of("A Red, don\u2019t-stop THREE!") == ["a", "red", "don't", "stop", "three"]
    assert words_of("nai\u0308ve Дом 3") == ["naïve", "дом", "3"]


def test_a_vocabulary_has_frequent_words_first_and_leaves_rare_ones_out() -> None:
    sentences = ["a red three", "a blue three", "a b"]
    assert vocabulary_of(sentences) == ("a", "three", "b", "blue", "red")
    assert vocabulary_of(sentences, least=2) == ("a", "three")
    assert vocabulary_of(sentences, most=1) == ("a",)


def test_a_sentence_is_told_and_read_again_and_the_vocabulary_travels_as_plain_values() -> None:
    told = TEXTS.told("A red three.")
    assert told.tolist() == [[2, 3, 4, 0]]
    again = medium_of(TEXTS.record())
    assert again == TEXTS
    assert again.lines(told) == ["a red three"]


def test_unknown_words_are_named_with_the_nearest_and_used_as_unknown(capsys: pytest.CaptureFixture[str]) -> None:
    told = TEXTS.told("a rd three")
    assert "never seen rd did you mean red?" in capsys.readouterr().out
    assert TEXTS.lines(told) == ["a ? three"]


def test_sentences_that_cannot_be_used_are_refused() -> None:
    assert "no words" in refused(TEXTS.told, " . ")
    assert "5 words, and this model reads 4" in refused(TEXTS.told, "a red three a red")
    assert "no word of" in refused(TEXTS.told, "ein roter Dreier")


def test_a_file_has_a_sentence_in_each_line(tmp_path: Path) -> None:
    path = tmp_path / "lines.txt"
    path.write_bytes("\ufeffa red\n\n  three \n".encode())
    assert TEXTS.lines(TEXTS.read_all(path)) == ["a red", "three"]
    assert "has 2 sentences" in refused(TEXTS.read, path)
    path.write_bytes(b"a red\n\xff three\n")
    assert "UTF-8" in refused(TEXTS.read_all, path)
    path.write_text("\n")
    assert "is empty" in refused(TEXTS.read_all, path)
    path.write_text("a\nnone known\n")
    assert "line 2" in refused(TEXTS.read_all, path)


def test_a_written_sentence_is_read_again(tmp_path: Path) -> None:
    TEXTS.write(TEXTS.told("a naïve дом")[0], tmp_path / "one.txt")
    assert torch.equal(TEXTS.read(tmp_path / "one.txt"), TEXTS.told("a naïve дом")[0])


def test_sentences_of_a_set_are_cut_to_the_length() -> None:
    assert TEXTS.encoded(["a red three a red", "new"]).tolist() == [[2, 3, 4, 2], [1, 0, 0, 0]]


def test_a_page_has_its_sentence_below_each_picture() -> None:
    kept = torch.zeros(4, 3, 8, 8, dtype=torch.uint8)
    lines = ["a", "a red three", "a word after a word after a word", ""]
    pictures = with_lines(kept, lines)
    assert pictures.shape[3] == NARROWEST
    assert (pictures[:, :, :NARROWEST] == 0).all()
    written = (pictures[:, 0, NARROWEST:] < 128).flatten(1).sum(1)
    assert written[0] > 0
    assert written[2] > written[1] > written[0]
    assert written[3] == 0
    assert Images().page(kept, Beside(lines=lines)).shape[1] > 2 * NARROWEST
    assert Images().walks(kept[None], Beside(lines=lines)).shape[2] > 4 * NARROWEST


def test_a_moment_of_a_film_keeps_the_sentences_of_its_things() -> None:
    assert [*Beside(lines=["a", "b", "c"]).of(torch.tensor([2, 0])).lines] == ["c", "a"]
