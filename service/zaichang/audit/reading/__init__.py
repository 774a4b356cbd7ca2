"""Reading bundles: lines into typed values, within limits."""
