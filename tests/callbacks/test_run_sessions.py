import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from gan_cli.callbacks.run_sessions import RunSessions, processor
from gan_cli.variants import DCGAN


def recorded(folder: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((folder / "run/environment.json").read_text())
    return content


def test_each_time_a_run_is_gone_on_with_adds_a_session(trained: Callable[..., DCGAN], tmp_path: Path) -> None:
    model = trained(steps=2, trainer={"callbacks": [RunSessions()]})
    first = recorded(tmp_path)
    trained(steps=3, trainer={"callbacks": [RunSessions()]})
    second = recorded(tmp_path)
    assert (first["verb"], first["modules"]) == ("sample", [])
    assert first["parameters"]["generator"] == sum(weights.numel() for weights in model.generator.parameters())
    assert [session["last_step"] for session in first["sessions"]] == [2]
    assert [session["last_step"] for session in second["sessions"]] == [2, 3]
    assert second["sessions"][0] == first["sessions"][0]
    told = second["sessions"][1]
    assert (told["processes"], told["accelerator"], told["precision"]) == (1, None, "32-true")
    assert told["seconds"] > 0
    assert {"gan-cli", "torch", "lightning", "Python"} == told["versions"].keys()


def test_a_broken_record_is_begun_anew(trained: Callable[..., DCGAN], tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run/environment.json").write_text('{"sessions": [')
    trained(steps=1, trainer={"callbacks": [RunSessions()]})
    assert len(recorded(tmp_path)["sessions"]) == 1


def test_a_dry_run_leaves_nothing(trained: Callable[..., DCGAN], tmp_path: Path) -> None:
    trained(steps=1, trainer={"callbacks": [RunSessions()], "fast_dev_run": True})
    assert not list(tmp_path.rglob("environment.json"))


def test_the_processors_name_is_that_of_the_system(tmp_path: Path) -> None:
    (tmp_path / "cpuinfo").write_text("processor\t: 0\nmodel name\t: Some CPU @ 2 GHz\n")
    assert processor(tmp_path / "cpuinfo") == "Some CPU @ 2 GHz"
    assert processor(tmp_path / "none")
