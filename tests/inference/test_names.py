"""Names of outputs, of which no two are alike."""

from pathlib import Path

from gan_cli.inference.names import distinct


def named(*pairs: str) -> list[str]:
    short, fuller = zip(*(pair.split() for pair in pairs), strict=True)
    return list(map(str, distinct([*map(Path, short)], [*map(Path, fuller)])))


def test_names_stay_where_they_are_apart() -> None:
    assert named("a a.mp4", "below/a a.mp4", "b b.gif") == ["a", "below/a", "b"]


def test_what_is_named_alike_has_its_fuller_name() -> None:
    assert named("a a.mp4", "b b.gif", "a a.gif") == ["a.mp4", "b", "a.gif"]
    assert named("A A.mp4", "a a.gif") == ["A.mp4", "a.gif"]  # one file where capitals do not count


def test_numbers_tell_the_rest_apart_and_take_no_others_name() -> None:
    assert named("a a.gif", "a a.gif", "a a.gif") == ["a.gif", "a-2.gif", "a-3.gif"]
    assert named("a a.gif", "a a.gif", "a-2.gif x") == ["a.gif", "a-3.gif", "a-2.gif"]
