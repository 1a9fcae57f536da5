"""`gan list`: what is printed of the packaged configs."""

from pathlib import Path

import pytest

from gan_cli import verbs
from gan_cli.command import catalogue, config_headers


def printed(words: list[str], capsys: pytest.CaptureFixture[str]) -> list[str]:
    verbs.run(["list", *words])
    return capsys.readouterr().out.splitlines()


@pytest.mark.parametrize("columns", ["100", "70", "300"])
def test_configs_are_below_their_papers_within_the_terminal(
    columns: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    lines = printed(["configs"], capsys)
    assert max(map(len, lines)) <= min(100, int(columns))
    headings = [line.strip() for line in lines if line[2] != " "]
    assert headings[0] == "GAN, Goodfellow et al. 2014, arXiv:1406.2661"
    assert headings[-1] == config_headers.NO_PAPER
    below: dict[str, str] = {}
    heading = ""
    for line in lines:
        heading = line.strip() if line[2] != " " else heading
        if line[:4].isspace() and line[4] != " ":
            below[line.split()[0]] = heading
    assert below.keys() == {path.name for path in catalogue.config_files()}
    assert below["sgan.yaml"] == below["sgan_mnist.yaml"] == "SGAN, Salimans et al. 2016, arXiv:1606.03498"
    assert below["wgan_gp_grid25.yaml"] == "WGAN-GP, Gulrajani et al. 2017, arXiv:1704.00028"


def test_everything_has_the_configs_in_it(
    workdir: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    alone, everything = printed(["configs"], capsys), printed([], capsys)
    start = everything.index("Configs by paper (--config NAME)") + 1
    assert everything[start : start + len(alone)] == alone


def test_a_header_says_method_paper_and_data(tmp_path: Path) -> None:
    config = tmp_path / "one.yaml"
    config.write_text("# WGAN-GP (Gulrajani et al. 2017, NeurIPS; after others) on faces (64x64)\nmodel: {}\n")
    said = config_headers.header(config)
    assert said == ("WGAN-GP", "Gulrajani et al. 2017, NeurIPS", "on faces (64x64)")
    config.write_text("# Faster logging\n")
    assert config_headers.header(config).heading == config_headers.NO_PAPER
