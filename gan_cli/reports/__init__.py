"""What is left of runs, as pages: read from their folders alone, without torch."""
