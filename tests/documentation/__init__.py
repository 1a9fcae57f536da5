"""The documentation: its links lead somewhere, and what it types works."""
