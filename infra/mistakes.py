"""What an error says to the one who made the mistake: the slip itself, and what to write instead.

Python's own errors name types and attributes; here they name the call that was meant.
"""

import re
import sys
from collections.abc import Callable, Iterable, Mapping
from inspect import isawaitable, signature
from pathlib import Path
from traceback import walk_tb
from types import FrameType
from typing import Any

from infra.errors import ExternalApiError, nearest_of

_TEXT_MAX = 240
NOT_AWAITED = "{}(…) was not awaited, so it did not run: write `await` before it"
_NOT_CALLED = "() is missing after its name"

_COROUTINE = re.compile(r"'(?:coroutine|NotAwaited)'|(?:coroutine|NotAwaited) object")
_UNCALLED = re.compile(r"'(?:function|method|builtin_function_or_method)' object")
_NO_SUCH_IMPORT = re.compile(r"cannot import name '(\w+)'")


def told(error: BaseException, path: Path) -> str:
    """Return an error that came from a file in a line: what it says, and what to do about it.

    Of several that a task group has collected it is the first; of a service's error it is said that
    it came in a group. What the file caught before it raised this one is told too, unless that was
    a service's error.
    """
    first = first_of(error)
    if first is not error and isinstance(first, ExternalApiError):
        kind, group = type(first).__name__, type(error).__name__
        return f"{_in_a_line(first)} (in an {group}, which `except {kind}` does not catch)"
    cause = first.__cause__ or (None if first.__suppress_context__ else first.__context__)
    if cause is None or isinstance(cause, ExternalApiError):
        return _in_a_line(first)
    line = line_of(cause, path)
    return f"{_in_a_line(first)}{f' (after line {line}: {_in_a_line(cause)})' if line else ''}"


def line_of(error: BaseException, path: Path) -> int | None:
    """Return the last line of that file that led to the error; `None` when none did."""
    for each in (first_of(error), error):
        frames = walk_tb(each.__traceback__)
        lines = [line for frame, line in frames if frame.f_code.co_filename == str(path)]
        if lines:
            return lines[-1]
    return None


def first_of(error: BaseException) -> BaseException:
    """Return the error itself, or the first of those that a task group has collected."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


def unawaited(value: object) -> str:
    """Return which call a coroutine is of that nobody has awaited, and what to write."""
    if words := getattr(value, "told", None):
        return str(words())
    name = getattr(value, "__name__", "the call")
    return NOT_AWAITED.format(name)


def _in_a_line(error: BaseException) -> str:
    name = type(error).__name__
    try:
        text = " ".join(_words(error).split())
    except Exception:  # it is somebody else's class: its words may be an error themselves
        return name
    return f"{name}: {text[:_TEXT_MAX]}" if text else name


def _words(error: BaseException) -> str:
    """Return what an error says, with advice where Python's own words have none."""
    text = str(error)
    frames = [frame for frame, _ in walk_tb(error.__traceback__)]
    for kind, words in _WORDS_OF.items():
        if isinstance(error, kind) and frames:
            return words(error, text, frames[-1])
    return text


def _of_name(error: NameError, text: str, frame: FrameType) -> str:
    """Add where an unknown name comes from, or which was meant."""
    name = error.name or ""
    for module in ("infra", "candidate.helpers"):
        if name in _public(module):
            return f"{text}: write `from {module} import {name}`"
    known = {**frame.f_globals, **frame.f_locals, **dict.fromkeys(_public("infra"))}
    return _with(text, _nearest(name, known))


def _of_import(error: ImportError, text: str, frame: FrameType) -> str:
    """Say what a module has not, without the path of its file, and what was meant."""
    module = error.name or ""
    if wanted := _NO_SUCH_IMPORT.match(text):
        known = _public(module) or vars(sys.modules[module])
        return _with(f"there is no {wanted[1]} in {module}", _nearest(wanted[1], known))
    if module.partition(".")[0] in ("infra", "candidate"):
        return f"{text}: all there is to import is in `infra` and `candidate.helpers`"
    return text


