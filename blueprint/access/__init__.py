"""Who asks, and what may be done: callers, keys, rights."""
