"""Sets of images with sentences that describe them."""
