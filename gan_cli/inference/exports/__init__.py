"""Parts of a model as files that run without gan-cli."""
