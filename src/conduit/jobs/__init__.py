"""Jobs: work with a model that is no conversation. They are handed a provider, and know no session and no face."""
