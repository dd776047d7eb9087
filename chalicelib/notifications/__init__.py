"""What is told to people after something happened. Importing it makes every kind of mail known."""

from chalicelib.notifications import accounts, calls, lunches

__all__ = ["accounts", "calls", "lunches"]
