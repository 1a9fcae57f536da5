"""The GPU's driver, where there is none."""

import os

import torch


def ask_cheaply() -> None:
    """Makes it cheap to ask whether there is a GPU, on a machine without one: Adam asks at each of its steps.

    Lightning has PyTorch answer by loading the driver's library, which where there is none is looked for in vain every
    time. That way spares the driver until processes have been forked; without a GPU there is nothing to spare.
    """
    if not torch.cuda.is_available():
        os.environ["PYTORCH_NVML_BASED_CUDA_CHECK"] = "0"
