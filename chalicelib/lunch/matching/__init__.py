"""The weekly matcher: a round as columns in; the lunches, their proof and everybody's reason out.

Pure: values in, values out; no database, clock or network. docs/matching.md explains the theory step by step.
"""

import contextlib
import pathlib

with contextlib.suppress(FileNotFoundError):
    # Where it is compiled: a link that is followed once, so that all modules are those of one moment or none is.
    __path__.insert(0, str(pathlib.Path(__file__).with_name("compiled").resolve(strict=True)))

from chalicelib.lunch.matching.certify import Unproven, check, prove
from chalicelib.lunch.matching.columns import BadColumns, Columns, Result
from chalicelib.lunch.matching.reasons import Reason, reasons
from chalicelib.lunch.matching.rounds import match

__all__ = ["BadColumns", "Columns", "Reason", "Result", "Unproven", "check", "match", "prove", "reasons"]
