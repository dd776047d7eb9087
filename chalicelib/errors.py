"""What a caller can be told. Raise one of these anywhere; web/refusals.py makes the answer of it.

An error rolls the request's transaction back, except where ``keep`` says that what was written belongs to the
refusal itself (a mail to the owner of an address that a stranger tried to enrol with).
"""


class UserError(Exception):
    """A refusal in words for the caller: HTTP status, sentence, and the fields it is about."""

    status = 500
    title = "Something went wrong"

    def __init__(self, message: str, *, fields: dict[str, str] | None = None, keep: bool = False, retry_after: int = 0):
        super().__init__(message)
        self.message = message
        self.fields = fields or {}
        self.keep = keep
        self.retry_after = retry_after


class BadRequest(UserError):
    status = 400
    title = "The request cannot be read"


class NotLoggedIn(UserError):
    status = 401
    title = "Not logged in"

    def __init__(self, message: str = "You are not logged in"):
        super().__init__(message)


class Forbidden(UserError):
    status = 403
    title = "Not allowed"


class SecondFactorNeeded(Forbidden):
    """An admin who has no second factor, where the rule asks for one."""

    def __init__(self) -> None:
        super().__init__("Admins have a second factor here: switch yours on first, on the page of your account")


class ProofNeeded(Forbidden):
    """An act that asks for the second factor again."""

    def __init__(self) -> None:
        super().__init__("Show your second factor again first: POST /api/me/second-factor/proof")


class NotFound(UserError):
    status = 404
    title = "Not found"

    def __init__(self, message: str = "There is nothing here"):
        super().__init__(message)


class MethodNotAllowed(UserError):
    status = 405
    title = "Method not allowed"


class Conflict(UserError):
    status = 409
    title = "Refused"


class TooLarge(UserError):
    status = 413
    title = "Too large"


class UnsupportedMediaType(UserError):
    status = 415
    title = "Unsupported media type"


class Invalid(UserError):
    status = 422
    title = "Not valid"

    @classmethod
    def field(cls, name: str, message: str) -> "Invalid":
        """A refusal that is about one field."""
        return cls(f"{name}: {message}", fields={name: message})


class TooManyRequests(UserError):
    status = 429
    title = "Too many requests"


class Unavailable(UserError):
    status = 503
    title = "Not available just now"


CONSTRAINTS = {
    "commitment_no_overlap": "You are already taken at that time",
    "attendance_is_of_somebody_who_is_here": "Somebody of these people is not here any more",
    "commitment_is_of_somebody_who_is_here": "Somebody of these people is not here any more",
    "an_admin_remains": "The last admin cannot be removed",
    "event_has_a_seat": "All seats of this lunch are taken",
    "event_state_allows_it": "This lunch is past that point",
    "email_is_unique": "This address cannot be used",
    "username_is_unique": "This username is taken",
    "location_name_is_unique": "There is a location of that name already",
    "food_type_name_is_unique": "There is a food type of that name already",
    "at_most_64_food_types": "There can be no more than 64 food types",
    "api_token_name_is_used_once": "You have a token of that name already",
    "food_type_is_in_use": "This food type is in use: somebody refuses it, a location serves it or a lunch had it",
    "pause_no_overlap": "You have a pause in that time already",
    "client_has_one_coach": "This client has a coach already",
    "relationship_coach_is_active": "A coach with clients stays a coach: end or move those relationships first",
    "relationship_client_is_active": "A client with a coach stays a client: end that relationship first",
    "commitment_follows_appointment": "This time was taken just now",
    "appointment_is_cancelled_once": "This call is cancelled",
    "client_waits_once_for_a_coach": "You wait for an earlier time with this coach already",
    "at_most_five_outside_calendars": "You have five calendars already, which is the most one can give",
    "outside_calendar_has_its_number": "You are giving another calendar just now: try again",
    "outside_calendar_is_given_once": "You gave this calendar already",
    "outside_calendar_is_https": "The address of a calendar begins with https://",
    "no_show_is_noted_once": "That was noted already",
    "pause_is_whole_weeks": "A pause is made of whole weeks",
}
"""Constraint name -> what a person who runs into it reads. A constraint without one is a defect and answers 500."""
