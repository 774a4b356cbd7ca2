"""Filing with platforms, the pure part: rows and their states, the plan of a batch, and reconciliation."""
