"""Photographs, and pictures whose style they are to have."""
