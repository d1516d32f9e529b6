"""The catalogue: which vendors and models exist and what they can do; rows of data, no I/O, no wire."""
