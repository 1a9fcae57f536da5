"""Sets of scenes in which people walk."""
