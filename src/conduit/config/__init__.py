"""Settings and keys, read once at the edge by `compose`, `cli` and `api`."""
