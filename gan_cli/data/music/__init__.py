"""Sets of music."""
