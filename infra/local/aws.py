"""SQS on loopback: moto's server, in memory. ``python -m infra.local.aws PORT``."""

import logging
import sys
import threading

from moto.server import ThreadedMotoServer

from infra.local import processes


def main(port: int) -> None:
    """Serves until the parent is gone."""
    processes.exit_with_parent()
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    ThreadedMotoServer(ip_address=processes.LOOPBACK, port=port, verbose=False).start()
    threading.Event().wait()


if __name__ == "__main__":
    main(int(sys.argv[1]))
