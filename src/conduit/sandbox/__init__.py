"""Walls around effects; everything that touches the person's disk goes through them."""
