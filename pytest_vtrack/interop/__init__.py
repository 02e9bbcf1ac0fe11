"""The outside world: dataset formats."""
