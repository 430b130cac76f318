"""Rows of projects, their units, their boundary points, and of control lines.

XMDM is the code of the whole that a project is a part of, GCDM its own: of the whole both are the
same. QJDGCDM has the codes of what a project comes from, by whatever link. A code that is not
written as one is not passed on, and none is made.
"""

from collections.abc import Iterator

import numpy as np

from blueprint.codes import explain_code
from blueprint.exchange.documents import Attachment, Note, Row
from blueprint.exchange.sources import Sources
from blueprint.exports.text import boundary_text, header_of
from blueprint.lineage.conservation import site_geometry
from blueprint.lineage.kinds import DIVIDING
from blueprint.values import Bilingual
from layers.errors import CannotWrite
from layers.table import canonical_json, content_hashes, feature_table

VALID = 1
"""SJYXBS: 0 not valid, 1 valid."""
_BETWEEN = ","


class ProjectRows:
    """What the tables have of projects; `notes` and `attachments` grow as rows are asked for."""

    def __init__(self, sources: Sources) -> None:
        self._sources, self._view = sources, sources.view
        self.notes: list[Note] = []
        self.attachments: list[Attachment] = []
        self.codes = {name: self._code(name) for name in self._view.projects}

    def projects(self) -> Iterator[Row]:
        """XMJBXXB: one row for the project and each of the works that it was divided into."""
        for name in self._sources.works:
            project, facts = self._view.projects[name], self._view.projects[name].facts
            opened = [case.opened_at for case in self._sources.cases if case.project_id == name]
            yield {
                **self.own(name),
                "XMDM": self.whole_code(name),
                "XMMC": facts.name,
                "GCDM": self.codes[name],
                "GCFW": self._scope(name),
                "QJDGCDM": self._earlier(name),
                "GBHY": facts.industry,
                "ZTZE": facts.investment_wan,
                "JSGMJNR": facts.purpose,
                "YDMJ": facts.site_area_m2,
                "JZMJ": facts.floor_area_m2,
                "SBSJ": self._sources.local(min(opened)) if opened else None,
                "JSDW": facts.proposer,
                "JSDWDM": facts.proposer_code,
                "DFSJZJ": f"{project.id}.{project.version}",
            }

    def units(self) -> Iterator[Row]:
        """XMDWXXB: who proposes each."""
        for name in self._sources.works:
            facts = self._view.projects[name].facts
            yield {
                **self.own(f"{name}.proposer"),
                "XMDM": self.whole_code(name),
                "GCDM": self.codes[name],
                "DWTYSHXYDM": facts.proposer_code,
                "DWMC": facts.proposer,
            }

    def boundaries(self) -> Iterator[Row]:
        """XMYDHXJZXXB: the boundary points of each site, as a file in the surveyors' format."""
        number = 0
        for name in self._sources.works:
            file = self._boundary_file(name)
            if file is None:
                continue
            number += 1
            self.attachments.append(file)
            facts = self._view.projects[name].facts
            assert facts.site is not None
            yield {
                **self.own(f"{name}.site"),
                "XMDM": self.whole_code(name),
                "JZWJXH": number,
                "JZWJMC": file.name.rpartition("/")[2],
                "JZWJSM": f"{facts.name}用地红线，勘测定界界址点坐标，{self._sources.city.crs}",
                "JZWJFJ": file.name,
            }

    def control_lines(self) -> Iterator[Row]:
        """DFGHKZXXXB: the control lines of the newest snapshot, each with its first day."""
        for number, line in enumerate(self._sources.control_lines, start=1):
            said = f"图层 {line.layer} 第 {line.version} 版，蓝图快照 {self._sources.snapshot_id}"
            yield {
                **self.own(f"{line.layer}.{line.version}"),
                "KZXWJXH": number,
                "KZXWJMC": line.name,
                "KZXSYKSSJ": line.effective,
                "KZXWJSM": said,
            }

    def own(self, key: str) -> dict[str, str | int | None]:
        """What every row begins and ends with."""
        return {"DFSJZJ": key, "XZQHDM": self._sources.city.division, "SJYXBS": VALID}

    def whole_code(self, name: str) -> str | None:
        """XMDM: the code of what a project is a part of, as that stands today."""
        for link in self._view.family.above(name):
            if link.kind in DIVIDING:
                return self.whole_code(link.parent_id)
        heir = self._view.family.heir(name)
        return self.codes[heir] or self.codes[name]

    def _earlier(self, name: str) -> str | None:
        """QJDGCDM: the works codes of what a project comes from."""
        parents = self._view.family.parents(name)
        codes = [code for parent in parents if (code := self.codes[parent]) is not None]
        if len(codes) > 1:
            self._note("QJDGCDM", _SEVERAL)
        if codes and len(codes) < len(parents):
            self._note("QJDGCDM", _NOT_ALL)
        return _BETWEEN.join(codes) or None

    def _scope(self, name: str) -> str | None:
        """GCFW: what was said when the project was linked to what it comes from."""
        scopes = [
            link.note.scope
            for link in self._view.links
            if link.undone is None and link.child_id == name and link.note.scope is not None
        ]
        return "；".join(scopes) or None

    def _code(self, name: str) -> str | None:
        """A project's code, written out; None: it has none that is written as one."""
        said = self._view.projects[name].facts.code
        if said is None:
            return None
        found = explain_code(said, self._sources.day)
        if found.is_well_formed:
            return found.code
        problems = found.problems
        self._note(
            "GCDM",
            Bilingual(
                zh=f"{name} 的代码“{found.given}”有误，未导出：{problems[0].zh}",
                en=f"{name}: its code {found.given!r} is not passed on: {problems[0].en}",
            ),
        )
        return None

    def _boundary_file(self, name: str) -> Attachment | None:
        facts, city = self._view.projects[name].facts, self._sources.city
        shape = site_geometry(facts)
        if shape is None:
            return None
        shapes = np.array([shape], dtype=object)
        texts = [canonical_json({"name": facts.name})]
        table = feature_table([name], shapes, content_hashes(shapes, texts), texts, city.crs)
        head = header_of(facts.proposer, self._sources.day)
        try:
            written, _ = boundary_text(table, None, head, None, "utf-8")
        except CannotWrite as error:
            self._note_of_site(f"{name}: {error}")
            return None
        if facts.site is not None and facts.site.approximate:
            self._note_of_site(
                f"{name}: was drawn in {facts.site.approximate}: approximate, not for measuring"
            )
        return Attachment(f"attachments/{name}.txt", written.data)

    def _note(self, column: str, text: Bilingual) -> None:
        note = Note("SPGL_XMJBXXB", column, text)
        if note not in self.notes:
            self.notes.append(note)

    def _note_of_site(self, said: str) -> None:
        self.notes.append(Note("SPGL_XMYDHXJZXXB", "JZWJFJ", Bilingual(zh=said, en=said)))


_SEVERAL = Bilingual(
    zh="多个上级项目的代码以逗号分隔，分隔方式为假定",
    en="codes of several projects are divided by commas; that they may be so is assumed",
)
_NOT_ALL = Bilingual(
    zh="部分上级项目尚无代码，未列入", en="some of what it comes from has no code yet"
)
