"""A refusal of a series as its page says it: at the fields that the page has, and to the client in their own words.

Programs are told of ``start`` and of the rules; whoever fills in the form gave a day and a time.
"""

from chalicelib.coaching import appointments, client_words, series_changes, slots
from chalicelib.coaching.coaches import Coach
from chalicelib.errors import Conflict, UserError

_REASONS = {series_changes.why(appointments.refusal(reason)): reason for reason in client_words.IN_THEIR_WORDS} | {
    slots.REASONS[reason]: reason for reason in client_words.IN_THEIR_WORDS
}
"""How a series says why -> the reason."""


def on_page(refused: UserError, coach: Coach, *, to_client: bool) -> UserError:
    """The same refusal for the page."""
    fields = {}
    for name, text in refused.fields.items():
        reasons = [_REASONS.get(part, "") for part in text.split("; ")]
        said = _words(coach, reasons) if to_client and all(reasons) else text
        fields[name if name != "start" else _field(reasons[0])] = said
    named = "; ".join(f"{name}: {said}" for name, said in fields.items())
    return type(refused)(refused.message if isinstance(refused, Conflict) else named or refused.message, fields=fields)


def _words(coach: Coach, reasons: list[str]) -> str:
    return "; ".join(said for reason in reasons for said in client_words.refusal(coach, reason).fields.values())


def _field(reason: str) -> str:
    """Of the form, which the reason is about."""
    return client_words.IN_THEIR_WORDS[reason][0] if reason else "time"
