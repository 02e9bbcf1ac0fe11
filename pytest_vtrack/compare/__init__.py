"""The arithmetic of a comparison: values in, values out."""
