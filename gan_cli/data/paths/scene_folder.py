"""Recorded scenes, of which one is left out to judge on."""

from functools import cache
from pathlib import Path
from typing import Annotated, Any

from gan_cli.data.datamodules import Split
from gan_cli.data.paths.scenes import FutureSteps, ObservedSteps, SceneDataModule, ScenePart
from gan_cli.data.paths.windows import Cut, cut, missing
from gan_cli.errors import UserError, nearest
from gan_cli.media.path_files import ENDINGS, BadRecording, Recording, read_recording
from gan_cli.ranges import Range, Share


class SceneFolder(SceneDataModule):
    """Recordings of people on the ground, such as ETH and UCY, of which one scene is left out to judge on.

    Every stretch of time is a scene, with those people who are there in all of it. Stretches with a gap in time are
    left out.

    Args:
        root: The folder.
        scene: The scene to judge on, which is not trained on: a folder of its name, with `train`, `val` and `test`, or
            a recording of that name, beside others to train on.
        observed_steps: Steps that a model is given.
        future_steps: Steps that follow: 8 or 12 in papers.
        min_people: The fewest people in a scene; 2 as in the paper, 1 also takes those who are alone.
        held_out: Share of each recording, its end, that is watched and not trained on, where there are no folders.
        batch_size: Scenes per step and process, whatever their numbers of people.
        num_workers: Processes that load beside the training; 0 is the fastest for sets in memory.

    Raises:
        UserError: If a value is not possible, or a file is missing or not whole.
    """

    home = "https://icu.ee.ethz.ch/research/datsets.html"
    licence = "ETH and UCY: research only"
    layout = "root/<scene>/{train,val,test}/*.txt or root/*.txt: frame, person, x, y in metres, tabs or commas between"

    def __init__(
        self,
        root: str = "data/eth_ucy",
        scene: str = "zara1",
        observed_steps: ObservedSteps = 8,
        future_steps: FutureSteps = 8,
        min_people: Annotated[int, Range(1, 1_000)] = 2,
        held_out: Share = 0.2,
        **loading: Any,
    ) -> None:
        super().__init__(observed_steps, future_steps, **loading)
        self.root = root
        self.scene = scene
        self.min_people = min_people
        self.held_out = held_out

    def part(self, split: Split) -> ScenePart:
        cuts = self.cuts(split)
        if not cuts:
            raise UserError(
                f"data.root: {self.root} has no recording but {self.scene}, which is judged on; it takes others to "
                "train on beside it"
            )
        found = [scene for one in cuts for scene in one.scenes]
        if not found:
            raise UserError(
                f"data.scene: the {split} part of {self.scene} has no {self.steps} steps that follow each other with "
                f"{self.min_people} people or more in all of them\nTake fewer steps, or a lower --data.min_people"
            )
        return self.scene_part(found)

    def recordings(self, split: Split) -> list[Recording]:
        """The recordings of a part.

        Raises:
            UserError: If one is missing or not whole.
        """
        folder = Path(self.root) / self.scene / split
        if folder.is_dir():
            return [_read(file) for file in self._files(folder)]
        files = self._files(Path(self.root))
        names = sorted(
            {file.stem for file in files} | {path.name for path in Path(self.root).iterdir() if path.is_dir()}
        )
        if self.scene not in names:
            raise UserError(
                f"data.scene: {self.root} has no {self.scene}{nearest(self.scene, names)}; there are {', '.join(names)}"
            )
        if split == "test":
            return [_read(file) for file in files if file.stem == self.scene]
        return [self._share(_read(file), split) for file in files if file.stem != self.scene]

    def cuts(self, split: Split) -> list[Cut]:
        """What the recordings of a part give."""
        return [cut(recording, self.steps, self.min_people) for recording in self.recordings(split)]

    def notes(self) -> list[str]:
        """How many people, scenes and stretches that are none each part has."""
        lines = []
        for split in ("train", "val", "test"):
            cuts = self.cuts(split)
            sizes = [len(scene) for one in cuts for scene in one.scenes]
            few, gaps = (sum(getattr(one, name) for one in cuts) for name in ("few", "gaps"))
            lines.append(
                f"{split}: {len(cuts)} recordings, {sum(sizes):,} paths in {len(sizes):,} scenes of "
                f"{min(sizes, default=0)} to {max(sizes, default=0)} people; left out: {few:,} stretches with fewer "
                f"than {self.min_people} people in all of them, {gaps:,} with a gap in time"
            )
        gaps = [line for split in ("train", "test") for one in self.recordings(split) for line in missing(one)]
        return [*lines, f"gaps in time, across which no scene is taken: {len(gaps)}", *(f"  {gap}" for gap in gaps[:3])]

    def mistakes(self) -> dict[str, list[str]]:
        of_none = [
            str(recording.path)
            for split in ("train", "val", "test")
            for recording, one in zip(self.recordings(split), self.cuts(split), strict=True)
            if not one.scenes
        ]
        few = f"recordings without {self.steps} steps that follow each other with {self.min_people} people"
        return {few: list(dict.fromkeys(of_none))}

    def _files(self, folder: Path) -> list[Path]:
        files = sorted(file for ending in ENDINGS for file in folder.glob(f"*{ending}"))
        if not files and not (folder == Path(self.root) and folder.is_dir()):
            raise UserError(f"data.root: there are no recordings (.txt, .csv) in {folder}; it takes {self.layout}")
        return files

    def _share(self, recording: Recording, split: Split) -> Recording:
        """The beginning of a recording to train on, or the end to watch."""
        first = round(len(recording.frames) * (1 - self.held_out))
        rows = slice(first) if split == "train" else slice(first, None)
        return recording._replace(frames=recording.frames[rows], places=recording.places[rows])


@cache
def _read(path: Path) -> Recording:
    try:
        return read_recording(path)
    except BadRecording as error:
        raise UserError(f"data.root: {error}") from error
