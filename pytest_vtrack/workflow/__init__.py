"""The use cases, each one file."""
