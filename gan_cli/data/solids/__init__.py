"""Sets of solids."""
