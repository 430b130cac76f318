"""From a site to a case: projects, their cases, and what departments answer (策划生成).

Input: a project with its facts and its site, later versions of both; opinions of departments;
events of approvals. Output: documents that are read from ledgers which are only added to:
`Project`, `CaseFile`, `Outcome`. Algorithm: a case is opened for a stage of a project; `screen`
checks the site, freezes what was found, for each audience as it may see it, and derives from the
findings whom to ask; what departments answer is added, version by version; nothing is changed.
"""
