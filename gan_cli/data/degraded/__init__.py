"""Images that something is taken from, as pairs of what is left and the whole."""
