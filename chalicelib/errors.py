"""What a caller can be told. Raise one of these anywhere; web.py makes the answer of it.

An error rolls the request's transaction back, except where ``keep`` says that what was written belongs to the
refusal itself (a mail to the owner of an address that a stranger tried to enrol with).
"""


class Told(Exception):
    """A refusal in words for the caller: HTTP status, sentence, and the fields it is about."""

    status = 500
    title = "Something went wrong"

    def __init__(self, message: str, *, fields: dict[str, str] | None = None, keep: bool = False, retry_after: int = 0):
        super().__init__(message)
        self.message = message
        self.fields = fields or {}
        self.keep = keep
        self.retry_after = retry_after


class Unreadable(Told):
    status = 400
    title = "The request cannot be read"


class NotLoggedIn(Told):
    status = 401
    title = "Not logged in"

    def __init__(self, message: str = "You are not logged in"):
        super().__init__(message)


class Forbidden(Told):
    status = 403
    title = "Not allowed"


class NotFound(Told):
    status = 404
    title = "Not found"

    def __init__(self, message: str = "There is nothing here"):
        super().__init__(message)


class Refused(Told):
    status = 409
    title = "Refused"


class TooLarge(Told):
    status = 413
    title = "Too large"


class WrongType(Told):
    status = 415
    title = "Unsupported media type"


class Invalid(Told):
    status = 422
    title = "Not valid"

    @classmethod
    def field(cls, name: str, message: str) -> "Invalid":
        """A refusal that is about one field."""
        return cls(f"{name}: {message}", fields={name: message})


class Abuse(Told):
    status = 429
    title = "Too many requests"


class Unavailable(Told):
    status = 503
    title = "Not available just now"
