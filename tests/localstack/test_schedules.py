"""What runs by itself: EventBridge has the schedules of app.py, and fires them."""

from chalice.app import ScheduledEventConfig

from infra.localstack import deploy
from tests.localstack.deployed import Deployed, eventually


def test_every_schedule_of_the_application_is_deployed_with_its_rate(deployed: Deployed) -> None:
    from app import app

    wanted = {
        source.name: source.schedule_expression.to_string()
        for source in app.event_sources
        if isinstance(source, ScheduledEventConfig)
    }
    rules = deployed.client("events").list_rules(NamePrefix=deploy.NAME)["Rules"]
    found = {rule["Name"].removeprefix(f"{deploy.NAME}-").removesuffix("-event"): rule for rule in rules}
    assert {name: rule["ScheduleExpression"] for name, rule in found.items()} == wanted
    assert {rule["State"] for rule in found.values()} == {"ENABLED"}
    assert deploy.schedules(deployed.account) == sorted(wanted)


def test_a_schedule_fires_by_itself(deployed: Deployed) -> None:
    """The deployment fired each once, and nobody else calls this one: whatever more there is, EventBridge has started."""
    eventually(lambda: deployed.log("observe").count("START") > 1, 90)
