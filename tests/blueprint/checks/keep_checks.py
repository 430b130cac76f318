"""A process that keeps copies of the newest site check, as soon as it is let: STORE COUNT.

It says `ready` and waits for a line, so that several of them begin at one moment.
"""

import sys
from uuid import uuid4

import sqlalchemy as sa

from blueprint.bootstrap import open_service
from blueprint.checks.kept import save_check
from blueprint.documents import SiteCheck
from blueprint.models import SiteCheckRow


def main(store: str, count: int) -> None:
    with open_service(store) as service:
        with service.database.read() as connection:
            text = connection.scalar(sa.select(SiteCheckRow.document))
        check = SiteCheck.model_validate_json(text)
        print("ready", flush=True)  # noqa: T201
        sys.stdin.readline()
        for _ in range(count):
            one = check.model_copy(update={"check_id": f"chk_{uuid4().hex}"})
            with service.database.write() as connection:
                save_check(connection, one)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
