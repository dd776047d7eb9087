"""What every Lambda function begins with: registers the routes, and declares whatever is not HTTP.

Handlers that are declared elsewhere are deployed without this file ever being imported, so they all stand here.
"""

from importlib import import_module
from typing import Any

from chalice.app import Chalice, Rate

from chalicelib import clock, logs
from chalicelib.config import config
from chalicelib.home import first_requests
from chalicelib.web import fallbacks, parsing

ROUTES = (
    "accounts.api",
    "accounts.access_api",
    "accounts.invitation_pages",
    "calendar.api",
    "calendar.outside_api",
    "calendar.outside_pages",
    "coaching.api",
    "coaching.hours_api",
    "coaching.appointment_pages",
    "coaching.away_pages",
    "coaching.booking_pages",
    "coaching.client_pages",
    "coaching.coach_pages",
    "coaching.hours_pages",
    "coaching.series_pages",
    "coaching.waiting_api",
    "coaching.waiting_pages",
    "coaching.why_pages",
    "admin.relationship_api",
    "admin.api",
    "admin.rules_api",
    "admin.access_api",
    "admin.access_pages",
    "admin.csv_files",
    "admin.overview_pages",
    "admin.people_pages",
    "admin.coach_rule_pages",
    "admin.lunch_pages",
    "admin.relationship_pages",
    "lunch.api",
    "lunch.approval_pages",
    "lunch.proposal_pages",
    "lunch.event_pages",
    "lunch.public_pages",
    "lunch.hours_pages",
    "lunch.pause_pages",
    "lunch.suggestion_pages",
    "lunch.review_pages",
    "home.api",
    "home.health_api",
    "home.login_pages",
    "home.week_pages",
    "home.account_pages",
    "home.access_pages",
    "home.second_factor_pages",
    "home.leaving_pages",
    "home.unsubscribe_pages",
    "api_docs.pages",
    "notifications.api",
)
"""The modules of chalicelib that have routes, a slice after the other."""

logs.start()

app = Chalice(app_name="rendezvous")
app.api.binary_types = []
app.experimental_feature_flags.update(["WEBSOCKETS"])

for part in ROUTES:
    app.register_blueprint(import_module(f"chalicelib.{part}").routes)
fallbacks.register(app)
if config().handler == "app.app":
    first_requests.prepare(clock.now())


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
    """Moves on what time moves on, and forgets what need not be kept: each, whatever becomes of the others."""
    from chalicelib import retention
    from chalicelib.coaching import reminders, waiting_list
    from chalicelib.lunch import jobs

    failed = []
    for work in (jobs.sweep, reminders.sweep, waiting_list.sweep, retention.forget):
        try:
            work(clock.now())
        except Exception as error:
            failed.append(error)
    if failed:
        raise ExceptionGroup("a sweep", failed)


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
