"""The HTML report: one file that needs nothing but a browser."""
