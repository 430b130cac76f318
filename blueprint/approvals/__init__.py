"""Which approvals a project needs, which documents and figures they ask for, what is held already.

Input: an approvals pack (data), what a site check found, what is said of the project, what is held
of the applicant and of the project. Output: `ApprovalsNeeded`, `MaterialsList` and `DataForm`, each
citing the pack and the day. Algorithm: every approval's condition is decided with three answers,
yes, no and undecided, over the findings as their reader may see them; documents and figures that
several approvals ask for are asked once; what is held, or comes out of an approval of the same
course, is not asked at all.
"""
