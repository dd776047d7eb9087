"""``make schema``: migrates a database of its own, and writes down what came of it."""

import os
import sys

from infra.local.errors import LocalError
from infra.local.postgres import Postgres
from infra.schema import drawing, reading
from infra.schema.dump import entries


def main() -> None:
    """Write sql/schema.sql, and the drawings in docs/architecture.md."""
    os.environ.setdefault("STAGE", "test")
    from chalicelib.migrate import migrate

    with Postgres(durable=False) as server:
        migrate(server.url)
        found = entries(server.url, server.programs)
    reading.SCHEMA.write_text(reading.written(found))
    drawing.update(found)


if __name__ == "__main__":
    try:
        main()
    except LocalError as error:
        sys.exit(str(error))
