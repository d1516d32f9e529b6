"""The parameters of a completion in cascade: the settings, then the session's, then those of one call.

Pure. A parameter that the model does not take is left out by its wire, not here, so that it is in force again when the
model changes.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping

from pydantic import JsonValue, ValidationError

from conduit.errors import UserError
from conduit.messages.request import ModelSettings


def cascade(base: ModelSettings, *layers: ModelSettings | None) -> ModelSettings:
    """Return `base` with what each layer sets; the last one wins, and `extra` is joined key by key."""
    for layer in layers:
        if layer is not None:
            given = {name: getattr(layer, name) for name in layer.model_fields_set}
            if layer.extra:
                given["extra"] = {**base.extra, **layer.extra}
            base = base.model_copy(update=given)
    return base


def parameters(values: Mapping[str, JsonValue]) -> ModelSettings:
    """Return parameters by name as a value; None is as if it were not there.

    Raises:
        UserError: an unknown name, with the nearest one, or a value that it cannot have.
    """
    known = ModelSettings.model_fields
    for name in values:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1, cutoff=0.0)
            raise UserError(f"There is no parameter {name!r}. Did you mean {near[0]!r}? There are: {', '.join(known)}.")
    try:
        return ModelSettings.model_validate({name: value for name, value in values.items() if value is not None})
    except ValidationError as error:
        problem = error.errors(include_url=False, include_input=False)[0]
        raise UserError(f"{'.'.join(map(str, problem['loc']))}: {problem['msg'].lower()}.") from error


def changed(now: Mapping[str, JsonValue], changes: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    """Return the parameters of a session after `changes`, in which None takes one away; raises UserError."""
    whole = parameters({**now, **changes})
    stored: dict[str, JsonValue] = whole.model_dump(mode="json", exclude_unset=True)
    return stored
