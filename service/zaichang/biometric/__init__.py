"""Pure numpy: alignment, quality, head pose, comparison, challenge geometry. Never sees time."""
