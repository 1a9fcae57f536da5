"""The page of `gan serve`: requests become calls of the Python API, and what these make becomes pictures and JSON.

Nothing here computes: every tab calls what `gan_cli.load(...)` gives. It needs the extra `web`.
"""
