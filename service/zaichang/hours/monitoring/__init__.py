"""The authority's figures: rates by institution, course and month, with outliers, without names."""
