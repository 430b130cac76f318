"""From a site to a case: projects, their cases, and what departments answer (策划生成).

Input: a project with its facts and its site, later versions of both; opinions of departments;
events of approvals. Output: documents that are read from ledgers which are only added to:
`ProjectFile`, `CaseFile`, `CaseOutcome`. Algorithm: a case is opened for a stage of a project;
`screen` checks the site, freezes what was found for each audience as it may see it, and derives
whom to ask; `consult` asks them all at once, and after a change only whom it concerns; `opinions`
are added, version by version; `outcome` collects conditions and contradictions; `review` holds
cases against a newer snapshot. `rights` says who sees a case, `readers` as what. No row changes.
"""
