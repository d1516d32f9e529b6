"""One file per LSP feature; features do not know each other."""
