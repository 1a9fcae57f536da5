"""Completion at the prompt: the scripts are run by the shells themselves, as far as these are installed."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from gan_cli.__main__ import main
from gan_cli.command import catalogue
from gan_cli.verbs import VERBS
from gan_cli.verbs.completion import SHELLS, script

pytest.importorskip("shtab")
PROMPT = """
source {script}
spec=$(complete -p gan)
function=${{spec##*-F }}
try() {{
  COMP_WORDS=("$@"); COMP_CWORD=$(( $# - 1 )); COMP_TYPE=9; COMPREPLY=()
  ${{function%% *}} gan "${{@: -1}}" "${{@: -2:1}}"
  printf '%s\\n' "${{COMPREPLY[@]}}"
}}
try {words}
"""


@pytest.fixture(scope="module")
def bash(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if shutil.which("bash") is None:
        pytest.skip("there is no bash")
    path = tmp_path_factory.mktemp("completion") / "gan.bash"
    path.write_text(script("bash"))
    return path


def completed(bash: Path, *words: str) -> list[str]:
    """What bash proposes for the last of these words."""
    quoted = " ".join(f"'{word}'" for word in ("gan", *words))
    prompt = PROMPT.format(script=bash, words=quoted)
    found = subprocess.run(["bash", "-c", prompt], capture_output=True, text=True, check=True)
    assert not found.stderr
    return found.stdout.split()


def test_verbs_and_their_options(bash: Path) -> None:
    assert set(VERBS) <= set(completed(bash, ""))
    assert set(completed(bash, "s")) == {verb for verb in VERBS if verb.startswith("s")}
    assert completed(bash, "sample", "--nu") == ["--num"]
    assert completed(bash, "sample", "--num", "4", "--ck") == ["--ckpt"]
    assert {"--trainer.precision"} == set(completed(bash, "fit", "--config", "dcgan.yaml", "--trainer.prec"))
    assert "--model.lambda_gp" in completed(bash, "fit", "--model", "WGANGP", "--model.lam")
    assert {"--seeds", "--seed_everything"} == set(completed(bash, "sweep", "--se"))


def test_packaged_configs_and_those_that_lie_here(bash: Path, workdir: Path) -> None:
    (workdir / "mine.yaml").touch()
    (workdir / "mine.txt").touch()
    packaged = {path.name for path in catalogue.config_files()}
    assert packaged | {"mine.yaml"} == set(completed(bash, "fit", "--config", ""))
    assert completed(bash, "fit", "--config", "wand") == ["wandb.yaml"]


def test_variants_and_data_sets(bash: Path) -> None:
    assert completed(bash, "fit", "--model", "WGAN") == ["WGAN", "WGANGP", "WGANLP"]
    assert completed(bash, "test", "--data", "CIFAR100") == ["CIFAR100"]


def test_runs_by_any_part_of_their_name(bash: Path, workdir: Path) -> None:
    for name in ("dcgan-digits", "wgan-digits"):
        (workdir / "checkpoints" / name / "version_0").mkdir(parents=True)
        (workdir / "checkpoints" / name / "version_0" / "last.ckpt").touch()
    (workdir / "other.ckpt").touch()
    both = [f"checkpoints/{name}-digits/version_0/last.ckpt" for name in ("dcgan", "wgan")]
    assert set(completed(bash, "sample", "--ckpt", "")) == {*both, "checkpoints", "other.ckpt"}
    assert completed(bash, "sample", "--ckpt", "wgan") == both[1:]
    assert "last" in completed(bash, "fit", "--ckpt_path", "la")
    assert set(completed(bash, "report", "check")) == {*both, "checkpoints"}


def test_a_hundred_completions_take_less_than_a_start_of_python(bash: Path, workdir: Path) -> None:
    """Nothing of Python is started at the prompt."""
    text = bash.read_text()
    assert "python" not in text
    prompt = PROMPT.format(script=bash, words="gan sample --ckpt ''") + "for i in {1..100}; do try gan s; done"
    subprocess.run(["bash", "-c", prompt], capture_output=True, check=True, timeout=20)


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_scripts_of_other_shells_are_read_by_them(shell: str, tmp_path: Path) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"there is no {shell}")
    (tmp_path / "gan").write_text(script(shell))
    subprocess.run([shell, "-n", str(tmp_path / "gan")], check=True, capture_output=True)


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_scripts_of_other_shells_know_the_same_words(shell: str) -> None:
    text = script(shell)
    for word in ("wandb.yaml", "WGANGP", "trainer.precision", "checkpoints/*/version_*/last.ckpt", *VERBS):
        assert word in text


@pytest.mark.parametrize("typed", [["--print_completion"], ["--print_completion", "csh"], ["--print-completion=ksh"]])
def test_an_unknown_shell_is_told(typed: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(typed) == 2
    assert f"take {', '.join(SHELLS)}" in capsys.readouterr().err


def test_without_shtab_one_line_says_so(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setitem(sys.modules, "shtab", None)
    assert main(["--print_completion", "bash"]) == 2
    assert "pip install 'gan-cli[completion]'" in capsys.readouterr().err
