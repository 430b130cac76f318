"""The kinds of rules: what each may say, and what it comes to on given ground.

What rules on sites may say stands in `models`, what rules on whole layers may in `plan_models` and
`matrix`.

Input: a rule, geometries as arrays in one projected CRS with their attributes as JSON texts, and
the project's figures. Output: frozen results of arrays and numbers. No store, no snapshot and no
document is known here: `blueprint.checks.check` and others turn results into findings.

| kind | evaluated by |
|---|---|
| `site` | `conditions`: what an answer of the applicant makes of it |
| `distance` | `distance`: drawn zones, else theoretical ones |
| `height` | `height`: headroom under an airport's obstacle limitation surfaces |
| `attribute` | `attribute`: limits of the detailed plan against the project's figures |
| `project` | `project`: which other projects count on a day |
| `quota` | `quota`: control totals of the city and its districts |
| `coverage` | `coverage`: gaps, overlaps, duplicate ids, missing codes |
| `exclusive` | `blueprint.conflicts.rule_search`, by the conflict engine; its `windows` |
| `matrix` | the same; `matrix` says what it may say, `blueprint.conflicts.matrix` sums up |
| `within`, `contains` | `containment`: what lies outside |

An answer or figure that is not given, and an attribute that is missing, never clears.
Nothing is imported here, so that `blueprint.rules.pack` can load the models alone.
"""
