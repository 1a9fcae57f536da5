"""`--module`: variants and data sets of one's own, written beside the runs as users do, and what is never imported."""

import json
import runpy
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from gan_cli import load, plugins, verbs
from gan_cli.__main__ import main
from gan_cli.command import catalogue
from gan_cli.command.choices import class_of
from gan_cli.command.cli import GANCLI
from gan_cli.data import GANDataModule
from gan_cli.errors import UserError
from gan_cli.inference import checkpoints
from gan_cli.reports import run_record
from gan_cli.variants import AdversarialModule
from tests import plug_ins
from tests.conftest import TINY_FLAGS

CPU = ("--trainer.accelerator", "cpu")
CHOSEN = ("--module", "my_gan", "--model", "MyGAN", "--data", "MySet")
RUN = Path("checkpoints/mygan-myset/version_0")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the module my_gan and a run of its variant on its data set."""
    here = tmp_path_factory.mktemp("plug-in")
    plug_ins.write(here / "my_gan.py")
    with pytest.MonkeyPatch.context() as patch, plug_ins.forgotten():
        patch.chdir(here)
        GANCLI(["fit", *CHOSEN, *TINY_FLAGS, "--trainer.max_steps", "1"])
    return here


@pytest.fixture
def here(workdir: Path) -> Iterator[Path]:
    """An empty folder; what is imported from it is forgotten."""
    with plug_ins.forgotten():
        yield workdir


@pytest.fixture
def run(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The run of my_gan; its module is not imported yet."""
    monkeypatch.chdir(folder)
    with plug_ins.forgotten():
        yield RUN


