"""What the running service says of itself: one JSON object a line on stderr.

Every line that is written while a request is answered has that request's id, whoever writes it.
On a terminal the lines are for people instead.
"""

import logging
from typing import Any

import structlog
from structlog.types import EventDict, Processor


def _without_colours(_logger: object, _method: str, event: EventDict) -> EventDict:
    event.pop("color_message", None)
    return event


_SHARED: list[Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.ExtraAdder(),
    _without_colours,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]


def log_config(level: str = "info", *, for_people: bool = False) -> dict[str, Any]:
    """The configuration of Python's logging for the service, for `logging.config.dictConfig`.

    Uvicorn's own line for every request is left out: the service writes a fuller one.
    """
    rendered: list[Processor] = (
        [structlog.dev.ConsoleRenderer()]
        if for_people
        else [
            structlog.processors.format_exc_info,
            structlog.processors.EventRenamer("message"),
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ]
    )
    line = {
        "()": structlog.stdlib.ProcessorFormatter,
        "foreign_pre_chain": _SHARED,
        "processors": [structlog.stdlib.ProcessorFormatter.remove_processors_meta, *rendered],
    }
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": line},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
        "root": {"handlers": ["stderr"], "level": level.upper()},
        "loggers": {"uvicorn.access": {"level": logging.WARNING}},
    }