def _of_attribute(error: AttributeError, text: str, frame: FrameType) -> str:
    """Add what the owner of an attribute really is, or which attribute was meant."""
    if ": " in text:  # the kit's own, with advice
        return text
    if _COROUTINE.search(text):
        return _about_await(None, frame)
    text = text.removesuffix(" and no __dict__ for setting new attributes")  # from Python 3.13 on
    name = error.name or text.rpartition(" attribute ")[2].strip("'")
    owner = error.obj if error.name else _owner_in(frame)
    if text.isidentifier() and isinstance(owner, type):  # an enum's error in Python 3.11
        text = f"{owner.__name__} has no {name}"
    return _with(text, _about_owner(owner, name, text))


def _about_owner(owner: object, name: str, text: str) -> str:
    if isinstance(owner, dict) and name in owner:
        return f"write [{name!r}], or take rows from execute_sql(sql, params, Job)"
    if isinstance(owner, list):
        return "[0] is the first of its items"
    if "'NoneType'" in text:
        return f"what stands before .{name} is None"
    if _UNCALLED.search(text):
        return f"{_NOT_CALLED}, before .{name}"
    return _nearest(name, (known for known in dir(owner) if known[0] != "_"))


def _of_key(error: KeyError, text: str, frame: FrameType) -> str:
    return f"there is no key {text}"


def _of_call(error: BaseException, text: str, frame: FrameType) -> str:
    """Add what to write instead, by what the error says."""
    for pattern, advice in _ADVICE.items():
        if found := re.search(pattern, text):
            return _with(text, advice if isinstance(advice, str) else advice(found, frame))
    return text


_WORDS_OF: Mapping[type[BaseException], Callable[[Any, str, FrameType], str]] = {
    UnboundLocalError: lambda error, text, frame: text,
    NameError: _of_name,
    ImportError: _of_import,
    AttributeError: _of_attribute,
    KeyError: _of_key,
    TypeError: _of_call,
    RuntimeError: _of_call,
    ValueError: _of_call,
}
"""The first kind that fits."""


def _about_await(found: object, frame: FrameType) -> str:
    for name, value in frame.f_locals.items():
        if isawaitable(value) and hasattr(value, "close"):
            return f"{name} is no result yet: {unawaited(value)}"
    return "it is a call that was not awaited: write `await` before it"


def _about_call(found: re.Match[str], frame: FrameType) -> str:
    """Return how a function of the kit is called."""
    function = frame.f_locals.get(found[1]) or frame.f_globals.get(found[1])
    if not callable(function) or not function.__module__.startswith(("infra", "candidate.helpers")):
        return ""
    return f"it is {found[1]}({', '.join(signature(function).parameters)})"


def _about_awaited(found: re.Match[str], frame: FrameType) -> str:
    kind = found[1] or found[2]
    return _NOT_CALLED if kind in ("function", "method") else f"a {kind} needs no `await`"


def _about_member(found: re.Match[str], frame: FrameType) -> str:
    return _nearest(found[1], getattr(_owner_in(frame), "__members__", {}).values())


_ADVICE: Mapping[str, str | Callable[[re.Match[str], FrameType], str]] = {
    _COROUTINE.pattern: _about_await,
    r"object (\w+) can't be used in 'await'|'(\w+)' object can't be awaited": _about_awaited,
    r"\.(?:filter|get|create|update)\(\) takes 1 positional": "write field=value",
    r"(\w+)\(\) (?:missing|got an unexpected|got multiple|takes)": _about_call,
    _UNCALLED.pattern: _NOT_CALLED,
    r"'(.*)' is not a valid \w+": _about_member,
    "offset-naive": "write now(), which is aware and in UTC",
    "running event loop": "the event loop runs already, so write `await`",
    "'NoneType' object": "it is None here",
}
"""What to write instead, by what an error says: the first that is found."""


def _nearest(name: str, known: Iterable[object]) -> str:
    nearest = nearest_of(name, [str(each) for each in known])
    return f"did you mean {nearest!r}?" if nearest else ""


def _with(text: str, advice: str) -> str:
    return f"{text}: {advice}" if advice else text


def _public(module: str) -> tuple[str, ...]:
    return tuple(getattr(sys.modules.get(module), "__all__", ()))


def _owner_in(frame: FrameType) -> object:
    """Return whose method a frame is in: its first argument."""
    names = frame.f_code.co_varnames[: frame.f_code.co_argcount]
    return frame.f_locals.get(names[0]) if names else None
