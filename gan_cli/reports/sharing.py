"""What `gan share` puts together: a model folder with its card, its pictures, its scores and its settings."""

import json
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from gan_cli import plugins, runs
from gan_cli.data import GANDataModule
from gan_cli.errors import UserError
from gan_cli.files import write_atomically, write_json, write_text
from gan_cli.inference import checkpoints, hub, shared_models
from gan_cli.inference.api import TrainedGAN
from gan_cli.inference.checkpoints import Modules
from gan_cli.inference.pictures import beside, usual_number
from gan_cli.inference.rendering import labels_for, takes_labels
from gan_cli.media.pictures import save_png
from gan_cli.reports import model_card, run_record
from gan_cli.reports.run_record import RunRecord
from gan_cli.variants.record import RECORD

CARD, SAMPLES = "README.md", "samples"
NEWEST = 4
"""At most so many pictures of verbs are shared."""
OF_THE_MACHINE = ("trainer.default_root_dir", "ckpt_path", "init")
"""Settings that say where something lies, beside those of `shared_models.PLACES`."""


def share(ckpt: str | Path, to: str | Path, licence: str = "", private: bool = False, module: Modules = None) -> str:
    """Makes a model folder of a checkpoint, or puts it on the hub.

    Args:
        ckpt: A checkpoint, or whatever else `--ckpt` takes.
        to: A folder that is new, empty, or was shared before; or `hub:user/name`.
        licence: That of the weights, by the hub's names such as "mit" or "cc-by-4.0".
        private: Whether a new name on the hub is seen by its owner alone.
        module: Name of a trusted module that defines the variant, or several, where it is none of gan-cli's.

    Returns:
        The folder, or the address on the hub.

    Raises:
        UserError: If the checkpoint is none, the folder holds something else, or the hub refuses.
        OSError: If the folder cannot be written.
    """
    target, path = str(to), checkpoints.located(ckpt)
    if hub.is_there(target):
        where = hub.place(target, "to")
        hub.check_installed("to")
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as place:
            _write(path, Path(place), where.name.partition("/")[2], licence, module)
            return hub.upload(Path(place), target, private)
    if private:
        raise UserError("private: only what is on the hub can be private; leave it out, or take --to hub:user/name")
    folder = Path(target).expanduser()
    _check_free(folder)
    _write(path, folder, folder.resolve().name, licence, module)
    return str(folder)


def _check_free(folder: Path) -> None:
    """Refuses a folder that holds other files than those of a model that was shared before."""
    if folder.is_file():
        raise UserError(f"to: {folder} is a file; name a folder, or hub:user/name")
    if folder.is_dir() and any(folder.iterdir()) and not (folder / shared_models.CONFIG).is_file():
        raise UserError(f"to: {folder} is a folder with other files in it; name a new one")
    if (folder / runs.LAST).exists():
        raise UserError(f"to: {folder} is a run's folder; name a new one")


def _write(path: Path, folder: Path, name: str, licence: str, module: Modules) -> None:
    content = checkpoints.read(path)
    gan = TrainedGAN(path, module=module)  # refuses what nobody could load
    run = run_record.read(path.parent, path)
    shared_models.write(content, folder)
    shutil.rmtree(folder / SAMPLES, ignore_errors=True)
    pictures = _pictures(run, gan, folder)
    scores = _scores(run, content, path)
    if scores:
        write_json(folder / runs.SCORES, scores)
    settings = _settings(run)
    if settings:
        write_text(folder / runs.TRAINING, yaml.safe_dump(settings, sort_keys=False, allow_unicode=True))
    card = type(gan.model).CARD
    kind = _set_of(gan)
    about = model_card.About(
        name=name,
        source=f"{run.name}/{path.name}",
        paper=card.paper if card else "",
        makes=gan.model.medium.name,
        takes=gan.model.takes,
        licence=licence,
        data_home=getattr(kind, "home", ""),
        data_licence=getattr(kind, "licence", ""),
        pictures=pictures,
        training=runs.TRAINING if settings else "",
    )
    run = run._replace(usage=runs.Usage(gan.model.VERB, tuple(gan.model.trusted)))
    write_text(folder / CARD, model_card.text(content, run, scores, about))


def _pictures(run: RunRecord, gan: TrainedGAN, folder: Path) -> list[Path]:
    """Copies the pictures that the run has, or makes one; they are named relative to the folder."""
    newest = sorted(run.pictures, key=lambda path: path.stat().st_mtime)[-NEWEST:]
    found = [path for _, path in [*run.grids[-1:], *run.films[-1:]]] + newest
    for path in found:
        _copy(path, folder / SAMPLES / path.name)
    if not found and _draws_alone(gan):
        save_png(_page(gan), folder / SAMPLES / "samples.png")
        return [Path(SAMPLES) / "samples.png"]
    return [Path(SAMPLES) / path.name for path in found]


def _copy(source: Path, target: Path) -> None:
    write_atomically(target, lambda file: file.write(source.read_bytes()))


def _draws_alone(gan: TrainedGAN) -> bool:
    """Whether things are made of noise and classes, and shown without real ones: no data set is needed."""
    model = gan.model
    return model.VERB == "sample" and set(model.takes) <= {"labels"} and not model.medium.beside_real


def _page(gan: TrainedGAN) -> Any:
    model = gan.model
    num = usual_number(model.medium, model.num_classes if takes_labels(model) else 0)
    return model.medium.page(gan.sample(num), beside(model, labels_for(model, num, None)))


def _scores(run: RunRecord, content: Mapping[str, Any], path: Path) -> dict[str, Any]:
    """The run's scores, if they are of this checkpoint, with its name in place of its folder."""
    told = run.scores if isinstance(run.scores, dict) else {}
    if told.get("batches") != content[RECORD]["counters"]["batches"]:
        return {}
    return {**json.loads(json.dumps(told)), "checkpoint": f"{run.name}/{path.name}"}


def _settings(run: RunRecord) -> dict[str, Any]:
    """The run's config without folders of the machine that trained it."""
    return _without(run.config, "") if run.config else {}


def _without(part: Any, place: str) -> Any:
    if not isinstance(part, dict):
        return part
    kept = {}
    for key, value in part.items():
        where = f"{place}.{key}" if place else str(key)
        if where not in OF_THE_MACHINE and not shared_models.is_of_the_machine(str(key), value):
            kept[key] = _without(value, where)
    return kept


def _set_of(gan: TrainedGAN) -> type | None:
    """The class of the data set, if it is known."""
    modules: Sequence[str] = gan.model.trusted
    sets = plugins.classes(GANDataModule, modules)
    return next((kind for kind in sets if kind.__name__ == gan.data.get("name")), None)
