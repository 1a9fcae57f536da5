"""The user's own pictures of faces: a folder for each person, with the pose in the names."""

import re
from collections import Counter
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import torch
from torch import Tensor

from gan_cli.data import folders
from gan_cli.data.archives import File, listing
from gan_cli.data.datamodules import Split
from gan_cli.data.decoding import Pair, Recipe
from gan_cli.data.faces.face_part import FacePart, numbered
from gan_cli.data.faces.face_sets import (
    DOMAINS,
    NOT_NAMED,
    FaceDataModule,
    pose_names_of,
    split_persons,
    stacked_points,
    told_of,
)
from gan_cli.data.faces.landmarks import WHOLE, Box, Landmarks, landmarks_below
from gan_cli.data.faces.poses import FRONTAL, Pose, read_pose, turned
from gan_cli.data.file_sets import FileDataModule, checked_channels
from gan_cli.data.transforms import LARGEST
from gan_cli.errors import UserError
from gan_cli.media.image_files import stem_of
from gan_cli.ranges import Channels, Range, Seed, Share

LAYOUT = "a folder for each person, whose files' names tell the pose: straight, left, right, up, down, +30, m45, ..."
BETWEEN = re.compile(r"[_/\s.]+")
"""What is between the words of a name."""


class Face(NamedTuple):
    """A picture of a face.

    Attributes:
        file: Its file.
        person: The name of the person's folder.
        pose: How the face is turned.
        rest: The words of its name that do not tell the pose, such as a mood.
    """

    file: File
    person: str
    pose: Pose
    rest: tuple[str, ...]


class Turned(NamedTuple):
    """A turned face with the frontal one that it is to become."""

    source: Face
    target: Face


class Found(NamedTuple):
    """What is below a folder.

    Attributes:
        faces: The faces of known person and pose.
        without_pose: Pictures whose names tell no pose.
        without_person: Pictures that are in no person's folder.
        turned: Pairs.
        lonely: Turned faces without a frontal one.
        parts: The persons of `train` and of `test`, where there are such folders.
    """

    faces: list[Face]
    without_pose: list[File]
    without_person: list[File]
    turned: list[Turned]
    lonely: list[Face]
    parts: tuple[list[str], list[str]] | None


