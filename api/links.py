"""Links, as OGC API documents have them."""

from pydantic import BaseModel


class Link(BaseModel):
    """Where to go on."""

    href: str
    rel: str
    title: str
    type: str = "application/json"
