"""The nouns, frozen: values without I/O, clock or randomness, on the standard library alone."""
