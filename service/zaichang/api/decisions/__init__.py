"""Routes of decisions that two people make together."""
