"""What can be wrong with the machine or the folder, said in one sentence that tells what to do."""

import errno
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

NO_ROOM = (errno.ENOSPC, errno.EDQUOT)
NOT_OURS = (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EEXIST, errno.EISDIR)
PROBE = bytes(1 << 16)


class LocalError(Exception):
    """Its message is the whole answer: the command prints it and ends with status 1, without a traceback."""


@contextmanager
def disk_errors(folder: Path) -> Iterator[None]:
    """Turns what the file system refuses below ``folder`` into a LocalError."""
    try:
        yield
    except OSError as error:
        if error.errno in NO_ROOM:
            raise disk_is_full(folder) from error
        below = error.filename is not None and str(error.filename).startswith(str(folder))
        if below and error.errno in NOT_OURS:
            reason = (error.strerror or "refused").lower()
            raise LocalError(
                f"Cannot write in {folder} ({reason}): make it yours, or choose another folder with DATA=."
            ) from error
        raise


def has_no_room(folder: Path) -> bool:
    """Whether not even a small file can be written in ``folder``: asked by writing one, since quotas count too."""
    try:
        with tempfile.TemporaryFile(dir=folder) as probe:
            probe.write(PROBE)
            probe.flush()
            os.fsync(probe.fileno())
    except OSError as error:
        return error.errno in NO_ROOM
    return False


def disk_is_full(folder: Path) -> LocalError:
    """The sentence for a file system without room."""
    return LocalError(f"The disk that holds {folder} is full: free some space, or choose another folder with DATA=.")
