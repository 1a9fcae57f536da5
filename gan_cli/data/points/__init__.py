"""Sets of points of the plane."""
