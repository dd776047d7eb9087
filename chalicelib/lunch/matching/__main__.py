"""Matches a round's columns offline: python -m chalicelib.lunch.matching IN.npz OUT.npz

A file of a real round holds `person` and the filter's sealed `pages`; the two keys come from the environment as
base64 (BLOOM_PAIR_KEY chooses the bits, BLOOM_SEAL_KEY opens the pages).
"""

from __future__ import annotations

import base64
import os
import sys
import zipfile

import numpy as np

from chalicelib.lunch.matching import check, match
from chalicelib.lunch.matching.columns import BadColumns, Columns, Filter, from_arrays, to_arrays


def main(arguments: list[str]) -> int:
    """Read IN.npz, write OUT.npz, say in a sentence how many are left over; 2 if refused."""
    if len(arguments) != 2:
        return _refuse("Usage: python -m chalicelib.lunch.matching IN.npz OUT.npz")
    try:
        columns = _read(arguments[0])
    except BadColumns as refusal:
        return _refuse(str(refusal))
    result = match(columns)
    check(columns, result)
    try:
        with open(arguments[1], "wb") as file:
            np.savez(file, **to_arrays(result))  # type: ignore[arg-type]
    except OSError as refusal:
        return _refuse(f"{arguments[1]} cannot be written: {refusal.strerror}.")
    proof = "no method could leave fewer (checked)" if result.proven else f"at least {result.bound} must be (checked)"
    print(f"{len(columns)} people, {len(result.start)} lunches, {result.left} left over; {proof}.")
    return 0


def _read(path: str) -> Columns:
    try:
        with np.load(path, allow_pickle=False) as file:
            if not isinstance(file, np.lib.npyio.NpzFile):
                raise BadColumns(f"{path} is no file of columns (.npz).")
            arrays = {name: file[name] for name in file.files}
    except BadColumns:
        raise
    except OSError as refusal:
        raise BadColumns(f"{path} cannot be read: {refusal.strerror or 'it is no .npz file'}.") from refusal
    except (ValueError, zipfile.BadZipFile, EOFError, AttributeError, TypeError, KeyError) as refusal:
        raise BadColumns(f"{path} is no file of columns (.npz without pickles).") from refusal
    return from_arrays(arrays, _filter(arrays) if "pages" in arrays else None)


def _filter(arrays: dict[str, np.ndarray]) -> Filter:
    from chalicelib.lunch import bloom

    keys = [os.environ.get(name, "") for name in ("BLOOM_PAIR_KEY", "BLOOM_SEAL_KEY")]
    if not all(keys):
        raise BadColumns("The columns hold a filter: set BLOOM_PAIR_KEY and BLOOM_SEAL_KEY.")
    try:
        pair_key, seal_key = (base64.b64decode(key, validate=True) for key in keys)
        pages = [bytes(page) for page in np.asarray(arrays["pages"], np.uint8)]
        return bloom.open_all(pages, pair_key, seal_key)
    except ValueError as refusal:
        raise BadColumns(f"The filter cannot be opened: {refusal}") from refusal


def _refuse(sentence: str) -> int:
    print(sentence, file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
