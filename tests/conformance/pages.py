"""HTML as a reader finds it: what a page says, where it leads, and what is wrong with it."""

from html.parser import HTMLParser

_VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source",
         "track", "wbr"}  # fmt: skip
_GONE = {"acronym", "applet", "basefont", "big", "center", "dir", "font", "frame", "frameset",
         "isindex", "marquee", "noframes", "strike", "tt"}  # fmt: skip
_UNCLOSED = {"p", "li", "dt", "dd", "option", "thead", "tbody", "tfoot", "tr", "td", "th"}
"""Elements whose end may be left to be understood."""


class Page(HTMLParser):
    """A page that was read to its end."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.faults: list[str] = []
        self.links: set[str] = set()
        self._open: list[str] = []
        self._seen: list[str] = []
        self._ids: set[str] = set()
        self._words: list[str] = []
        self._doctype = ""
        self.feed(text)
        self.close()
        self._look_back()

    @property
    def words(self) -> str:
        """What the body says, with single spaces."""
        return " ".join(" ".join(self._words).split())

    def handle_decl(self, decl: str) -> None:
        if self._seen:
            self.faults.append("the document type comes late")
        self._doctype = decl.lower()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._seen.append(tag)
        names = [name for name, _ in attrs]
        self.faults += [f"<{tag}> has {name} twice" for name in names if names.count(name) > 1]
        said = dict(attrs)
        if "id" in said:
            self.faults += [f"the id {said['id']} is there twice"] * (said["id"] in self._ids)
            self._ids.add(said["id"] or "")
        if tag == "a" and said.get("href") and "body" in self._open:
            self.links.add(said["href"] or "")
        if tag == "img" and "alt" not in said:
            self.faults.append("an image has no text")
        if tag not in _VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open[-1] != tag and self._open[-1] in _UNCLOSED:
            self._open.pop()
        if not self._open or self._open.pop() != tag:
            self.faults.append(f"</{tag}> ends nothing that is open")

    def handle_data(self, data: str) -> None:
        if "body" in self._open and not {"script", "style"} & set(self._open):
            self._words.append(data)

    def _look_back(self) -> None:
        if self._doctype.split() != ["doctype", "html"]:
            self.faults.append("is not declared as HTML 5")
        for tag in ("html", "head", "title", "body"):
            if self._seen.count(tag) != 1 and (tag != "title" or "svg" not in self._seen):
                self.faults.append(f"<{tag}> is there {self._seen.count(tag)} times")
        self.faults += [f"<{tag}> is no element any more" for tag in _GONE & set(self._seen)]
        self.faults += [f"<{tag}> is not closed" for tag in self._open if tag not in _UNCLOSED]
