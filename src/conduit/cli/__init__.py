"""The command line: one file per group of commands.

A command is a module with `add_arguments(parser)` and `run(arguments) -> int`; `commands.py` has the table of them.
"""
