"""Time stamps of a log's checkpoints by an authority (RFC 3161)."""
