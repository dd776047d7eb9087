"""The door of every Lambda function: registers the routes, declares whatever is not HTTP, each a one-line call.

Handlers that are declared elsewhere are deployed without this file ever being imported, so they all stand here.
"""

from typing import Any

from chalice.app import Chalice, Rate

import chalicelib.accounts.access_api
import chalicelib.accounts.api
import chalicelib.accounts.invitation_pages
import chalicelib.admin.access_api
import chalicelib.admin.access_pages
import chalicelib.admin.api
import chalicelib.admin.coach_rule_pages
import chalicelib.admin.csv_files
import chalicelib.admin.lunch_pages
import chalicelib.admin.overview_pages
import chalicelib.admin.people_pages
import chalicelib.admin.relationship_api
import chalicelib.admin.relationship_pages
import chalicelib.admin.rules_api
import chalicelib.api_docs.pages
import chalicelib.calendar.api
import chalicelib.calendar.outside_api
import chalicelib.calendar.outside_pages
import chalicelib.coaching.api
import chalicelib.coaching.appointment_pages
import chalicelib.coaching.away_pages
import chalicelib.coaching.booking_pages
import chalicelib.coaching.client_pages
import chalicelib.coaching.coach_pages
import chalicelib.coaching.hours_api
import chalicelib.coaching.hours_pages
import chalicelib.coaching.series_pages
import chalicelib.coaching.waiting_api
import chalicelib.coaching.waiting_pages
import chalicelib.home.access_pages
import chalicelib.home.account_pages
import chalicelib.home.api
import chalicelib.home.health_api
import chalicelib.home.leaving_pages
import chalicelib.home.login_pages
import chalicelib.home.second_factor_pages
import chalicelib.home.unsubscribe_pages
import chalicelib.home.week_pages
import chalicelib.lunch.api
import chalicelib.lunch.approval_pages
import chalicelib.lunch.event_pages
import chalicelib.lunch.hours_pages
import chalicelib.lunch.pause_pages
import chalicelib.lunch.proposal_pages
import chalicelib.lunch.public_pages
import chalicelib.lunch.review_pages
import chalicelib.lunch.suggestion_pages
import chalicelib.notifications.api
from chalicelib import clock, logs
from chalicelib.config import config
from chalicelib.web import fallbacks, parsing

logs.start()

app = Chalice(app_name="rendezvous")
app.api.binary_types = []
app.experimental_feature_flags.update(["WEBSOCKETS"])

for part in (
    chalicelib.accounts.api,
    chalicelib.accounts.access_api,
    chalicelib.accounts.invitation_pages,
    chalicelib.calendar.api,
    chalicelib.calendar.outside_api,
    chalicelib.calendar.outside_pages,
    chalicelib.coaching.api,
    chalicelib.coaching.hours_api,
    chalicelib.admin.relationship_api,
    chalicelib.coaching.appointment_pages,
    chalicelib.coaching.away_pages,
    chalicelib.coaching.booking_pages,
    chalicelib.coaching.client_pages,
    chalicelib.coaching.coach_pages,
    chalicelib.coaching.hours_pages,
    chalicelib.coaching.series_pages,
    chalicelib.coaching.waiting_api,
    chalicelib.coaching.waiting_pages,
    chalicelib.lunch.api,
    chalicelib.lunch.approval_pages,
    chalicelib.lunch.proposal_pages,
    chalicelib.lunch.event_pages,
    chalicelib.lunch.public_pages,
    chalicelib.lunch.hours_pages,
    chalicelib.lunch.pause_pages,
    chalicelib.lunch.suggestion_pages,
    chalicelib.lunch.review_pages,
    chalicelib.home.api,
    chalicelib.home.health_api,
    chalicelib.home.login_pages,
    chalicelib.home.week_pages,
    chalicelib.api_docs.pages,
    chalicelib.admin.api,
    chalicelib.admin.rules_api,
    chalicelib.admin.access_api,
    chalicelib.admin.access_pages,
    chalicelib.home.account_pages,
    chalicelib.home.access_pages,
    chalicelib.home.second_factor_pages,
    chalicelib.home.leaving_pages,
    chalicelib.home.unsubscribe_pages,
    chalicelib.notifications.api,
    chalicelib.admin.csv_files,
    chalicelib.admin.overview_pages,
    chalicelib.admin.people_pages,
    chalicelib.admin.coach_rule_pages,
    chalicelib.admin.lunch_pages,
    chalicelib.admin.relationship_pages,
):
    app.register_blueprint(part.routes)
