"""An inspection: bundles held against the inspector's own copy of the log, and one readable result of it all."""
