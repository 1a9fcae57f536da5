"""`gan export`: a part of a checkpoint as a file that others' programs run."""

from collections.abc import Sequence

from jsonargparse import ArgumentParser

from gan_cli.verbs import options

SUMMARY = "Write a generator, direction, encoder or discriminator as ONNX, torch program or safetensors, and check it"


def add_options(parser: ArgumentParser) -> None:
    """Adds the options of the verb."""
    options.checkpoint(parser)
    parser.add_argument(
        "--format", type=str, default="onnx", metavar="NAME", help="onnx, torch (.pt2), or safetensors (weights alone)"
    )
    parser.add_argument(
        "--part",
        type=str | None,
        metavar="NAME",
        help="generator, a direction such as horse2zebra, discriminator, encoder; default: what makes things",
    )
    options.ema(parser)
    options.output(parser, "A file; default: in exports/ beside the checkpoint; an example is written beside it")


def run(words: Sequence[str]) -> None:
    """Writes the file and the example, and prints how far the file's outputs are from the model's.

    Raises:
        UserError: If something asked for cannot be done.
        RunFailed: If the part cannot be exported.
    """
    asked = options.parsed("export", add_options, words).all
    from pathlib import Path

    from gan_cli.command.opening import opened
    from gan_cli.command.running import say
    from gan_cli.devices.float32 import true_float32
    from gan_cli.inference.exports.export import default_path, export

    path, model = opened(asked)
    output = Path(asked.output) if asked.output else default_path(path, model, asked.part, asked.format)
    with true_float32():
        made = export(model, asked.format, output, asked.part, asked.ema)
    size = made.path.stat().st_size / 2**20
    said = f"largest difference from the model: {made.difference:.1e}"
    say("\n".join([*made.lines, said, f"written: {made.path} ({size:.1f} MiB)", f"example: {made.example}"]))
