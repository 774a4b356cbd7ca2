"""The eight owners: each writes the part of the state that has its name, and no other."""
