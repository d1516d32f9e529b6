"""Parameters as payloads: what is wrong in them is answered with the names of the fields."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from conduit.lsp.failures import INVALID_PARAMS, RpcError

if TYPE_CHECKING:
    from pydantic import BaseModel

    Model = TypeVar("Model", bound=BaseModel)


def validated(model: type[Model], params: object) -> Model:
    """Return `params` as the pydantic model; raises RpcError whose message names every wrong field."""
    from pydantic import ValidationError  # not before `initialize` is answered

    try:
        return model.model_validate({} if params is None else params)
    except ValidationError as error:
        problems = [
            f"{'.'.join(str(part) for part in problem['loc']) or 'params'}: {problem['msg'].lower()}"
            for problem in error.errors(include_url=False, include_input=False)
        ]
        raise RpcError(INVALID_PARAMS, "; ".join(problems)) from error
