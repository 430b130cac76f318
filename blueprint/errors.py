"""What can go wrong in the planning domain, each naming the object and the remedy in one line.

PlanningError
├── InvalidCatalogue    the catalogue file breaks a rule of docs/catalogue.md
├── InvalidPack
│   ├── InvalidRulePack   the rule pack breaks a rule of docs/rules.md, or names what is not there
│   └── InvalidApprovals  the approvals pack breaks a rule of docs/approvals.md, or names such
├── NothingPublished    no catalogue is loaded, or no snapshot is published yet
├── UnknownSnapshot     no snapshot of that id, or none yet on that day
├── AmbiguousSnapshot   a snapshot is named by its id and by a day at once
├── UnknownCheck        no site check of that id
├── CannotVerify        a document is no site check, or what it cites is not in this store
├── UnknownProject      no project of that id that the caller may see
├── UnknownCase         no case of that id that the caller may see
├── UnknownOutcome      no outcome of a case was issued yet
├── InvalidProject      what is said of a project cannot be
├── InvalidOpinion      an opinion lacks a basis or conditions, or has some that cannot be
├── InvalidCase         a case does not stand where the step could follow
├── UnknownApplicant    nothing is known of an applicant of that name, or it is somebody else
├── UnknownApproval     no approval of that id in the approvals pack
├── UnknownDocument     no held document of that id
├── InvalidDocument     a document cannot be held like that
├── InvalidProfile      what is said of an applicant cannot be
├── InvalidForm         a value of a filled form cannot be, or its field is not asked
├── UnknownConflict     no conflict of that id that the caller may see
├── NotSearched         no search for conflicts of that snapshot is kept
├── InvalidStep         a conflict cannot come to that state, or not so
├── UnknownCollection   no layer of that id that the caller may see
├── UnknownFeature      no feature of that id in a layer
├── InvalidSite         the site is not one sound polygon in the city
├── InvalidCode         a project code is not written as one, or a part of it cannot be
├── InvalidLink         two projects cannot be linked so, or that link cannot be undone
├── UnknownLink         no link of that number between projects that the caller may see
├── InvalidFigures      an answer or figure of the project cannot be, or was not asked for
├── MissingGlyphs       no font has a character that a report or picture is to show
├── CannotCopy          the target of a copy holds data, or is not what was copied
├── NotAllowed          the caller may not ask for that
├── UnknownProcess      no process of that id
├── UnknownUpload       no upload of that id that is the caller's
├── UnknownJob          no job of that id that is the caller's
│   └── JobIsOver       the job does not run any more, or not by this worker
├── ResultNotReady      the job is not over yet
├── ResultIsGone        the job was dismissed, or what it came to is not there for this clearance
├── InvalidInputs       a process cannot be run on what it was given
├── TooManyJobs         so many jobs wait already that no further one is taken
├── KeyAtWork           a request of that key is being answered
├── KeyOfAnother        the key was given with another request
├── AnswerClosed        what was answered by that key may not be shown again
├── UnknownWebhook      no webhook of that id
├── InvalidWebhook      nothing may be sent there, or of that
├── InvalidManifest     the list of deliveries cannot be followed
├── InvalidCalendar     the file of calendar overrides breaks a rule of docs/clock.md
├── InvalidClockLaw     the law of the clock breaks a rule of docs/clock.md
├── InvalidEvent        an event cannot follow what was noted of an item before, or says too much
├── InvalidDays         a number of days that no limit has, or that leads beyond every calendar
├── InvalidKey          a key cannot be made like that
├── UnknownKey          no key of that id
├── InvalidAccess       how callers prove who they are is told wrongly, or not at all
└── InvalidSetting      an environment variable names what is not there
"""


class PlanningError(Exception):
    """Root of the errors of `blueprint`; its text is one line for a person."""

    @property
    def lines(self) -> tuple[str, ...]:
        """What a person is told, line by line."""
        return (str(self),)


class InvalidCatalogue(PlanningError):
    """The catalogue is not as docs/catalogue.md asks."""


class InvalidPack(PlanningError):
    """A pack of data is not as its page in docs asks, or does not fit what it names.

    Its arguments are lines, one for each mistake, with file, line and remedy.
    """

    def __str__(self) -> str:
        return "\n".join(self.lines)

    @property
    def lines(self) -> tuple[str, ...]:
        """One line for each mistake."""
        return tuple(map(str, self.args))


class InvalidRulePack(InvalidPack):
    """The rule pack is not as docs/rules.md asks, or does not fit the catalogue."""


class InvalidApprovals(InvalidPack):
    """The approvals pack is not as docs/approvals.md asks, or does not fit catalogue and rules."""


class NothingPublished(PlanningError):
    """There is no catalogue or no snapshot to work on."""


class UnknownSnapshot(PlanningError):
    """No snapshot has that id, or none was in force on that day."""


class AmbiguousSnapshot(PlanningError):
    """A snapshot is named by its id and by a day at once."""


class UnknownCheck(PlanningError):
    """No site check has that id, or the caller may not see it."""


