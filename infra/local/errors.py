"""What can be wrong with the machine or the folder, said in one sentence that tells what to do."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class LocalError(Exception):
    """Its message is the whole answer: the command prints it and ends with status 1, without a traceback."""


@contextmanager
def disk_errors(folder: Path) -> Iterator[None]:
    """Turns what the file system refuses below ``folder`` into a LocalError."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise disk_is_full(folder) from error
        ours = error.filename is not None and str(error.filename).startswith(str(folder))
        if ours and error.errno in (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EEXIST, errno.EISDIR):
            reason = (error.strerror or "refused").lower()
            raise LocalError(
                f"Cannot write in {folder} ({reason}): make it yours, or choose another folder with DATA=."
            ) from error
        raise


def disk_is_full(folder: Path) -> LocalError:
    """The sentence for a file system without room."""
    return LocalError(f"The disk that holds {folder} is full: free some space, or choose another folder with DATA=.")
