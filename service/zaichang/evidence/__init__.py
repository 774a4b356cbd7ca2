"""What becomes evidence: segments, amendments and case rules. No I/O."""
