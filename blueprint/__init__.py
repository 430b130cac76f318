"""The planning domain: one published blueprint of a city, asked two questions.

1. Where do the plans fight? `find_conflicts` → `ConflictRun`.
2. What does the blueprint say about this site? `check_site` → `SiteCheck`.

Input: a catalogue and a rule pack (YAML), delivered files, a site. Output: immutable documents
that cite the snapshot and the rules they rest on. Algorithm: `ingest` makes versions, `publish`
pins them, `check` and `conflicts` hand the store's geometries to the overlay engine and judge what
comes back. `bootstrap` alone names concrete adapters; `cli` is the command line.
"""
