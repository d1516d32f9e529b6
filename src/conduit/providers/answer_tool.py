"""The tool whose forced call stands in for an answer in a form, where a model has no native JSON schemas.

Its arguments are the answer, and its stream decoder shows them as text. Pure; for the wires that need it.
"""

from __future__ import annotations

ANSWER_TOOL = "answer"
ANSWER_PURPOSE = "Give the answer."
