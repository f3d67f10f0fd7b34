"""What a process says about itself. Prompts, tokens and keys are never passed to a logger."""

import logging

FORMAT = "%(asctime)s %(levelname)-7s %(name)s: %(message)s"
# Libraries that tell every step; their warnings are enough.
CHATTY = ("procrastinate", "httpx", "httpcore", "PIL", "psycopg.pool", "granian")


def configure(level: str) -> None:
    logging.basicConfig(level=level.upper(), format=FORMAT, datefmt="%H:%M:%S")
    for name in CHATTY:
        logging.getLogger(name).setLevel(logging.WARNING)
