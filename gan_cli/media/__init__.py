"""What a kind of thing is like outside the networks: shown, written, read; one file a medium."""