class FaceFolder(FaceDataModule, FileDataModule):
    """Your own pictures of faces, a folder for each person: turned ones, and frontal ones that they are to become.

    The words of a file's name (or of folders below the person's) are read: one of them tells the pose, and the frontal
    picture whose other words are the same is what a turned one is to become; or the only frontal one there is. Persons
    are held out whole. `landmarks.csv` at the top may tell where eyes, nose and mouth are, line by line: file, then x
    and y in pixels of the eye on the left of the picture, the other one, the tip of the nose, the left and the right
    corner of the mouth. Without it they are at fixed places, turned by the pose.

    Args:
        image_channels: C: 1 (grey) or 3.
        poses: What further words mean, in degrees of yaw, such as {"051": 0, "041": 30}; positive ones turn to the
            right of the picture.
        box: The part of each picture whose largest square in the middle is taken: left, top, right and bottom in shares
            of its sides.
        points: About where the eyes, the tip of the nose and the corners of the mouth are in frontal pictures, x and y
            in shares of what is taken; () takes the means of Multi-PIE. `landmarks.csv` knows better.
        held_out: Share of the persons held out where there are no folders `train` and `test` above theirs.
        split_seed: Chooses them.
        **loading: Further arguments of `FileDataModule`; nothing is cut from faces at random.

    Raises:
        UserError: If a value is not possible, or the folder has another layout.
    """

    home = "your own"
    licence = "that of the pictures; sets of faces are mostly for research only, and nobody is told by name here"
    layout = "root/<person>/<files>, whose names tell the pose: straight, left, right, up, down, +30, m45, ..."
    jitters = False
    flips = False
    square = LARGEST

    def __init__(
        self,
        image_channels: Channels = 1,
        poses: dict[str, Annotated[float, Range(-90, 90)]] | None = None,
        box: Box = WHOLE,
        points: tuple[Annotated[float, Range(0, 1)], ...] = (),
        held_out: Share = 0.25,
        split_seed: Seed = 0,
        **loading: Any,
    ) -> None:
        super().__init__(**loading)
        if self.framing.varies and self.framing.load_size != self.image_size:
            raise UserError("data.load_size: nothing is cut from faces at random; leave it and data.crop out")
        left, top, right, bottom = box
        if not (left < right and top < bottom):
            raise UserError(f"data.box: {list(box)} is none; take left, top, right and bottom from 0 to 1")
        if len(points) not in (0, 10):
            raise UserError(f"data.points: {list(points)} are not x and y of five points")
        self.image_channels = checked_channels(image_channels)
        self.poses = {str(word): float(yaw) for word, yaw in (poses or {}).items()}
        self.box: Box = (left, top, right, bottom)
        self.points = torch.tensor(points or FRONTAL, dtype=torch.float32).view(-1, 2)
        self.held_out, self.split_seed = held_out, split_seed

    @property
    def channels(self) -> int:
        return self.image_channels

    @property
    def pose_names(self) -> tuple[str, ...]:
        return pose_names_of([pair.source.pose for pair in self.found.turned])

    @property
    def num_persons(self) -> int:
        return len(self.persons[0])

    @cached_property
    def persons(self) -> tuple[list[str], list[str]]:
        """The folders of the persons to train on, and of those held out.

        Raises:
            UserError: If there are too few.
        """
        if self.found.parts is not None:
            return self.found.parts
        return split_persons(
            numbered([pair.source.person for pair in self.found.turned])[0], self.held_out, self.split_seed
        )

    @property
    def frontal_points(self) -> Tensor:
        return self._frontal

    def pairs(self, split: Split) -> list[Turned]:
        """The pairs of a part, without opening the files."""
        chosen = set(self.persons[0 if split == "train" else 1])
        return [pair for pair in self.found.turned if pair.source.person in chosen]

    def groups(self, split: Split) -> dict[str, list[File]]:
        pairs = self.pairs(split)
        sides = ([pair.source.file for pair in pairs], [pair.target.file for pair in pairs])
        return {name: list(dict.fromkeys(files)) for name, files in zip(DOMAINS, sides, strict=True)}

    def recipe(self, split: Split, *channels: int) -> Recipe:
        made = super().recipe(split, *channels)
        return made if self.box == WHOLE else made._replace(box=self.box)

    def part(self, split: Split) -> FacePart:
        pairs = self.pairs(split)
        landmarks = self.landmarks
        if landmarks is not None and landmarks.wrong:
            raise UserError(f"data.root: {landmarks.wrong[0]}\ngan data check names all such lines")
        examples = [Pair(pair.source.file.name, (pair.source.file, pair.target.file)) for pair in pairs]
        recipe = self.recipe(split, self.channels, self.channels)
        order = {person: number for number, person in enumerate([*self.persons[0], *self.persons[1]])}
        persons = torch.tensor([order[pair.source.person] for pair in pairs], dtype=torch.int64)
        store = self.stored(split, examples, recipe, persons)
        told = told_of(
            persons,
            [pair.source.pose for pair in pairs],
            self.pose_names,
            stacked_points([self._points_of(pair.source) for pair in pairs]),
            stacked_points([self._points_of(pair.target) for pair in pairs]),
        )
        return FacePart(store, told, self.framing_of(split))

    @cached_property
    def landmarks(self) -> Landmarks | None:
        """What `landmarks.csv` tells, where it is there."""
        files = {face.file.key: face.file for face in self.found.faces}
        return landmarks_below(Path(self.root), files, self.box)

    @cached_property
    def found(self) -> Found:
        """What is below the root.

        Raises:
            UserError: If there is no pair of a turned face and a frontal one.
        """
        root = folders.existing(self.root, LAYOUT)
        found = _found(root, self.poses)
        if not found.turned:
            what = f"{len(found.faces)} faces of known pose" if found.faces else "no picture whose name tells a pose"
            raise UserError(
                f"data.root: below {root} there are {what} and no turned one with a frontal one of its person; it must "
                f"hold {LAYOUT}"
            )
        return found

    def notes(self) -> list[str]:
        trained, held_out = map(len, self.persons)
        turned = Counter(pair.source.pose.name for pair in self.found.turned)
        frontal = len({pair.target.file for pair in self.found.turned})
        named = ", ".join(f"{name} {turned[name]:,}" for name in self.pose_names)
        known = self.landmarks
        patches = (
            "at fixed places by pose" if known is None else f"where landmarks.csv tells it ({len(known.points):,})"
        )
        return [
            f"persons: {trained} to train on and {held_out} held out, none in both; {NOT_NAMED}",
            f"poses: {named}, which are to become {frontal:,} frontal pictures",
            f"patches: {patches}",
            f"licence: {self.licence}",
        ]

    def mistakes(self) -> dict[str, list[str]]:
        found, landmarks = self.found, self.landmarks
        without = found.faces if landmarks is not None else []
        known = landmarks.points if landmarks is not None else {}
        return {
            "of no pose that the name tells, and not used": [str(file) for file in found.without_pose],
            "in no person's folder, and not used": [str(file) for file in found.without_person],
            "turned, without a frontal picture to become, and not used": [str(face.file) for face in found.lonely],
            "landmarks that are wrong": landmarks.wrong if landmarks is not None else [],
            "not in landmarks.csv, so that fixed places are taken": [
                str(face.file) for face in without if face.file.key not in known
            ],
        }

    @cached_property
    def _frontal(self) -> Tensor:
        """The mean points of the frontal pictures that are trained on."""
        points = self.landmarks.points if self.landmarks is not None else {}
        targets = {pair.target.file.key for pair in self.pairs("train")}
        known = [points[key] for key in sorted(targets) if key in points]
        return torch.stack(known).mean(0) if known else self.points

    def _points_of(self, face: Face) -> Tensor:
        """Where eyes, nose and mouth of a picture are: as told, or at the places of its pose."""
        told = self.landmarks.points.get(face.file.key) if self.landmarks is not None else None
        return turned(self._frontal, face.pose) if told is None else told


