"""A regulator's sample: the draw, what the institution produced for it, and the report."""
