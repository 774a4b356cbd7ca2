"""What is kept: events, encrypted templates and captures, tiles, checkpoint compare-and-swap."""
