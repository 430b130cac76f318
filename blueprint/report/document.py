"""A report as data: one document in one language, of which PDF, Word and web page are made.

Input: texts, tables and pictures, ready to be read. Output: `Report`, a tree of sections and blocks
that says nothing of fonts or pages. What a report says is decided where its document is put
together; how it looks, in one template for each form.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field

from blueprint.values import Bilingual, Value

Lang = Literal["zh", "en"]


@dataclass(frozen=True, slots=True)
class Tongue:
    """One language of the two: says which of two texts is meant."""

    lang: Lang

    def __call__(self, zh: str, en: str) -> str:
        """One of two texts."""
        return zh if self.lang == "zh" else en

    def of(self, text: Bilingual) -> str:
        """The text of a document in this language."""
        return text.zh if self.lang == "zh" else text.en

    def listed(self, texts: list[str]) -> str:
        """Texts in one line."""
        return self("、", ", ").join(texts)

    def joined(self, texts: list[str]) -> str:
        """Clauses in one line."""
        return self("；", "; ").join(texts)

    def named(self, name: str, text: str) -> str:
        """A text behind its name."""
        return name + self("：", ": ") + text


class Text(Value):
    """A paragraph; `note` is in small print, `strong` stands out, `signed` has room for a seal."""

    kind: Literal["text"] = "text"
    text: str
    tone: Literal["plain", "note", "strong", "signed"] = "plain"


class Points(Value):
    """A list without an order."""

    kind: Literal["points"] = "points"
    items: list[str]


class Facts(Value):
    """Names and what they are, one a line."""

    kind: Literal["facts"] = "facts"
    rows: list[tuple[str, str]]


class Grid(Value):
    """A table; `widths` are shares of its width, `right` the columns of numbers."""

    kind: Literal["grid"] = "grid"
    head: list[str]
    rows: list[list[str]]
    widths: list[float]
    right: list[int] = Field(default_factory=list)


class Picture(Value):
    """A picture by its name among the report's pictures; `alt` tells it to who cannot see it."""

    kind: Literal["picture"] = "picture"
    name: str
    caption: str
    alt: str


class Gallery(Value):
    """Pictures of half the page's width, two beside each other."""

    kind: Literal["gallery"] = "gallery"
    pictures: list[Picture]


class Heading(Value):
    """A title within a section."""

    kind: Literal["heading"] = "heading"
    text: str


class Commands(Value):
    """What is typed, line by line, as it stands."""

    kind: Literal["commands"] = "commands"
    lines: list[str]


class Banner(Value):
    """A word on a colour, as #RRGGBB, and what it rests on."""

    kind: Literal["banner"] = "banner"
    colour: str
    word: str
    text: str


Simple = Annotated[Text | Points | Facts | Grid, Field(discriminator="kind")]


class Card(Value):
    """What belongs together under a title and a coloured word.

    Its picture stands beside the blocks; `below` come after both, as wide as the page.
    """

    kind: Literal["card"] = "card"
    colour: str
    word: str
    title: str
    blocks: list[Simple]
    picture: Picture | None = None
    below: list[Simple] = Field(default_factory=list)


Block = Annotated[
    Text | Points | Facts | Grid | Picture | Gallery | Heading | Commands | Banner | Card,
    Field(discriminator="kind"),
]


class Section(Value):
    """A numbered part."""

    title: str
    blocks: list[Block]


class Words(Value):
    """The few words that the forms themselves write."""

    page: str
    of: str
    continued: str


class Report(Value):
    """All that a report says. `moment` is what its files are dated by, not when they are made."""

    lang: Lang
    title: str
    subtitle: str
    notice: str | None
    facts: list[tuple[str, str]]
    footer: str
    moment: datetime
    words: Words
    sections: list[Section]

    def texts(self) -> Iterator[str]:
        """Every text of the report."""
        yield from _texts(self.model_dump(exclude={"moment", "lang"}))


class Plates:
    """The pictures that a report may have, numbered as they come."""

    def __init__(self, names: Collection[str], say: Tongue) -> None:
        """Have those of these names."""
        self._names, self._say, self._count = names, say, 0

    @property
    def drawn(self) -> bool:
        """Whether there is any."""
        return bool(self._names)

    def take(self, name: str, title: str) -> Picture | None:
        """The picture under the next number, if there is one."""
        if name not in self._names:
            return None
        self._count += 1
        number = self._say(f"图 {self._count}  ", f"Figure {self._count}. ")
        return Picture(name=name, caption=number + title, alt=title)


@dataclass(frozen=True, slots=True)
class Lettered:
    """A line of text on a drawing, from the left end of its baseline; points from the top left."""

    x: float
    y: float
    text: str
    size: float
    colour: str
    bold: bool = False
    upright: bool = False


@dataclass(frozen=True, slots=True)
class Drawing:
    """A picture as vectors: its size in points, its SVG, and every character that is in it.

    `bare` is the same without its lines, which `lines` are: a book of thousands of pages has its
    text set as text.
    """

    width: float
    height: float
    svg: str = field(repr=False)
    text: str = field(repr=False, default="")
    bare: str = field(repr=False, default="")
    lines: Sequence[Lettered] = field(repr=False, default=())


@dataclass(frozen=True, slots=True)
class Bound:
    """A report with its drawings by name."""

    report: Report
    drawings: Mapping[str, Drawing] = field(default_factory=dict)

    def text(self) -> str:
        """Every character that it is set in."""
        return "".join([*self.report.texts(), *(one.text for one in self.drawings.values())])


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for part in value.values():
            yield from _texts(part)
    elif isinstance(value, list | tuple):
        for part in value:
            yield from _texts(part)
