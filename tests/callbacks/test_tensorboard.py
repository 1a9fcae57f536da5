import sys
from pathlib import Path

import pytest
from PIL import Image

from gan_cli.callbacks.tensorboard import TensorBoard
from gan_cli.errors import UserError
from gan_cli.media.films import write_film

pytest.importorskip("tensorboard")


def logged(folder: Path, steps: range, value: float) -> None:
    """A part of a run: a logger as one call of `gan fit` makes it."""
    logger = TensorBoard()
    logger.put_in(folder)
    logger.log_hyperparams({"latent_dim": 8})
    for step in steps:
        logger.log_metrics({"loss": value}, step)
    logger.finalize("success")


def shown(folder: Path) -> "EventAccumulator":  # type: ignore[name-defined]  # noqa: F821
    """What TensorBoard shows of a run."""
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    return EventAccumulator(str(folder / "tensorboard"), size_guidance={"images": 0}).Reload()


def test_a_resumed_run_is_one_run_and_shows_each_step_once(tmp_path: Path) -> None:
    logged(tmp_path, range(1, 6), 1.0)
    logged(tmp_path, range(4, 8), 2.0)  # from the checkpoint of step 3
    points = [(event.step, event.value) for event in shown(tmp_path).Scalars("loss")]
    assert points == [(1, 1.0), (2, 1.0), (3, 1.0), (4, 2.0), (5, 2.0), (6, 2.0), (7, 2.0)]


def test_settings_are_a_table(tmp_path: Path) -> None:
    logged(tmp_path, range(1, 2), 1.0)
    (text,) = shown(tmp_path).Tensors("settings/text_summary")
    assert b"| latent_dim | 8 |" in text.tensor_proto.string_val[0]


def test_pictures_and_films_are_shown_as_they_are(tmp_path: Path) -> None:
    import torch

    Image.new("L", (6, 4), 200).save(tmp_path / "step-1.png")
    write_film(torch.randint(256, (3, 3, 8, 8), dtype=torch.uint8), tmp_path / "step-1.gif", 10)
    logger = TensorBoard()
    logger.put_in(tmp_path)
    logger.log_image("samples", [str(tmp_path / "step-1.png")], 1)
    logger.log_film("films", str(tmp_path / "step-1.gif"), 1)
    logger.finalize("success")
    (picture,), (film,) = (shown(tmp_path).Images(name) for name in ("samples", "films"))
    assert (picture.width, picture.height, picture.step) == (6, 4, 1)
    assert picture.encoded_image_string == (tmp_path / "step-1.png").read_bytes()
    assert film.encoded_image_string == (tmp_path / "step-1.gif").read_bytes()


def test_without_its_extra_one_line_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tensorboard", None)
    with pytest.raises(UserError, match=r"^trainer\.logger: TensorBoard is not installed: pip install 'gan-cli\[ten"):
        TensorBoard()
