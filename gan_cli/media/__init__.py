"""How each kind of thing is shown, written and read outside the networks; one file for each medium."""
