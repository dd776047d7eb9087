"""What is told to people after something happened. Importing it makes every kind of mail known."""

from chalicelib.notifications import account_mails, accounts, calendars, calls, coaches, lunches

__all__ = ["account_mails", "accounts", "calendars", "calls", "coaches", "lunches"]
