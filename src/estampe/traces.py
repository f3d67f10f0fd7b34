"""What may be written of an exception: where and of what type, never its message, which quotes what people wrote."""

import traceback

DEEPEST_CHAIN = 8


def trace(error: BaseException) -> str:
    """Frames and types of an exception and of what it came from."""
    parts: list[str] = []
    waiting: list[BaseException | None] = [error]
    while waiting and len(parts) < DEEPEST_CHAIN:
        found = waiting.pop(0)
        if found is None:
            continue
        state = getattr(found, "sqlstate", None)
        kind = f"{type(found).__module__}.{type(found).__qualname__}" + (f" [SQLSTATE {state}]" if state else "")
        parts.append("".join(traceback.format_tb(found.__traceback__)) + kind)
        if isinstance(found, BaseExceptionGroup):
            waiting.extend(found.exceptions)
        waiting.append(found.__cause__ or (None if found.__suppress_context__ else found.__context__))
    return "\nfrom\n".join(parts)
