"""Providers speak to models: one file is one wire, vendors and models are data in `catalog`."""
