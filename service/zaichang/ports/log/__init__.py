"""The ports of the transparency logs: objects, heads, keys, side files, and the open logs themselves."""
