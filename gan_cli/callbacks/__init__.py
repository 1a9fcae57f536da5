"""Callbacks that watch training: checkpoints, pictures, progress, loggers. None changes the mathematics."""
