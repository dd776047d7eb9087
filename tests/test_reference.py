"""docs/reference says what the code says."""

import re

from infra import reference
from tests.messages import faults


def test_the_tables_are_up_to_date() -> None:
    assert reference.outdated() == [], "make reference"


def test_every_topic_and_every_name_in_a_message_is_explained() -> None:
    from chalicelib.messaging import data_names, topics

    known = {topics.EVERY_WEEK, *topics.TOPICS}
    for message in topics.MESSAGES:
        assert set(message.topics) <= known, message
        assert {name.rstrip("?") for name in message.data} <= set(data_names.DATA), message
    assert {name.rstrip("?") for message in topics.MESSAGES for name in message.data} == set(data_names.DATA)
    assert {topic for message in topics.MESSAGES for topic in message.topics} == {topics.EVERY_WEEK} | {
        name for name in topics.TOPICS if not re.fullmatch(r"Event_\d+", name)
    }


def test_a_message_that_is_not_in_the_reference_is_noticed() -> None:
    good = {"event": "1", "week": "2026-W48", "location": 1}
    invited = good | {"during": "", "people": []}
    assert faults("Events_All", {"type": "event.done", "data": good}) == []
    assert faults("InvitedUser", {"type": "event.invited", "data": invited}) == []
    assert faults("Event_48", {"type": "attendance.approved", "data": good | {"person": "1"}}) == []
    for topic, type, data in (
        ("Events_All", "event.eaten", good),
        ("NewUser", "event.done", good),
        ("Events_All", "event.done", {"event": "1"}),
        ("Events_All", "event.done", good | {"name": "Ada"}),
    ):
        assert faults(topic, {"type": type, "data": data}) != [], (topic, type)
