"""Lineage of projects (项目谱系): who comes from whom, and whether that adds up.

Input: the ledger of links, the project library, which projects the reader may see. Output:
`Lineage`, with `Conservation`, and `Duplicates` of one project among the others. Algorithm: the
links that stand join projects to families (`links`, `graph`); every whole is held against its parts
by what they state (`sums`) and by where they lie (`ground`); what looks like the same project is
found by code, by name and by overlapping site (`duplicates`).
"""

from blueprint.lineage.documents import Conservation, Lineage
from blueprint.lineage.duplicates import Duplicates, duplicates_of, find_duplicates
from blueprint.lineage.family import FamilyView, Sight, lineage_of, sight_of, view_family
from blueprint.lineage.links import (
    LinkNote,
    LinkWish,
    ProjectLink,
    add_link,
    find_link,
    said_link,
    undo_link,
)

__all__ = [
    "Conservation",
    "Duplicates",
    "FamilyView",
    "Lineage",
    "LinkNote",
    "LinkWish",
    "ProjectLink",
    "Sight",
    "add_link",
    "duplicates_of",
    "find_duplicates",
    "find_link",
    "lineage_of",
    "said_link",
    "sight_of",
    "undo_link",
    "view_family",
]
