"""Runs every Lambda function that is not HTTP: schedules, queue consumers and Kafka consumers of app.py.

``python -m infra.local.worker READY``: the file READY is made when everything is watched.
"""

import logging
import os
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from chalice.app import Chalice, ScheduledEventConfig, SQSEventConfig
from chalice.local import LambdaContext

from infra.local import events, pollers, processes, schedules

TIMEOUT_MS = 900_000
QUEUE_THREADS = 2

log = logging.getLogger("worker")


def invoker(app: Chalice, name: str) -> Callable[[events.Event], Any]:
    """Calls the function that app.py declares as ``name``, with a context as Lambda gives it."""
    handler = app.handler_map[name]

    def invoke(event: events.Event) -> Any:
        return handler(event, LambdaContext(name, memory_size=512, max_runtime_ms=TIMEOUT_MS))

    return invoke


def start(app: Chalice) -> str:
    """Starts a thread for each schedule, queue and consumer that is declared; says how many."""
    from chalicelib.messaging.topics import CONSUMERS

    sqs = pollers.sqs_client()
    queues = [source for source in app.event_sources if isinstance(source, SQSEventConfig) and source.queue]
    urls = {str(source.queue): pollers.make_queue(sqs, str(source.queue)) for source in queues}
    for source in queues:
        invoke = invoker(app, source.name)
        for _ in range(QUEUE_THREADS):
            arguments = (source.queue, urls[str(source.queue)], source.batch_size, invoke, time.sleep)
            _thread(source.name, pollers.keep_polling_queue, *arguments)
    functions = {name: topics for name, topics in CONSUMERS.items() if name in app.handler_map}
    for name, topics in functions.items():
        mapping = pollers.Mapping(name, topics, os.environ["KAFKA_BOOTSTRAP"], invoker(app, name))
        _thread(name, mapping.keep_polling, time.sleep)
    timers = [source for source in app.event_sources if isinstance(source, ScheduledEventConfig)]
    for timer in timers:
        expression = timer.schedule_expression
        text = expression if isinstance(expression, str) else expression.to_string()
        period = schedules.period_of(text)  # a mistake is told at the start
        _thread(timer.name, schedules.keep_firing, timer.name, period, invoker(app, timer.name), time.sleep)
    return f"{len(timers)} schedules, {len(urls)} queues, {len(functions)} Kafka consumers"


def _thread(name: str, target: Callable[..., None], *arguments: Any) -> None:
    threading.Thread(target=_or_end_all, args=(target, *arguments), name=name, daemon=True).start()


def _or_end_all(target: Callable[..., None], *arguments: Any) -> None:
    """A thread that dies takes the worker with it, and so the whole system: nothing half works unseen."""
    try:
        target(*arguments)
    except BaseException:
        log.exception("a thread of the worker ended")
    os._exit(1)


def republish() -> None:
    """An embedded broker has begun empty: what the outbox still keeps is to be sent again."""
    from chalicelib import database
    from chalicelib.messaging import outbox

    if os.environ.get("BROKER_IS_EMBEDDED") == "1":
        database.transaction(outbox.republish, database.JOB)


def main(ready: Path) -> None:
    """Works until the parent is gone."""
    processes.exit_with_parent()
    logging.basicConfig(level=os.environ.get("LOG_LEVEL", "INFO"), format="%(asctime)s %(name)s %(message)s")
    for library in ("kafka", "botocore", "boto3", "urllib3"):
        logging.getLogger(library).setLevel(logging.ERROR)
    from app import app

    republish()
    note = start(app)
    draft = ready.with_suffix(".new")
    draft.write_text(note)
    draft.rename(ready)
    threading.Event().wait()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
