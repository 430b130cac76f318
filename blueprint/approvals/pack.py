"""An approvals pack (审批事项与材料清单): approvals, their documents and the fields of one form.

Input: a YAML file as docs/approvals.md describes, read by `pack_file`. Output: `ApprovalsPack`,
whose approvals answer which of their legal bases stand on a day.
"""

from collections.abc import Iterator
from datetime import date
from functools import cached_property
from typing import Self

from pydantic import Field, model_validator

from blueprint.approvals.documents import LimitLine, PackRef
from blueprint.approvals.fields import FIELD_HOMES, FormField
from blueprint.approvals.kinds import Approval, DocumentKind, Limit
from blueprint.approvals.needs import Need, OnField, leaves
from blueprint.rules.legal import Citation, Law, LegalBasis, bases_standing
from blueprint.rules.pack import Mistake, mistakes_of_laws
from blueprint.rules.placed import PlacedPack
from blueprint.values import Bilingual, Slug, document_text, text_hash


class ApprovalsPack(PlacedPack):
    """A versioned set of approvals with the documents and figures that they ask for.

    `laws_from` names the rule pack whose laws may be cited, beside the file; those that are cited
    are then among `laws`, so that the pack stands by itself.
    """

    id: Slug
    version: str
    name: Bilingual
    laws_from: str | None = None
    laws: dict[Slug, Law] = Field(default_factory=dict)
    documents: dict[Slug, DocumentKind]
    fields: dict[Slug, FormField] = Field(default_factory=dict)
    approvals: tuple[Approval, ...]

    @model_validator(mode="after")
    def _hangs_together(self) -> Self:
        for mistake in mistakes_of(self):
            raise ValueError(mistake.text)
        return self

    @cached_property
    def ref(self) -> PackRef:
        """How answers cite it."""
        return PackRef(id=self.id, version=self.version, sha256=text_hash(document_text(self)))

    @cached_property
    def by_id(self) -> dict[str, Approval]:
        """Approvals by their id."""
        return {approval.id: approval for approval in self.approvals}

    @cached_property
    def givers(self) -> dict[str, Approval]:
        """The approval that each document comes out of, by the document's id."""
        return {name: approval for approval in self.approvals for name in approval.gives}

    def bases_in_force(self, approval: Approval, day: date) -> list[LegalBasis]:
        """The legal bases that carry the approval on `day`; none: it cannot be asked for."""
        return bases_standing(self.laws, approval.bases, day)

    def limit_on(self, limit: Limit | None, day: date) -> LimitLine | None:
        """A limit as it stands on `day`; None: there is none, or its laws are not in force."""
        if limit is None:
            return None
        standing = bases_standing(self.laws, limit.bases, day)
        if limit.bases and not standing:
            return None
        return LimitLine(days=limit.days, unit=limit.unit, legal_bases=standing)

    def deciding_fields(self, need: Need) -> list[str]:
        """The fields that a condition depends on, each once."""
        named = (getattr(leaf, "field", None) for leaf in leaves(need))
        return list(dict.fromkeys(name for name in named if name is not None))


def mistakes_of(pack: ApprovalsPack) -> Iterator[Mistake]:
    """What does not hang together in a pack whose every part is sound."""
    first: dict[str, int] = {}
    for row, approval in enumerate(pack.approvals):
        if first.setdefault(approval.id, row) != row:
            text = f"approval {approval.id} is there twice; give each its own id"
            yield Mistake(("approvals", row, "id"), text)
        yield from _mistakes_of_approval(pack, row, approval)
    yield from _mistakes_of_documents(pack)
    yield from _mistakes_of_fields(pack)
    yield from mistakes_of_laws(pack.laws)


