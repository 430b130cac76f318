"""Small values that catalogue, rules and documents share: names in two languages, ids, hashes."""

import unicodedata
from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path
from typing import Annotated, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError

from blueprint.errors import PlanningError
from layers.table import canonical_json

Slug = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,47}$")]
"""An id: lower-case letters, digits and underscores, as it may stand in a URL or a table name."""


class Value(BaseModel):
    """An immutable value; a field that is not known is an error, not ignored."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Bilingual(Value):
    """A text in Chinese and English."""

    zh: str
    en: str

    def both(self) -> str:
        """Both on one line; a text that is the same in both is said once."""
        return self.zh if self.zh == self.en else f"{self.zh} · {self.en}"


LONGEST_LINE = 200
"""Characters of a line that somebody gives: a name, an id."""


def is_plain(text: str) -> bool:
    """Whether a text is short, not empty, and has no character that a database or a line refuses.

    Those are control characters, halves of surrogate pairs, and ends of lines and paragraphs.
    """
    kinds = {unicodedata.category(character) for character in text}
    return 0 < len(text) <= LONGEST_LINE and not kinds & {"Cc", "Cs", "Zl", "Zp"}


def joined(texts: Iterable[Bilingual | None]) -> Bilingual | None:
    """All the texts that there are in one; None where there is none."""
    given = [text for text in texts if text is not None]
    if not given:
        return None
    return Bilingual(zh="；".join(g.zh for g in given), en="; ".join(g.en for g in given))


# libyaml's parser where PyYAML was built with it: the catalogue has 3,000 lines
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

ModelT = TypeVar("ModelT", bound=BaseModel)


def load_yaml(path: Path, model: type[ModelT], error: type[PlanningError]) -> ModelT:
    """Read a YAML file into a model.

    Raises:
        error: the file is missing, is not YAML, or a field of it is wrong; the text names which.
    """
    try:
        content = yaml.load(path.read_text("utf-8"), Loader=_Loader)  # noqa: S506 both are safe
    except OSError as problem:
        message = f"{path}: cannot be read ({problem.strerror}); give the path of a YAML file"
        raise error(message) from None
    except (yaml.YAMLError, ValueError) as problem:  # a date that does not exist is a ValueError
        reason = " ".join(str(problem).split())
        message = f"{path}: is not YAML ({reason}); mend the line it names"
        raise error(message) from None
    try:
        return model.model_validate(content)
    except ValidationError as problem:
        first = problem.errors()[0]
        where = ".".join(str(step) for step in first["loc"]) or "top level"
        more = f" (and {problem.error_count() - 1} more)" if problem.error_count() > 1 else ""
        message = f"{path.name}: {where}: {first['msg']}{more}"
        raise error(message) from None


def document_text(model: BaseModel) -> str:
    """The canonical JSON text of a model: equal content, equal text."""
    return canonical_json(model.model_dump(mode="json"))


def text_hash(text: str) -> str:
    """SHA-256 of a text, in hex."""
    return sha256(text.encode()).hexdigest()
