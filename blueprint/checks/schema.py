"""The JSON Schema of a site check, as docs/site-check.schema.json holds it.

`python -m blueprint.checks.schema` writes it to stdout; a test holds the file against the models.
"""

import json
import sys
from typing import Any

from blueprint.documents import SiteCheck


def site_check_schema() -> dict[str, Any]:
    """The schema of the document that `check --json` and `POST /site-checks` answer."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **SiteCheck.model_json_schema(mode="serialization"),
    }


def schema_text() -> str:
    """The schema as the file holds it."""
    return json.dumps(site_check_schema(), ensure_ascii=False, indent=2) + "\n"


if __name__ == "__main__":
    sys.stdout.write(schema_text())
