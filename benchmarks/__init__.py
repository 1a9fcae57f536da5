"""Measurements behind the figures of the README: each is one command."""
