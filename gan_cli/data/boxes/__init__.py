"""Images with boxes around the things in them."""
