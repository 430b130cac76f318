"""The planning domain: one published blueprint of a city, asked two questions.

1. Where do the plans fight? `conflicts.search.find_conflicts` → `ConflictRun`.
2. What does the blueprint say about this site? `checks.check.check_site` → `SiteCheck`.

Input: a catalogue and a rule pack (YAML), delivered files, a site. Output: immutable documents
that cite the snapshot and the rules they rest on. Algorithm: `deliveries` makes versions,
`snapshots` pins them, `checks` and `conflicts` hand the store's geometries to the overlay engine
and judge what comes back by `rules`; `cases` and `clock` work on the answers. `bootstrap` alone
names concrete adapters; `cli` is the command line. docs/decisions/0058 has the order of the rooms.
"""