def refused(words: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    """What is said of a command line that cannot be run."""
    assert main(words) == 2
    told = capsys.readouterr().err
    assert "Traceback" not in told
    return told


def test_a_run_remembers_its_module_as_a_hint(run: Path) -> None:
    config = yaml.safe_load((run / "config.yaml").read_text())
    assert (config["model"]["class_path"], config["data"]["class_path"]) == ("my_gan.MyGAN", "my_gan.MySet")
    assert "module" not in config
    told = json.loads((run / "environment.json").read_text())
    assert (told["verb"], told["modules"]) == ("sample", ["my_gan"])


def test_the_command_that_comes_next_names_the_module(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    plug_ins.write(here / "my_gan.py")
    words = ["--module=my_gan", "--model=MyGAN", "--data=Digits", "--model.warmth", "2", "--trainer.max_steps", "1"]
    assert main(["fit", *TINY_FLAGS, *words]) == 0
    following = capsys.readouterr().out.rpartition("next: gan ")[2].split()
    assert following[-2:] == ["--module", "my_gan"]
    assert main(following) == 0


@pytest.mark.parametrize("verb", ["sample", "validate", "test", "probe", "neighbours"])
def test_verbs_find_the_variant_and_its_data_set(verb: str, run: Path, tmp_path: Path) -> None:
    words = {
        "sample": ["--num", "2", "--output", f"{tmp_path}/a.png"],
        "test": ["--num", "12", "--metrics", "fid", "--output", f"{tmp_path}/m.json", "--features", "none.pt"],
        "probe": ["--labels_per_class", "2", "--output", f"{tmp_path}/p.json"],
        "neighbours": ["--samples", "8", "--num", "2", "--output", f"{tmp_path}/n.png"],
    }.get(verb, [])
    typed = [verb, "--ckpt", str(run), "--module", "my_gan", *words, *CPU]
    if verb == "test":  # as far as its data set, without training a classifier
        with pytest.raises(UserError, match=r"features: none\.pt"):
            verbs.run(typed)
    else:
        verbs.run(typed)


def test_without_the_module_a_checkpoint_says_what_to_type(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told = refused(["sample", "--ckpt", str(run)], capsys)
    assert told.endswith(
        "holds the variant MyGAN of my_gan, which is none of gan-cli's\n"
        "If you trust the module that defines it: --module my_gan\n"
    )


def test_python_takes_one_module_or_several(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(Path.cwd())
    for module in ("my_gan", ["json", "my_gan"]):
        assert type(load(run / "last.ckpt", module=module).model).__name__ == "MyGAN"
    data = checkpoints.data_set(run / "last.ckpt", "my_gan")
    assert type(data).__name__ == "MySet"
    with pytest.raises(UserError, match=r"trained on MySet; type --data, or --module NAME"):
        checkpoints.data_set(run / "last.ckpt")


def test_the_current_folder_is_on_the_path_for_a_module_alone(here: Path) -> None:
    plug_ins.write(here / "my_gan.py")
    sys.path[:] = [place for place in sys.path if place]
    assert main(["list"]) == 0
    assert str(here) not in sys.path
    assert main(["list", "MyGAN", "--module", "my_gan"]) == 0
    assert sys.path[0] == str(here)


def test_a_class_of_a_script_is_chosen_by_its_name(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["fit", "--model", "MyGAN", "--data", "MySet", *TINY_FLAGS, "--trainer.max_steps", "1"]
    plug_ins.write(here / "my_gan.py")
    script = (here / "my_gan.py").read_text()
    script += f"\nfrom gan_cli.command.cli import GANCLI\n\nprint(GANCLI({words!r}).modules)\n"
    (here / "my_gan.py").write_text(script)
    runpy.run_path("my_gan.py", run_name="__main__")  # as the interpreter runs it, without its start of seconds
    told = capsys.readouterr().out
    assert told.endswith("next: gan sample --ckpt checkpoints/mygan-myset/version_0/last.ckpt\n()\n")


def test_a_typed_path_is_a_named_module(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plug_ins.write(here / "my_lab" / "models.py")
    (here / "my_lab" / "__init__.py").touch()
    with pytest.raises(UserError, match=r"not installed, but lies in this folder\nTo .* --module my_lab.models$"):
        GANCLI(["fit", "--model", "my_lab.models.MyGAN", "--data", "Digits"])
    monkeypatch.syspath_prepend(here)
    cli = GANCLI(["fit", "--model", "my_lab.models.MyGAN", "--data", "Digits", *TINY_FLAGS, "--trainer.max_steps", "1"])
    assert cli.modules == ("my_lab.models",)


def test_a_package_may_hold_its_classes_further_down(here: Path) -> None:
    plug_ins.write(here / "my_lab" / "models.py")
    (here / "my_lab" / "__init__.py").write_text("from my_lab.models import MyGAN\nimport my_lab.models\n")
    cli = GANCLI(["fit", "--module", "my_lab", *CHOSEN[2:], *TINY_FLAGS, "--trainer.max_steps", "1"])
    assert cli.modules == ("my_lab",)
    config = yaml.safe_load((RUN / "config.yaml").read_text())
    assert (config["model"]["class_path"], config["data"]["class_path"]) == ("my_lab.MyGAN", "my_lab.models.MySet")
    words = ["fit", "--config", str(RUN / "config.yaml"), "--trainer.max_steps", "1"]
    assert GANCLI([*words, "--module", "my_lab.models"]).modules == ("my_lab.models",)


def test_a_name_that_ours_has_too_must_be_a_whole_path(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    plug_ins.write(here / "twin.py", "DCGAN", "Digits")
    told = refused(["fit", "--module", "twin", "--model", "DCGAN", "--data", "Digits"], capsys)
    assert "model: DCGAN is the name of gan_cli.variants.DCGAN and of twin.DCGAN\nType the whole path" in told
    flags = [*TINY_FLAGS, "--trainer.max_steps", "1", "--data", "twin.Digits"]
    assert type(GANCLI(["fit", "--module", "twin", "--model", "twin.DCGAN", *flags]).model).__module__ == "twin"
    ours = GANCLI(["fit", "--module", "twin", "--model", "gan_cli.variants.DCGAN", *flags])
    assert type(ours.model).__module__ == "gan_cli.variants.dcgan"
    theirs, other = (Path(f"checkpoints/dcgan-digits/version_{number}/last.ckpt") for number in (0, 1))
    assert type(checkpoints.load_model(theirs, "twin")).__module__ == "twin"
    assert type(checkpoints.load_model(other, "twin")).__module__ == "gan_cli.variants.dcgan"
    with pytest.raises(UserError, match=r"holds the variant DCGAN of twin, which is none of gan-cli's"):
        checkpoints.load_model(theirs)
    with pytest.raises(UserError, match=r"trained on Digits, which may be gan_cli\.data\.Digits or twin\.Digits\nType"):
        checkpoints.data_set(theirs, "twin")


BAD_MODULES = [
    ("nowhere", "module: nowhere cannot be imported: there is no module nowhere in this folder or among the"),
    ("my_gn", "among the installed ones; did you mean my_gan?"),
    ("my_gan.deeper", "module: my_gan.deeper cannot be imported: there is no module my_gan.deeper"),
    ("./my_gan", "module: ./my_gan is no name of a module; type it as after import, such as --module my_gan"),
    ("json", "; give json.py another name\n"),
    ("broken", "broken.py\", line 2, in <module>\n    {}['key']\n"),
    ("broken", "\nKeyError: 'key'\n"),
    ("lacking", 'lacking.py", line 1, in <module>\n    import not_there_at_all\n'),
    ("lacking", "\nModuleNotFoundError: No module named 'not_there_at_all'\n"),
]


@pytest.mark.parametrize(("name", "said"), BAD_MODULES)
def test_a_module_that_cannot_be_imported_is_named(
    here: Path, capsys: pytest.CaptureFixture[str], name: str, said: str
) -> None:
    plug_ins.write(here / "my_gan.py")
    (here / "json.py").touch()
    (here / "broken.py").write_text("\n{}['key']\n")
    (here / "lacking.py").write_text("import not_there_at_all\n")
    for words in (["fit", "--model", "MyGAN"], ["list"], ["sample"], ["data", "check", "MySet"]):
        assert said in refused([*words, "--module", name], capsys)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--model.warmht", "2"], "model.warmht is no argument here; did you mean warmth?"),
        (["--model.warmth", "hot"], "model.warmth: hot is not possible; take a number"),
        (["--data.image_siz", "16"], "data.image_siz is no argument here; did you mean image_size?"),
        (["--model", "MyGNA"], "model: MyGNA is unknown; did you mean MyGAN?"),
        (["--module"], "module: a name must follow, such as --module my_gan"),
    ],
)
def test_mistakes_about_ones_own_classes_are_short(
    run: Path, capsys: pytest.CaptureFixture[str], words: list[str], said: str
) -> None:
    assert refused(["fit", *CHOSEN, *words], capsys).startswith(f"gan: {said}")


def test_an_abstract_class_of_ones_own_says_what_it_lacks(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "my_gan.py").write_text(
        "from gan_cli.variants.latent import LatentModule\n\n"
        "class Half(LatentModule):\n    def generator_losses(self, batch): ...\n"
    )
    told = refused(["fit", "--module", "my_gan", "--model", "Half", "--data", "Digits"], capsys)
    assert told == "gan: model: Half of my_gan is abstract: it lacks discriminator_losses\n"


UNTRUSTED = [
    ("model: {class_path: trap.Trap}", "model: trap.Trap stands in config.yaml"),
    ("model: trap.Trap", "model: trap.Trap stands in config.yaml"),
    ("data: {class_path: trap.Trap}", "data: trap.Trap stands in config.yaml"),
    ("trainer: {logger: {class_path: trap.Trap}}", "trainer.logger: trap.Trap stands in config.yaml"),
    ("trainer: {logger: trap.Trap}", "trainer.logger: trap.Trap stands in config.yaml"),
    ("trainer: {callbacks: [{class_path: trap.Trap}]}", "trainer.callbacks: trap.Trap stands in config.yaml"),
    ("trainer: {callbacks: further.yaml}", "trainer.callbacks: trap.Trap stands in further.yaml"),
    ("model: {class_path: DCGAN, init_args: {norm: {class_path: trap.Trap}}}", "model.norm: trap.Trap stands in"),
    ("module: trap", "module: trap stands in config.yaml"),
]


@pytest.mark.parametrize(("content", "said"), UNTRUSTED)
def test_nothing_is_imported_because_a_file_says_so(
    here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], content: str, said: str
) -> None:
    plug_ins.write_trap(here / "trap.py")
    monkeypatch.syspath_prepend(here)
    Path("config.yaml").write_text(content)
    Path("further.yaml").write_text("class_path: trap.Trap")
    told = refused(["fit", "--config", "dcgan", "--config", "config.yaml", *TINY_FLAGS], capsys)
    assert said in told
    assert "--module trap" in told
    assert len(told.splitlines()) == 2
    assert not Path("imported").exists()


def test_the_config_of_a_run_needs_its_module_typed(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told = refused(["fit", "--config", str(run / "config.yaml")], capsys)
    assert told == (
        f"gan: model: my_gan.MyGAN stands in {run}/config.yaml, but nothing is imported because a file says so\n"
        "If you trust the module that defines it: --module my_gan\n"
    )
    words = ["--module", "my_gan", "--trainer.max_steps", "1", "--trainer.default_root_dir", "again", *CPU]
    assert main(["fit", "--config", str(run / "config.yaml"), "--report", "false", *words]) == 0


@pytest.mark.parametrize(
    "path", ["gan_cli.data.Digits", "gan_cli.data.image_sets.Digits", "gan_cli.data.images.image_sets.Digits", "Digits"]
)
def test_configs_of_older_versions_name_our_modules_as_they_were(path: str, here: Path) -> None:
    Path("old.yaml").write_text(
        "model: {class_path: gan_cli.variants.dcgan.DCGAN}\n"
        f"data: {{class_path: {path}, init_args: {{num_workers: 0}}}}\n"
    )
    cli = GANCLI(
        ["fit", "--config", "old.yaml", *TINY_FLAGS, "--trainer.max_steps", "1", "--trainer.fast_dev_run", "1"]
    )
    assert (type(cli.model).__name__, type(cli.datamodule).__name__) == ("DCGAN", "Digits")


def test_a_callback_that_was_typed_is_taken(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (here / "my_lab.py").write_text(
        "from lightning.pytorch import Callback\n\n"
        "class Bell(Callback):\n    def on_train_end(self, *_): open('rung', 'w').close()\n"
    )
    Path("bell.yaml").write_text("trainer: {callbacks: [{class_path: my_lab.Bell}]}")
    words = ["fit", "--config", "dcgan", *TINY_FLAGS, "--trainer.max_steps", "1", "--trainer.fast_dev_run", "true"]
    GANCLI([*words, "--config", "bell.yaml", "--module", "my_lab"])
    Path("rung").unlink()
    GANCLI([*words, "--trainer.callbacks", "my_lab.Bell"])
    assert Path("rung").exists()


def test_the_listings_show_what_is_ones_own(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list"]) == 0
    told = capsys.readouterr().out
    assert "A variant of my own." not in told
    assert f"{run}  gan sample --ckpt {run}/last.ckpt --module my_gan\n" in told
    assert main(["list", "--module", "my_gan"]) == 0
    lines = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    assert {"MyGAN A variant of my own. (my_gan)", "MySet A data set of my own. (my_gan)"} <= set(lines)
    assert main(["list", "mygan", "--module", "my_gan"]) == 0
    assert "\n  warmth  " in capsys.readouterr().out
    assert main(["list", "data", "--module", "my_gan"]) == 0
    assert "MySet: A data set of my own. (my_gan)\n  home: my desk\n" in capsys.readouterr().out


def test_a_variant_that_takes_labels_says_so_by_itself(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    plug_ins.write(here / "my_gan.py")
    with (here / "my_gan.py").open("a") as file:
        file.write("\n\nclass Labelled(MyGAN):\n    '''By class.'''\n\n    GIVEN = ('labels',)\n")
    assert main(["list", "--module", "my_gan"]) == 0
    assert "By class. [conditional] (my_gan)\n" in capsys.readouterr().out


def test_ones_own_data_is_checked_and_compared(run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sheet = ["--output", f"{tmp_path}/sheet.png", "--data.image_size", "16"]
    for target in ("MySet", "my_gan.MySet"):
        assert main(["data", "check", target, "--module", "my_gan", *sheet]) == 0
        assert "MySet: root data, image_size 16" in capsys.readouterr().out
    assert main(["data", "check", "MySet", *sheet]) == 2
    (tmp_path / "images").mkdir()
    told = refused(["evaluate", str(tmp_path / "images"), "MySet", "--module", "my_gan"], capsys)
    assert "there are no images in" in told
    told = refused(["evaluate", str(tmp_path / "images"), "MySet"], capsys)
    assert "MySet is no folder, no .zip, no .npz and no data set" in told


def test_pages_of_such_a_run_need_no_module(run: Path, tmp_path: Path) -> None:
    words = ["--output", f"{tmp_path}/page.html"]
    assert main(["report", str(run), "--no_pictures", *words]) == 0
    page = (tmp_path / "page.html").read_text()
    for command in (f"gan test --ckpt {run}/last.ckpt", f"gan fit --config {run}/config.yaml"):
        assert f"{command} --module my_gan" in page
    assert run_record.read(run).modules == ("my_gan",)
    shutil.copytree(run, tmp_path / "other")
    assert main(["compare", str(run), f"{tmp_path}/other", *words]) == 0
    assert "my_gan" not in sys.modules


def test_older_runs_are_used_as_far_as_they_tell(run: Path, tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text((run / "config.yaml").read_text())
    record = run_record.read(tmp_path)
    assert (record.modules, record.translates) == (("my_gan",), False)
    (tmp_path / "environment.json").write_text('{"verb": "rm -rf", "modules": ["a; b", 5, "c"]}')
    assert run_record.read(tmp_path).modules == ("c",)
    assert run_record.read(tmp_path).usage.verb == ""


def test_our_own_classes_are_those_of_the_catalogue() -> None:
    for base, names in ((AdversarialModule, catalogue.variants()), (GANDataModule, catalogue.data_sets())):
        assert {kind.__name__ for kind in plugins.classes(base)} == set(names)
    for name in catalogue.variants():
        assert plugins.path_of(class_of("model", name)) == f"gan_cli.variants.{name}"
    for name in catalogue.data_sets():
        assert plugins.path_of(class_of("data", name)) == f"gan_cli.data.{name}"


def test_a_class_of_a_function_is_not_to_be_chosen_from() -> None:
    class Hidden(GANDataModule):  # of this module, but not to be found in it
        facts: Any = None

        def part(self, split: str) -> Any: ...

    assert Hidden not in plugins.classes(GANDataModule, (__name__,))
