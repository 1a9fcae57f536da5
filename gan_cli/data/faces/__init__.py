"""Faces of known person and pose: who is to be shown from the front, and what the front looks like."""