def _found(root: Path, poses: dict[str, float]) -> Found:
    """The faces below a folder, in pairs."""
    places = [root / "train", root / "test"] if (root / "train").is_dir() else [root]
    faces: list[Face] = []
    without_pose: list[File] = []
    without_person: list[File] = []
    parts: list[list[str]] = []
    for place in places:
        start = len(place.relative_to(root).parts)
        here: list[Face] = []
        for file in listing(place) if place.is_dir() else []:
            whole = File(root, "/".join((*place.relative_to(root).parts, file.key)), file.name)
            *above, last = whole.key.split("/")[start:]
            if not above:
                without_person.append(whole)
            elif (read := read_pose(words := _words(above[0], "/".join((*above[1:], last))), poses)) is None:
                without_pose.append(whole)
            else:
                pose, number = read
                here.append(Face(whole, above[0], pose, tuple(words[:number] + words[number + 1 :])))
        faces += here
        parts.append(numbered([face.person for face in here])[0])
    if len(parts) == 2 and (both := sorted(set(parts[0]) & set(parts[1]))):
        raise UserError(f"data.root: the folder {both[0]} is in {root}/train and in {root}/test; a person is in one")
    turned, lonely = _paired(faces)
    of_pairs = {pair.source.person for pair in turned}
    split = tuple([person for person in part if person in of_pairs] for part in parts)
    known = (split[0], split[1]) if len(split) == 2 and split[1] else None
    return Found(faces, without_pose, without_person, turned, lonely, known)


def _words(person: str, path: str) -> list[str]:
    """The words of a path below a person's folder, without the folder's name where the file's begins with it."""
    words = [word for word in BETWEEN.split(stem_of(path)) if word]
    own = [word for word in BETWEEN.split(person) if word]
    return words[len(own) :] if words[: len(own)] == own else words


def _paired(faces: Sequence[Face]) -> tuple[list[Turned], list[Face]]:
    """Turned faces with the frontal ones they are to become, and those that have none."""
    frontal: dict[str, list[Face]] = {}
    for face in faces:
        if face.pose.is_frontal:
            frontal.setdefault(face.person, []).append(face)
    pairs: list[Turned] = []
    lonely: list[Face] = []
    for face in faces:
        if not face.pose.is_frontal:
            others = frontal.get(face.person, [])
            alike = [other for other in others if other.rest == face.rest] or (others if len(others) == 1 else [])
            if alike:
                pairs.append(Turned(face, alike[0]))
            else:
                lonely.append(face)
    return pairs, lonely
