"""Sets of films of faces, of which frames become others."""
