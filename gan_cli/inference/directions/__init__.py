"""Directions in latent space that change one thing of what is made: found, learned, kept in a file, and followed."""
