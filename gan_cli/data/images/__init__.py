"""Sets of images, with or without classes."""
