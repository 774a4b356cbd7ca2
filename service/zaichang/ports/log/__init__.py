"""What the transparency logs need from outside: objects, heads, keys, side files, and the open logs themselves."""
