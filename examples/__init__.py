"""Small projects that `vtrack demo` runs and users copy."""
