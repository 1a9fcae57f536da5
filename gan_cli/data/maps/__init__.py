"""Sets of label maps and the photographs that they are of."""
