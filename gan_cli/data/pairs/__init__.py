"""Sets to translate between: pairs, and two domains."""
