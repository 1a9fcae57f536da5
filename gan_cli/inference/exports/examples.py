"""The short program that is written beside an exported file, and runs it without gan-cli where it can."""

from pathlib import Path
from textwrap import dedent

from gan_cli.inference.exports.formats import Form
from gan_cli.inference.exports.parts import Input, Part

GRID = 4
"""So many things does a program make that draws them."""


def example(path: Path, format: str, part: Part, form: Form, variant: str) -> str:
    """A program that runs an exported file; it reads and writes pictures with Pillow where there are any.

    Args:
        path: The file; the program takes it from its own folder.
        format: "onnx", "torch" or "safetensors".
        part: What it holds.
        form: What it takes.
        variant: The class that has such weights.
    """
    if format == "safetensors":
        return _of_weights(path, part, variant)
    lines = ["import sys", "from pathlib import Path", "", "import numpy as np"]
    lines += {"onnx": ["import onnxruntime"], "torch": ["import torch"]}[format]
    lines += ["from PIL import Image"] if part.pictures or _takes_image(part) else []
    lines += ["", f'file = str(Path(__file__).with_name("{path.name}"))']
    lines += [_values(one, form) for one in part.inputs]
    names = [one.name for one in part.inputs]
    if format == "onnx":
        named = ", ".join(f'"{name}": {name}' for name in names)
        lines += [f"made = onnxruntime.InferenceSession(file).run(None, {{{named}}})[0]"]
    else:
        given = ", ".join(f"torch.from_numpy({name})" for name in names)
        lines += [f"made = torch.export.load(file).module()({given}).detach().numpy()"]
    lines += _shown(path) if part.pictures else ["print(made.shape, made.min(), made.max())"]
    return f'"""Runs {path.name}: {_usage(path, part)}."""\n\n' + "\n".join(lines) + "\n"


def _takes_image(part: Part) -> bool:
    return any(one.kind == "images" and len(one.shape) == 3 and one.shape[0] in (1, 3) for one in part.inputs)


def _usage(path: Path, part: Part) -> str:
    picture = " PICTURE" if _takes_image(part) else ""
    return f"python {example_path(path).name}{picture}"


def example_path(path: Path) -> Path:
    """The program beside a file."""
    return path.with_name(f"{path.stem}_{path.suffix[1:]}_example.py")


def _values(one: Input, form: Form) -> str:
    """A line that makes the values of an input."""
    count = GRID if form.batch else 2
    if one.kind == "labels":
        return f"{one.name} = np.arange({count}, dtype=np.int64) % {one.classes}"
    if one.kind == "images" and len(one.shape) == 3 and one.shape[0] in (1, 3):
        return _picture(one, form)
    shape = ", ".join(map(str, (count, *one.shape)))
    if one.kind == "codes":
        return f"{one.name} = np.random.default_rng(0).integers(0, {one.classes}, ({shape}), dtype=np.int64)"
    if one.kind == "normal":
        return f"{one.name} = np.random.default_rng(0).standard_normal(({shape}), dtype=np.float32)"
    least = 0 if one.kind == "shares" else -1
    return f"{one.name} = np.random.default_rng(0).uniform({least}, 1, ({shape})).astype(np.float32)"


def _picture(one: Input, form: Form) -> str:
    """Lines that read a picture as the network takes it."""
    channels, height, width = one.shape
    colours = {1: "L", 3: "RGB"}[channels]
    lines = [f'picture = Image.open(sys.argv[1]).convert("{colours}")']
    if one.multiple and form.size:
        lines.append(f"picture = picture.resize([side // {one.multiple} * {one.multiple} for side in picture.size])")
    else:
        lines.append(f"picture = picture.resize(({width}, {height}))")
    lines.append(f"pixels = np.asarray(picture, np.float32).reshape(picture.height, picture.width, {channels})")
    times = "" if form.batch else ".repeat(2, 0)"
    lines.append(f"{one.name} = (pixels / 127.5 - 1).transpose(2, 0, 1)[None]{times}.copy()")
    return "\n".join(lines)


def _shown(path: Path) -> list[str]:
    """Lines that write what was made as a picture."""
    return [
        "row = np.concatenate(list(made), axis=-1)  # side by side, [C, H, N W]",
        "pixels = ((row + 1) * 127.5).round().clip(0, 255).astype(np.uint8).transpose(1, 2, 0).squeeze()",
        f'Image.fromarray(pixels).save("{path.stem}_example.png")',
    ]


def _of_weights(path: Path, part: Part, variant: str) -> str:
    """Weights alone need the network, which gan-cli makes of the arguments that stand in the file."""
    return dedent(f'''\
        """Loads {path.name}, weights alone, into the network of gan-cli that they are of."""

        import json
        from pathlib import Path

        from safetensors import safe_open

        from gan_cli.variants import {variant}

        with safe_open(Path(__file__).with_name("{path.name}"), "pt") as file:
            arguments = json.loads(file.metadata()["arguments"])
            weights = {{name: file.get_tensor(name) for name in file.keys()}}
        model = {variant}(**{{k: tuple(v) if isinstance(v, list) else v for k, v in arguments.items()}})
        print(model.load_state_dict(weights, strict=False).unexpected_keys, "is empty: every weight has its place")
        ''')
