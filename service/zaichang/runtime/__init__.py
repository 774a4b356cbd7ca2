"""The shell around the core: session runner, sequencer, delivery, retention, clock."""
