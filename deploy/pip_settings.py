"""Writes this machine's pip settings as one file and prints the local paths that they need: pip_settings.py FILE."""

import ast
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

listing = subprocess.run(
    [sys.executable, "-m", "pip", "config", "list"], check=True, capture_output=True, encoding="utf-8"
).stdout
sections: dict[str, dict[str, str]] = defaultdict(dict)
for line in sorted(listing.splitlines(), key=lambda line: line.startswith(":env:")):  # the environment wins
    name, value = line.split("=", 1)
    section, _, key = name.rpartition(".")
    sections["global" if section == ":env:" else section][key] = " ".join(ast.literal_eval(value).split())

with open(sys.argv[1], "w", encoding="utf-8") as file:
    for section, settings in sections.items():
        print(f"[{section}]", *(f"{key} = {value}" for key, value in settings.items()), sep="\n", file=file)

paths = set()
for settings in sections.values():
    for key, value in settings.items():
        for path in (Path(word.removeprefix("file://")) for word in value.split()):
            if path.is_absolute() and path.exists():
                paths.add(path.parent if key.endswith("index-url") else path)  # an index's pages name files beside it
print(*sorted(paths), sep="\n")
