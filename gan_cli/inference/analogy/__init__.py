"""Two images that show the same in other looks: each is drawn anew with what the other one has at its places."""
