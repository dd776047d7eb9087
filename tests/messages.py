"""Whether messages are what the reference says of them."""

import re
from typing import Any

from chalicelib.messaging import topics


def faults(topic: str, event: dict[str, Any]) -> list[str]:
    """What is wrong with a message, in words; nothing if it is one of topics.MESSAGES."""
    known = [one for one in topics.MESSAGES if one.type == event["type"]]
    if not known:
        return [f"{event['type']} is not in topics.MESSAGES"]
    [message] = known
    found = []
    general = topics.EVERY_WEEK if re.fullmatch(r"Event_\d+", topic) else topic
    if general not in message.topics:
        found.append(f"{message.type} is not told on {topic} in topics.MESSAGES")
    must = {name for name in message.data if not name.endswith("?")}
    may = {name.rstrip("?") for name in message.data}
    if missing := must - event["data"].keys():
        found.append(f"{message.type} lacks {sorted(missing)}")
    if more := event["data"].keys() - may:
        found.append(f"{message.type} has {sorted(more)}, which topics.MESSAGES does not say")
    return found
