"""The command as a process: what answers without torch, how fast, and the exit codes."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from gan_cli import verbs
from gan_cli.__main__ import main
from gan_cli.command import catalogue
from tests.conftest import TINY_FLAGS


def gan(*words: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "gan_cli", *words]
    return subprocess.run(command, capture_output=True, text=True, cwd=cwd, timeout=120, check=False)


LIGHT = [verb for verb in verbs.VERBS if verb != "fit"]
"""The verbs whose options are not LightningCLI's."""


@pytest.mark.parametrize("words", ["--help", "list", "list data", "fot", *(f"{verb} --help" for verb in LIGHT[:2])])
def test_help_and_list_do_not_import_torch(words: str, workdir: Path) -> None:
    script = (
        f"import sys; from gan_cli.__main__ import main; code = main({words.split()!r}); "
        "heavy = {'torch', 'lightning', 'numpy'} & set(sys.modules); sys.exit(f'imported {heavy}' if heavy else code)"
    )
    start = time.perf_counter()
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert time.perf_counter() - start < 5  # the stated times are for an idle machine
    assert done.returncode == (2 if words == "fot" else 0), done.stderr


def test_no_verbs_help_imports_torch() -> None:
    """All in one process: what one of them has imported would be found with the next."""
    script = (
        "import sys; from gan_cli.__main__ import main\n"
        f"for verb in {LIGHT!r}:\n"
        "    assert main([verb, '--help']) == 0\n"
        "    heavy = {'torch', 'lightning', 'numpy', 'rich'} & set(sys.modules)\n"
        "    assert not heavy, (verb, heavy)"
    )
    subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, timeout=60)


def test_the_table_of_verbs_is_the_folder() -> None:
    files = {path.stem for path in Path(verbs.__file__).parent.glob("*.py")}
    assert set(verbs.VERBS) == files - {"__init__", "options"}
    for name in verbs.VERBS:
        verb = verbs.verb(name)
        assert verb.SUMMARY
        assert (verb.add_options is None) == (name == "fit")
        assert verb.run.__doc__


def test_importing_the_package_does_not_import_torch() -> None:
    script = "import sys, gan_cli; gan_cli.load; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0


