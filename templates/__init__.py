"""Files that the package copies or fills in: first steps for a new project."""