fallbacks.register(app)


@app.schedule(Rate(1, unit=Rate.MINUTES))
def relay(event: Any) -> None:
    """Carries the outbox to Kafka, until the next relay takes over."""
    import chalicelib.messaging.relay
    from chalicelib.messaging import kafka

    chalicelib.messaging.relay.run(kafka.send, clock.now)


@app.schedule(Rate(1, unit=Rate.MINUTES))
def send_mails(event: Any) -> None:
    """Sends the mails that wait, until the next sender takes over."""
    from chalicelib.notifications import sending

    sending.run(clock.now)


@app.schedule(Rate(1, unit=Rate.MINUTES))
def match_lunches(event: Any) -> None:
    """Asks for the rounds whose hour has come, and those that an admin wants now."""
    from chalicelib.lunch import jobs

    jobs.match_due(clock.now())


@app.on_sqs_message(queue=config().rounds_queue, batch_size=1)
def match_location(event: Any) -> None:
    """Matches one week at one location."""
    from chalicelib.calendar import zones
    from chalicelib.lunch import rounds

    for record in event:
        asked = parsing.read_json(record.body)
        rounds.run(zones.week_of(asked["week"]), asked["location"], clock.now())


@app.schedule(Rate(5, unit=Rate.MINUTES))
def sweep(event: Any) -> None:
    """Moves on what time moves on, and forgets what need not be kept."""
    from chalicelib import retention
    from chalicelib.coaching import reminders, waiting_list
    from chalicelib.lunch import jobs

    jobs.sweep(clock.now())
    reminders.sweep(clock.now())
    waiting_list.sweep(clock.now())
    retention.forget(clock.now())


@app.schedule(Rate(5, unit=Rate.MINUTES))
def read_calendars(event: Any) -> None:
    """Reads the calendars that people keep elsewhere."""
    from chalicelib.calendar import outside_reading

    outside_reading.run(clock.now)


@app.schedule(Rate(1, unit=Rate.MINUTES))
def observe(event: Any) -> None:
    """Writes down how long what should be done soon has been waiting."""
    from chalicelib import metrics

    metrics.observe(clock.now())


@app.lambda_function(name="mailer")
def mailer(event: Any, context: Any) -> None:
    """Writes down the mails that messages call for."""
    from chalicelib.notifications import mailers

    mailers.handle(event)


@app.lambda_function(name="live_updates")
def live_updates(event: Any, context: Any) -> None:
    """Tells open pages what happened to lunches."""
    from chalicelib.notifications import live_updates

    live_updates.handle(event)


@app.on_ws_connect(name="websocket_connect")
def websocket_connect(event: Any) -> dict[str, int]:
    """Lets a page's socket in, by its ticket."""
    from chalicelib.notifications import tickets

    ticket = (event.to_dict().get("queryStringParameters") or {}).get("ticket", "")
    return {"statusCode": 200 if tickets.open_socket(ticket, event.connection_id, clock.now()) else 403}


@app.on_ws_disconnect(name="websocket_disconnect")
def websocket_disconnect(event: Any) -> None:
    """Forgets a socket that is closed."""
    from chalicelib.notifications import tickets

    tickets.close_socket(event.connection_id)


@app.on_ws_message(name="websocket_message")
def websocket_message(event: Any) -> None:
    """Pages have nothing to say here: whatever they send is passed over."""


@app.lambda_function(name="migrate")
def migrate(event: Any, context: Any) -> list[str]:
    """Makes schema, log-ins and topics what this code needs; run by whoever deploys, before the new code serves."""
    import chalicelib.migrate
    from chalicelib.messaging import kafka, topics

    applied = chalicelib.migrate.migrate()
    chalicelib.migrate.make_logins()
    if config().live:
        chalicelib.migrate.ask_admins_for_a_second_factor()
    if config().kafka:
        kafka.make_topics(config().kafka, topics.TOPICS, topics.KEPT_FOREVER)
    return applied


@app.lambda_function(name="invite_admin")
def invite_admin(event: Any, context: Any) -> str:
    """Invites the first admin of a new installation: ``{"email": "ada@example.org"}``. The code is in the mail alone."""
    from chalicelib.accounts import first_admin

    return f"Invited {first_admin.invite(event, clock.now())[0]}: the mail is on its way."
