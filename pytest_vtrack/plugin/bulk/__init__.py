"""Very large sets: one item runs many cases."""
