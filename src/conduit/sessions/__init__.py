"""What happened: an append-only log of events per session, and what is read out of it."""