@pytest.mark.parametrize("verb", LIGHT)
def test_a_verbs_help_fits_one_screen(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([verb, "--help"]) == 0
    told = capsys.readouterr().out
    assert len(told.splitlines()) <= 40
    assert max(map(len, told.splitlines())) <= 120
    assert verbs.verb(verb).SUMMARY in told
    assert ("--module" in told) == (verb not in ("blend", "compare"))  # which build nothing of what they read
    if verb not in ("blend", "data", "evaluate", "list", "report", "compare", "serve"):
        assert "--ckpt" in told
        assert "--trainer.precision" in told


def test_help_names_every_verb(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0
    told = capsys.readouterr().out
    for verb in verbs.VERBS:
        assert f"\n  {verb} " in told


def test_list_shows_what_there_is(
    checkpoint: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(checkpoint.parents[3])
    assert main(["list"]) == 0
    told = capsys.readouterr().out
    for entry in ("DCGAN ", "Digits ", "MNIST ", "dcgan.yaml", "dcgan_mnist.yaml", "dcgan-digits/version_0"):
        assert entry in told


def test_list_shows_how_to_use_a_run(workdir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for family in ("dcgan-digits", "cyclegan-photopatches-mine"):
        path = workdir / "checkpoints" / family / "version_0" / "last.ckpt"
        path.parent.mkdir(parents=True)
        path.touch()
    recorded = Path("checkpoints/mine-digits/version_0/environment.json")
    recorded.parent.mkdir(parents=True)
    recorded.write_text('{"verb": "translate", "modules": ["my_lab.mine"]}')
    recorded.with_name("last.ckpt").touch()
    assert main(["list"]) == 0
    told = capsys.readouterr().out
    assert "gan translate --ckpt checkpoints/mine-digits/version_0/last.ckpt --module my_lab.mine\n" in told
    assert "gan sample --ckpt checkpoints/dcgan-digits/version_0/last.ckpt" in told
    assert "gan translate --ckpt checkpoints/cyclegan-photopatches-mine/version_0/last.ckpt" in told


def test_list_says_which_variants_are_conditional(capsys: pytest.CaptureFixture[str], workdir: Path) -> None:
    assert main(["list"]) == 0
    told = {line.split()[0]: line for line in capsys.readouterr().out.splitlines() if line}
    assert told["CGAN"].endswith(" [conditional]")
    assert told["WGANGP"].endswith(" [conditional with num_classes]")
    assert not told["DCGAN"].endswith("]")


@pytest.mark.parametrize("name", ["WGANGP", "wgangp"])
def test_list_shows_a_variants_card(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list", name]) == 0
    told = capsys.readouterr().out
    for part in ("WGANGP, conditional with num_classes\n", "arXiv:1704.00028", "(|grad D(u)| - 1)^2", "lambda_gp  "):
        assert part in told


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("dcgna", "gan: list: dcgna is no variant; did you mean DCGAN?\nThere are ACGAN, "),
        ("DCGAN GAN", "gan: list: GAN is one word too many; type gan list, or gan list NAME for one variant\n"),
    ],
)
def test_list_refuses_what_it_does_not_know(words: str, told: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list", *words.split()]) == 2
    assert capsys.readouterr().err.startswith(told)


def test_the_catalogue_is_what_can_be_imported() -> None:
    from gan_cli import data, variants
    from gan_cli.data import GANDataModule
    from gan_cli.variants import AdversarialModule

    assert set(catalogue.variants()) == {name for name in variants.__all__ if name != AdversarialModule.__name__}
    exported = {name: getattr(data, name) for name in data.__all__}
    sets = {name for name, kind in exported.items() if isinstance(kind, type) and issubclass(kind, GANDataModule)}
    assert set(catalogue.data_sets()) == {name for name in sets if not name.endswith("DataModule")}
    assert all(catalogue.variants().values())


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_a_signal_ends_a_verb_in_the_middle_of_its_work(
    number: int,
    code: int,
    checkpoint: Path,
    workdir: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    from gan_cli.inference import thing_parts

    monkeypatch.setattr(thing_parts, "made_at", lambda *_: os.kill(os.getpid(), number))
    words = ["--ckpt", str(checkpoint), "--num", "2", "--output", "a.png", "--trainer.accelerator", "cpu"]
    assert main(["sample", *words]) == code
    assert capsys.readouterr().err == f"gan: stopped by {signal.Signals(number).name}\n"
    assert not list(workdir.iterdir())


def test_lightning_says_nothing_of_its_own(checkpoint: Path, workdir: Path) -> None:
    words = ["--ckpt", str(checkpoint), "--num", "2", "--output", "a.png", "--trainer.accelerator", "cpu"]
    done = gan("sample", *words)
    assert (done.stdout, done.stderr, done.returncode) == ("written: a.png\n", "", 0)


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    from gan_cli import __version__

    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"gan-cli {__version__}\n"


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), pytest.param(signal.SIGTERM, 143, marks=pytest.mark.slow)]
)
def test_a_signal_ends_the_process_in_order(workdir: Path, number: int, code: int) -> None:
    words = ["fit", "--config", "dcgan.yaml", *TINY_FLAGS, "--trainer.max_steps", "100000"]
    environment = {**os.environ, "PYTHONUNBUFFERED": "1", "OMP_NUM_THREADS": "1"}
    process = subprocess.Popen(
        [sys.executable, "-m", "gan_cli", *words],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    for line in process.stdout:
        if line.startswith("run: "):
            break
    time.sleep(2)
    process.send_signal(number)
    _, told = process.communicate(timeout=60)
    assert process.returncode == code
    assert told.startswith(f"gan: stopped by {signal.Signals(number).name}; the run is saved in checkpoints/")
    assert "Traceback" not in told
    assert Path("checkpoints/dcgan-digits/version_0/last.ckpt").is_file()
