"""The weekly matcher: a round as columns in; the lunches, their proof and everybody's reason out.

Pure: values in, values out; no database, clock or network. docs/matching.md explains the theory step by step.
"""

from chalicelib.lunch.matching.certify import Unproven, check, prove
from chalicelib.lunch.matching.columns import BadColumns, Columns, Result
from chalicelib.lunch.matching.reasons import Reason, reasons
from chalicelib.lunch.matching.rounds import match

__all__ = ["BadColumns", "Columns", "Reason", "Result", "Unproven", "check", "match", "prove", "reasons"]