class CannotVerify(PlanningError):
    """A document is no site check, or what it cites is not in this store as it was."""


class UnknownConflict(PlanningError):
    """No search has found a conflict of that id, or the caller may not see it."""


class NotSearched(PlanningError):
    """No search for conflicts is kept of the snapshot."""


class InvalidStep(PlanningError):
    """A conflict cannot come from its state to the one asked for, or what that needs is wrong."""


class UnknownCollection(PlanningError):
    """No layer has that id, or the caller may not see it."""


class UnknownFeature(PlanningError):
    """The layer has no feature of that id in this snapshot."""


class UnknownTile(PlanningError):
    """The grid has no such tile, or there is no such grid."""


class InvalidFilter(PlanningError):
    """A caller's filter is no CQL2, or asks for what is not known here."""


class InvalidSite(PlanningError):
    """The site cannot be checked as it is drawn.

    `why` names the reason in one word, so that it can be told in another language.
    """

    def __init__(self, message: str, why: str | None = None) -> None:
        super().__init__(message)
        self.why = why


class InvalidFigures(PlanningError):
    """An answer or a figure of the project cannot be, or no rule asks for it."""


class InvalidManifest(PlanningError):
    """The list of deliveries is malformed or names what is not there."""


class CannotCopy(PlanningError):
    """The store to copy to holds data already, or what arrived is not what was sent."""


class MissingGlyphs(PlanningError):
    """No font at hand has some of the characters."""


class NotAllowed(PlanningError):
    """The caller may not ask for that."""


class UnknownProcess(PlanningError):
    """No process has that id."""


class UnknownUpload(PlanningError):
    """No upload has that id, or it is somebody else's."""


class UnknownJob(PlanningError):
    """No job has that id, or it is somebody else's."""


class JobIsOver(UnknownJob):
    """A worker's job was dismissed, or taken up by another one: what it did is not kept."""


class ResultNotReady(PlanningError):
    """The job has no result yet."""


class ResultIsGone(PlanningError):
    """The job was dismissed, or the caller may no longer see what it came to."""


class InvalidInputs(PlanningError):
    """A process cannot be run on these inputs."""


class TooManyJobs(PlanningError):
    """So many jobs wait already that no further one is taken."""


class KeyAtWork(PlanningError):
    """A request with the same key is being answered."""


class KeyOfAnother(PlanningError):
    """The key was given with another request before."""


class AnswerClosed(PlanningError):
    """It was answered, but what may be seen has changed since."""


class UnknownWebhook(PlanningError):
    """No webhook has that id."""


class InvalidWebhook(PlanningError):
    """Nothing may be sent to that address, or there are no such events."""


class InvalidKey(PlanningError):
    """A key cannot be made with that name, role, department, scope or end."""


class UnknownKey(PlanningError):
    """No key has that id."""


class InvalidAccess(PlanningError):
    """The environment does not say, or not so that it can be followed, how callers are known."""


class UnknownProject(PlanningError):
    """No project has that id, or the caller may not see it."""


class UnknownCase(PlanningError):
    """No case has that id, or the caller may not see it."""


class UnknownOutcome(PlanningError):
    """No outcome of the case was issued yet."""


class InvalidProject(PlanningError):
    """What is said of a project cannot be, or two things that are said cannot both be."""


class InvalidOpinion(PlanningError):
    """An opinion lacks a basis or its conditions, or has some that cannot be."""


class InvalidCase(PlanningError):
    """A case does not stand where the step that is asked for could follow."""


class InvalidCode(PlanningError):
    """A project code is not written as one, or a part of it cannot be."""


class InvalidLink(PlanningError):
    """Two projects cannot be linked like that, or their link was undone already."""


class UnknownLink(PlanningError):
    """No link has that number, or the caller may not see the projects that it links."""


class InvalidSetting(PlanningError):
    """An environment variable names what is not there."""


class UnknownApplicant(PlanningError):
    """Nothing is known of an applicant of that name, or it is somebody else."""


class UnknownDocument(PlanningError):
    """No held document has that id, or it was withdrawn."""


class UnknownApproval(PlanningError):
    """The approvals pack has no approval of that id."""


class InvalidDocument(PlanningError):
    """A document cannot be held like that."""


class InvalidProfile(PlanningError):
    """What is said of an applicant cannot be."""


class InvalidForm(PlanningError):
    """A value of a filled form cannot be, or its field is not asked."""


class InvalidCalendar(PlanningError):
    """The file of calendar overrides is not as docs/clock.md asks."""


class InvalidDays(PlanningError):
    """A number of days that no limit has, or a day that no calendar reaches."""


class InvalidClockLaw(PlanningError):
    """The law of the clock is not as docs/clock.md asks.

    Its arguments are lines, one for each mistake, with file, line and remedy.
    """

    def __str__(self) -> str:
        return "\n".join(self.lines)

    @property
    def lines(self) -> tuple[str, ...]:
        """One line for each mistake."""
        return tuple(map(str, self.args))


class InvalidEvent(PlanningError):
    """An event of an approval item cannot follow what was noted before, or says too much."""
