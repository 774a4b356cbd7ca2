"""Judgements that write no part of the state: values in, a value out."""
