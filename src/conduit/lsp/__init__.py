"""The LSP face: converts in, makes one call, converts out. pygls and lsprotocol live here and nowhere else."""
