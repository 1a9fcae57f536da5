"""Paths as they are typed, and the home folder: what `~` stands for, and what takes its place where there is none.

No torch is needed.
"""

import getpass
import os
import sys
import tempfile
from pathlib import Path


def settle() -> None:
    """Gives a user whom the system does not know what libraries ask for: a home folder and a name.

    So it is in a container, or on a cluster, where a process runs under a number that has no entry of its own. The home
    folder is then one below the system's temporary folder, which nobody else can read.
    """
    try:
        Path.home()
    except RuntimeError:
        os.environ["USERPROFILE" if sys.platform == "win32" else "HOME"] = str(_substitute())
    try:
        getpass.getuser()
    except (KeyError, OSError, ImportError):  # there is no module of users on Windows
        os.environ["USER"] = str(_number())


def expanded(word: str) -> str:
    """A word of a command line or of a file, in which a path is meant as a path.

    One that begins with `~` begins with the home folder: a shell does this only at the beginning of a word and outside
    quotes, not in `--x=~/y`. One that begins with a bracket, and is there, would be read as a list.
    """
    option, equals, value = word.partition("=")
    if equals and option.startswith("--"):
        return f"{option}={_meant(value)}"
    return _meant(word)


def _meant(text: str) -> str:
    text = os.path.expanduser(text)
    return os.path.join(".", text) if text.startswith(("[", "{")) and os.path.exists(text) else text


def _substitute() -> Path:
    """The same folder each time, unless someone else has taken its name."""
    folder = Path(tempfile.gettempdir()) / f"gan-cli-{_number()}"
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        mine = folder.lstat().st_uid == _number()
    except OSError:
        mine = False
    return folder if mine else Path(tempfile.mkdtemp(prefix=f"{folder.name}-"))


def _number() -> int:
    """The user's number; 0 on Windows, where files have the number 0 too."""
    if sys.platform == "win32":
        return 0
    return os.getuid()
