"""The words that we send to models."""
