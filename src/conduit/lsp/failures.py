"""From errors to JSON-RPC errors: one table, walked by class.

Codes: LSP 3.18, *ErrorCodes*.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from types import MappingProxyType

from lsprotocol.types import ResponseError
from pygls.exceptions import JsonRpcException

from conduit import errors
from conduit.errors import ConduitError, ProviderError

_log = logging.getLogger(__name__)

PARSE_ERROR = -32700
INVALID_REQUEST = -32600
METHOD_NOT_FOUND = -32601
INVALID_PARAMS = -32602
INTERNAL_ERROR = -32603
NOT_INITIALIZED = -32002
REQUEST_CANCELLED = -32800
CONTENT_MODIFIED = -32801
REQUEST_FAILED = -32803

CODES: Mapping[type[ConduitError], int] = MappingProxyType(
    {
        errors.ConduitError: REQUEST_FAILED,
        errors.UserError: REQUEST_FAILED,
        errors.ConfigError: REQUEST_FAILED,
        errors.MissingKey: REQUEST_FAILED,
        errors.UnknownModel: REQUEST_FAILED,
        errors.SessionNotFound: REQUEST_FAILED,
        errors.SessionBusy: REQUEST_FAILED,
        errors.ToolError: REQUEST_FAILED,
        errors.UnknownTool: REQUEST_FAILED,
        errors.InvalidArguments: REQUEST_FAILED,
        errors.PathNotFound: REQUEST_FAILED,
        errors.NotText: REQUEST_FAILED,
        errors.EditNotFound: REQUEST_FAILED,
        errors.EditAmbiguous: REQUEST_FAILED,
        errors.StaleDocument: CONTENT_MODIFIED,
        errors.EditRefused: REQUEST_FAILED,
        errors.EditorFailed: REQUEST_FAILED,
        errors.PartlyApplied: REQUEST_FAILED,
        errors.PermissionDenied: REQUEST_FAILED,
        errors.OutsideWorkspace: REQUEST_FAILED,
        errors.ProviderError: REQUEST_FAILED,
        errors.InvalidAnswer: REQUEST_FAILED,
        errors.LimitReached: REQUEST_FAILED,
        errors.StoreError: REQUEST_FAILED,
        errors.SchemaTooNew: REQUEST_FAILED,
        errors.StoreCorrupt: REQUEST_FAILED,
        errors.CheckpointLost: REQUEST_FAILED,
    }
)
"""Every class of `conduit.errors` has a row; `data.error` of the answer names the class."""


class RpcError(Exception):
    """A JSON-RPC error to answer with, as it is."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


def to_response_error(error: BaseException, what: str) -> ResponseError:
    """Return what the client is told; an error that nobody meant is logged with its traceback.

    Args:
        error: what a handler raised.
        what: the method, for the log.
    """
    if isinstance(error, RpcError):
        return ResponseError(code=error.code, message=str(error))
    if isinstance(error, asyncio.CancelledError):
        return ResponseError(code=REQUEST_CANCELLED, message="The request was cancelled.")
    if isinstance(error, JsonRpcException):
        return error.to_response_error()
    if isinstance(error, ConduitError):
        return ResponseError(code=_code(type(error)), message=str(error), data=_details(error))
    _log.error("%s failed", what, exc_info=error)
    return ResponseError(
        code=INTERNAL_ERROR, message=f"Conduit failed unexpectedly: {type(error).__name__}: {error}"[:500]
    )


def _code(kind: type[BaseException]) -> int:
    return next(CODES[base] for base in kind.__mro__ if base in CODES)


def _details(error: ConduitError) -> dict[str, object]:
    details: dict[str, object] = {"error": type(error).__name__}
    if isinstance(error, ProviderError):
        details |= {
            "kind": error.kind.value,
            "provider": error.provider,
            "model": error.model,
            "status": error.status,
            "requestId": error.request_id,
            "retryable": error.retryable,
        }
    return details
