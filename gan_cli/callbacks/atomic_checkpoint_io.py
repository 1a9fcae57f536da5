"""Checkpoints that are written whole or not at all, and read without running code."""

from pathlib import Path
from typing import Any

import torch
from lightning.fabric.plugins import TorchCheckpointIO

from gan_cli.files import write_atomically


class AtomicCheckpointIO(TorchCheckpointIO):
    """Writes beside the target and moves over it; Lightning's own way loses the old file where the temporary folder is
    on another file system."""

    def save_checkpoint(self, checkpoint: dict[str, Any], path: Any, storage_options: Any | None = None) -> None:
        write_atomically(Path(path), lambda file: torch.save(checkpoint, file))

    def load_checkpoint(self, path: Any, map_location: Any = None, weights_only: bool | None = None) -> dict[str, Any]:
        """The content; only plain types and tensors are accepted, whatever the caller asks."""
        return super().load_checkpoint(path, map_location=map_location, weights_only=True)
