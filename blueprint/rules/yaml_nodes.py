"""YAML with its line numbers: what a file says, and on which line it says it.

Input: the text of one YAML document. Output: `YamlDocument`: its content as plain data, the line
of any path in it, and keys that stand twice in one mapping (YAML itself drops the first silently).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import yaml

Step = str | int

if TYPE_CHECKING:
    _Base = yaml.SafeLoader
else:  # libyaml's parser where PyYAML was built with it
    _Base = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class NotYaml(ValueError):
    """A text that is no YAML; `line` is where, counted from 1."""

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(reason)
        self.line = line


class _Loader(_Base):
    """The safe loader, saying where a day stands that no calendar has."""

    def construct_yaml_timestamp(self, node: yaml.ScalarNode) -> date:
        try:
            return super().construct_yaml_timestamp(node)
        except ValueError as problem:
            reason = f"{node.value} is no day: {problem}"
            raise yaml.constructor.ConstructorError(None, None, reason, node.start_mark) from None


_Loader.add_constructor("tag:yaml.org,2002:timestamp", _Loader.construct_yaml_timestamp)


@dataclass(frozen=True, slots=True)
class YamlDocument:
    """One document: its content and the tree of nodes that it was made of."""

    content: object
    _root: yaml.Node | None

    def line_of(self, path: Sequence[Step]) -> int:
        """The line of what a path leads to, or of the last step of it that is there; from 1."""
        node, line = self._root, 1
        if node is not None:
            line = node.start_mark.line + 1
        for step in path:
            found = _child(node, step)
            if found is None:
                break
            line, node = found
        return line

    def twice(self) -> Iterator[tuple[int, str]]:
        """Keys that stand twice in one mapping, with the line of the second one."""
        seen: set[int] = set()
        waiting = [self._root] if self._root is not None else []
        while waiting:
            node = waiting.pop()
            if id(node) in seen:  # an alias
                continue
            seen.add(id(node))
            if isinstance(node, yaml.SequenceNode):
                waiting += reversed(node.value)
            elif isinstance(node, yaml.MappingNode):
                names: set[str] = set()
                for key, _ in node.value:
                    if isinstance(key, yaml.ScalarNode):
                        if key.value in names:
                            yield key.start_mark.line + 1, str(key.value)
                        names.add(key.value)
                waiting += [value for _, value in reversed(node.value)]


def _child(node: yaml.Node | None, step: Step) -> tuple[int, yaml.Node] | None:
    """A node's child and the line on which it, or its key, begins."""
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        return node.value[step].start_mark.line + 1, node.value[step]
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if isinstance(key, yaml.ScalarNode) and key.value == str(step):
                return key.start_mark.line + 1, value
    return None


def read_yaml(text: str) -> YamlDocument:
    """Read one YAML document; an empty text is a document that says nothing.

    Raises:
        NotYaml: it is none; with the line.
    """
    root = None
    try:
        loader = _Loader(text)
        try:
            root = loader.get_single_node()
            # keys that stand twice are looked for in what was written, so before merges are done
            return YamlDocument(None if root is None else loader.construct_document(root), root)
        finally:
            loader.dispose()
    except yaml.MarkedYAMLError as problem:
        mark = problem.problem_mark or problem.context_mark
        reason = problem.problem or problem.context or str(problem)
        # what is missing at the end is told of the line after the last one
        last = text.rstrip().count("\n")
        raise NotYaml(1 + (0 if mark is None else min(mark.line, last)), reason) from None
    except yaml.reader.ReaderError as problem:
        line = text.count("\n", 0, problem.position) + 1
        raise NotYaml(line, " ".join(str(problem).split())) from None
    except (yaml.YAMLError, ValueError, RecursionError) as problem:
        line = 1 if root is None else root.start_mark.line + 1
        raise NotYaml(line, " ".join(str(problem).split())) from None
