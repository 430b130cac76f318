"""Keys and entries of the audit log as tables for a person."""

from collections.abc import Sequence
from datetime import datetime

from rich.table import Table
from rich.text import Text

from blueprint.access.api_keys import ApiKey
from blueprint.access.caller import TITLES
from blueprint.audit_log import Entry


def keys_table(keys: Sequence[ApiKey], moment: datetime) -> Table:
    """Keys, with what they open at a moment."""
    table = Table(title="API 密钥 · keys")
    for title in ("id", "name", "role", "scopes", "until", "last used", ""):
        table.add_column(title)
    for key in keys:
        own = f" {', '.join(sorted(key.departments))}" if key.departments else ""
        state = "" if key.usable_at(moment) else "revoked" if key.revoked_at else "ended"
        used = "" if key.last_used_at is None else f"{key.last_used_at:%Y-%m-%d %H:%M}"
        table.add_row(
            key.id,
            Text(key.name),
            f"{TITLES[key.role].zh} {key.role}{own}",
            ", ".join(sorted(key.scopes)),
            f"{key.expires_at:%Y-%m-%d}",
            used,
            state,
        )
    return table


def audit_table(entries: Sequence[Entry]) -> Table:
    """Entries, as they come."""
    table = Table(title="审计日志 · audit log")
    for title in ("at (UTC)", "actor", "action", "object", "detail"):
        table.add_column(title)
    for entry in entries:
        said = (entry.actor, entry.action, entry.object, entry.detail)
        table.add_row(f"{entry.at:%Y-%m-%d %H:%M:%S}", *map(Text, said))
    return table
