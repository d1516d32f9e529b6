"""Gives memory back that imports took and nobody needs: what keeps an idle server small.

Nothing here changes what any code does; it may be left out.
"""

from __future__ import annotations

import gc
import linecache
from collections.abc import Iterator
from contextlib import suppress
from types import CodeType, FunctionType, ModuleType


def trim_method_globals(module: ModuleType) -> Iterator[None]:
    """Leave in the globals of each generated method of a module's classes what the methods use, class by class.

    attrs gives the methods of every class globals of their own with a copy of the module's (attrs 26.1, `_make.py`,
    `_eval_snippets`): in `lsprotocol.types`, with its hundreds of classes, 5 MB. To be run by the thread that uses the
    classes, since a namespace is empty for a moment.
    """
    own = vars(module)
    for cls in [each for each in own.values() if isinstance(each, type)]:
        methods = [each for each in vars(cls).values() if isinstance(each, FunctionType)]
        spaces = {id(method.__globals__): method.__globals__ for method in methods}
        for key, space in spaces.items():
            if space is own or space.get("__name__") != module.__name__:
                continue
            used = {"__name__", "__builtins__"}
            for method in methods:
                if id(method.__globals__) == key:
                    used |= _names(method.__code__)
            kept = {name: value for name, value in space.items() if name in used}
            space.clear()
            space.update(kept)
        yield


def _names(code: CodeType) -> set[str]:
    names = set(code.co_names)
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            names |= _names(constant)
    return names


def forget_generated_source() -> None:
    """Drop the source of every method that attrs made: 1.7 MB that nobody reads."""
    linecache.clearcache()


def give_back() -> None:
    """Return to the system what was needed for a moment; only glibc has to be asked."""
    import ctypes

    gc.collect()
    with suppress(AttributeError, OSError, TypeError):
        ctypes.CDLL(None).malloc_trim(0)
