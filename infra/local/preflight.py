"""What a start finds on this machine: what the shell says, who has the port, which PostgreSQL is given."""

import os
import socket
import time

import psycopg2

from infra.local import processes
from infra.local.errors import LocalError

OLDEST_SERVER = 150000


def drop_foreign_settings() -> None:
    """Drops what the shell says of other systems: no handler here may ever reach somebody's real AWS account."""
    for name in list(os.environ):
        if name.startswith("AWS_") or (name.startswith("PG") and "DATABASE_URL" not in os.environ):
            del os.environ[name]
    os.environ["AWS_CONFIG_FILE"] = os.environ["AWS_SHARED_CREDENTIALS_FILE"] = os.devnull
    os.environ["AWS_EC2_METADATA_DISABLED"] = "true"
    own = filter(None, (os.environ.get("NO_PROXY") or os.environ.get("no_proxy"), "127.0.0.1,localhost"))
    os.environ["NO_PROXY"] = os.environ["no_proxy"] = ",".join(own)


def listen(port: int) -> socket.socket:
    """The gateway's socket, taken before anything is started; requests wait in it until the gateway is there.

    Raises:
        LocalError: the port is taken, or not for ordinary users.
    """
    for patience in (True, True, True, False):
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((processes.LOOPBACK, port))
            listener.listen(128)
            return listener
        except PermissionError:
            listener.close()
            raise LocalError(
                f"Port {port} is not for ordinary users: choose another, like make run PORT=8001."
            ) from None
        except OSError:
            listener.close()
            if not patience:
                break
            time.sleep(0.2)  # the gateway of a killed system may still be ending
    raise LocalError(f"Port {port} is taken: end who has it, or choose another one, like make run PORT=8001.")


def server_version(url: str) -> str:
    """The version of the PostgreSQL at ``url``. Raises LocalError if it does not answer or is older than 15."""
    try:
        connection = psycopg2.connect(url, connect_timeout=5)
    except psycopg2.Error as error:
        reason = " ".join(str(error).split())
        raise LocalError(
            f"The PostgreSQL of DATABASE_URL does not answer ({reason}): start it, or unset it."
        ) from error
    number = connection.server_version
    connection.close()
    if number < OLDEST_SERVER:
        raise LocalError(f"PostgreSQL {number // 10000} is too old: DATABASE_URL must name version 15 or later.")
    return f"{number // 10000}.{number % 10000}"
