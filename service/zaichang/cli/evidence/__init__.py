"""Commands about evidence: bundles, receipts, logs, witnesses and samples; one file per subcommand."""
