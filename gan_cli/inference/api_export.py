"""The Python side of `gan export`."""

from pathlib import Path

from gan_cli.inference.exports.export import Outcome, default_path, export
from gan_cli.variants.base import AdversarialModule


class Exports:
    """What a trained GAN leaves for programs without gan-cli.

    Attributes:
        model: The LightningModule, in eval mode.
        path: The checkpoint.
    """

    model: AdversarialModule
    path: Path

    def export(
        self, format: str = "onnx", output: str | Path | None = None, *, part: str | None = None, ema: bool = True
    ) -> Outcome:
        """Writes a part of the model, and a program beside it that runs it.

        Args:
            format: "onnx", "torch" (a program of `torch.export`) or "safetensors" (weights alone).
            output: The file to write; None takes one in the folder `exports` beside the checkpoint.
            part: "generator", a direction such as "horse2zebra", "discriminator", or another player; None takes the
                generator, or the one direction.
            ema: The averaged generator, or the one that was trained.

        Returns:
            The file, the program, and the largest difference between what the file and the model give.

        Raises:
            UserError: If there is no such part or format, the output is there already, or a package is not installed.
            RunFailed: If the part cannot be exported, or the file gives something else than the model.
        """
        path = default_path(self.path, self.model, part, format) if output is None else Path(output)
        return export(self.model.cpu(), format, path, part, ema)
