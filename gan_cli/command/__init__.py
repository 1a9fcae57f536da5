"""What is typed: the command line, its settings, what there is to choose from."""
