"""Read before any test, and so before PyTorch and NumPy, which count their threads when they are imported."""

import os

# Networks and matrices are tiny here: a second thread waits in a busy loop, and takes the core from another process.
os.environ["OMP_NUM_THREADS"] = "1"
