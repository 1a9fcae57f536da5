"""What watches training: checkpoints, pictures, progress, loggers. None of it changes the mathematics."""
