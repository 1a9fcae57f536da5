"""The command line: its words, its settings, and what there is to choose from."""
