"""Evidence: segments, amendments and case rules. No I/O."""
