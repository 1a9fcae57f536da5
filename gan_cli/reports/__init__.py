"""Pages about runs, made from the runs' folders alone, without torch."""
