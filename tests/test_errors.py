"""What errors say."""

from gan_cli.errors import first_line


def test_an_error_without_words_is_told_by_its_kind() -> None:
    assert first_line(ValueError("\n no such layer\nmore")) == "no such layer"
    assert first_line(MemoryError()) == "MemoryError"
