"""Reads a template and fills it in, strictly: a missing value and a value that no template asks for are both errors.

Templates are our own files; what a person, a file or a model says only ever goes in as a value and is never
interpreted.
"""

from __future__ import annotations

from importlib.resources import files
from string import Template


def render_prompt(name: str, **values: str) -> str:
    """Return the template `templates/<name>.md` with `$key` replaced by `values[key]`, without a final newline.

    Raises:
        KeyError: the template needs a value that was not given.
        TypeError: a value was given that the template does not use.
    """
    template = Template((files("conduit.prompts") / "templates" / f"{name}.md").read_text("utf-8"))
    unused = set(values) - set(template.get_identifiers())
    if unused:
        raise TypeError(f"the prompt {name!r} does not use {', '.join(sorted(unused))}")
    return template.substitute(values).rstrip("\n")
