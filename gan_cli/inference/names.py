"""Names of outputs, of which no two are alike."""

import os
from collections import Counter
from collections.abc import Sequence
from pathlib import Path


def distinct(names: Sequence[Path], fuller: Sequence[Path]) -> list[Path]:
    """A name for each output: the short one, or the fuller one where others have the same; then with a number.

    Args:
        names: The short ones, such as those of files without their endings.
        fuller: Others for the same outputs, which tell more of them apart. Numbers go before their last ending.

    Returns:
        As many, no two alike on a file system that does not know capitals either.
    """
    found = [long if several else short for short, long, several in zip(names, fuller, _shared(names), strict=True)]
    taken = {_key(name) for name in found}
    seen: Counter[str] = Counter()
    for place, name in enumerate(found):
        seen[_key(name)] += 1
        number = seen[_key(name)]
        if number > 1:
            while _key(numbered := name.with_name(f"{name.stem}-{number}{name.suffix}")) in taken:
                number += 1
            taken.add(_key(numbered))
            found[place] = numbered
    return found


def _shared(names: Sequence[Path]) -> list[bool]:
    counts = Counter(map(_key, names))
    return [counts[_key(name)] > 1 for name in names]


def _key(name: Path) -> str:
    return os.path.normcase(name).lower()