def _mistakes_of_approval(pack: ApprovalsPack, row: int, approval: Approval) -> Iterator[Mistake]:
    at, name = ("approvals", row), f"approval {approval.id}"
    yield from _unlisted_laws(pack, name, at, approval.citations())
    for part, known, asked in (
        ("documents", pack.documents, [document.id for document in approval.documents]),
        ("gives", pack.documents, approval.gives),
        ("fields", pack.fields, [one.id for one in approval.fields]),
    ):
        listed = "fields" if part == "fields" else "documents"
        for number, one in enumerate(asked):
            if one not in known:
                text = f"{name}: {listed[:-1]} {one} is not listed; add it to {listed}"
                yield Mistake((*at, part, number), text, unknown=one)
            if one in asked[:number]:
                text = f"{name}, {part}: {one} is there twice; take one out"
                yield Mistake((*at, part, number), text)
    for one in approval.gives:
        if one in {document.id for document in approval.documents}:
            text = f"{name}: asks for {one}, which comes out of it; take one of the two out"
            yield Mistake((*at, "gives"), text)
    for need in approval.needs():
        for leaf in leaves(need):
            if isinstance(leaf, OnField):
                yield from _mistakes_of_comparison(pack, name, at, leaf)


def _unlisted_laws(
    pack: ApprovalsPack, name: str, at: tuple[str | int, ...], citations: Iterator[Citation]
) -> Iterator[Mistake]:
    for citation in citations:
        departs_from = citation.departs_from
        for law in (citation.law, *(() if departs_from is None else (departs_from.law,))):
            if law not in pack.laws:
                text = f"{name}: law {law} is not listed; add it to laws, or to those of laws_from"
                yield Mistake(at, text, unknown=law)


def _mistakes_of_comparison(
    pack: ApprovalsPack, name: str, at: tuple[str | int, ...], leaf: OnField
) -> Iterator[Mistake]:
    field = pack.fields.get(leaf.field)
    if field is None:
        text = f"{name}: field {leaf.field} is not listed; add it to fields"
        yield Mistake(at, text, unknown=leaf.field)
        return
    said = {leaf.equals} if leaf.equals is not None else set(leaf.one_of)
    choices = {choice.id for choice in field.choices}
    if leaf.bounds != field.is_number:
        text = f"{name}: field {leaf.field} is a {field.type}; hold it against one"
        yield Mistake(at, text)
    elif field.type == "yes_no" and said != {leaf.equals is True}:
        text = f"{name}: field {leaf.field} is yes or no; hold it against equals: true or false"
        yield Mistake(at, text)
    elif choices and not said <= choices:
        text = f"{name}: field {leaf.field} is never {', '.join(sorted(map(str, said - choices)))}"
        yield Mistake(at, f"{text}; it is one of {', '.join(sorted(choices))}")


def _mistakes_of_documents(pack: ApprovalsPack) -> Iterator[Mistake]:
    given: dict[str, str] = {}
    for row, approval in enumerate(pack.approvals):
        for one in approval.gives:
            if given.setdefault(one, approval.id) != approval.id:
                text = f"approval {approval.id}: {one} comes out of {given[one]}; take one out"
                yield Mistake(("approvals", row, "gives"), text)
    for name, kind in pack.documents.items():
        at = ("documents", name)
        yield from _unlisted_laws(pack, f"document {name}", at, iter(kind.bases))
        if kind.made_by != "authority" and (kind.department is not None or name in given):
            text = f"document {name}: is made by {kind.made_by}, and comes from an authority"
            yield Mistake((*at, "made_by"), f"{text}; write made_by: authority")
        if kind.made_by == "authority" and kind.department is None and name not in given:
            text = f"document {name}: no department and no approval gives it; add department"
            yield Mistake(at, text)


def _mistakes_of_fields(pack: ApprovalsPack) -> Iterator[Mistake]:
    homes: dict[str, str] = {}
    for name, field in pack.fields.items():
        at = ("fields", name)
        if field.home is not None:
            kind, place = field.home
            if homes.setdefault(f"{kind}.{place}", name) != name:
                text = f"field {name}: is kept as {homes[f'{kind}.{place}']} is; keep one of them"
                yield Mistake((*at, "kept_as"), text)
            fits = FIELD_HOMES.get(kind, {}).get(place) if kind != "answer" else "yes_no"
            if fits is None:
                text = f"field {name}: there is no {kind} {place}; name another, or drop kept_as"
                yield Mistake((*at, "kept_as"), text)
            elif field.value_type != fits:
                text = f"field {name}: {kind} {place} is a {fits}; make it one"
                yield Mistake((*at, "type"), text)
        for source, gives in field.sources():
            if gives != field.value_type:
                text = f"field {name}: {source} gives a {gives}; make it one, or drop the source"
                yield Mistake((*at, source), text)
