"""One request to an engine, as the tests of what it draws see it: a batch of one."""

from collections.abc import Iterator, Mapping
from typing import Any

from estampe.engines import Ended, Engine, Event, Request


def alone(
    engine: Engine, model: str, parameters: Mapping[str, Any], checkpoint: bytes | None = None
) -> Iterator[Event]:
    """Its events but the last; raises what that says."""
    for member, event in engine.run(model, [Request(parameters=parameters, checkpoint=checkpoint)]):
        assert member == 0
        if not isinstance(event, Ended):
            yield event
        elif event.error:
            raise event.error
