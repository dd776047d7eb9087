"""The kinds of mail that a person may refuse; each is named like its template. Others he must get, or asked for."""

KINDS: dict[str, str] = {
    "event_invited": "A lunch waits for your approval",
    "event_approved": "You have a lunch",
    "event_unconfirmed": "Somebody left a lunch of yours, and it is one too few",
    "event_rejected": "A lunch of yours will not be",
    "event_canceled": "A lunch of yours was called off",
    "event_evaluate": "How was lunch?",
    "call_reminder": "A call is near",
}
"""Kind -> what a person reads beside its checkbox."""


def wanted(refused: frozenset[str]) -> dict[str, bool]:
    """Every kind, and whether a person who refuses those wants it."""
    return {kind: kind not in refused for kind in KINDS}
