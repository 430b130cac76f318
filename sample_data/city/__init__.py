"""The sample city: invented plans drawn on a real coast.

Input: the coast and metro lines in `base/`, the layer list in `catalogue.yaml`, and `recipes.csv`,
which says for every layer how it is drawn and in which file it is delivered.
Output: the files of `deliveries/` and `sites/`, and `deliveries.yaml`.

Steps: `ground` cuts the city into cells and ranks them; `plans` groups cells into control lines and
plans and lets them disagree in known places; `protection` and `networks` draw what rules rely on;
`recipes` scatters the remaining layers; `sites` finds places for the five sample sites; `faults`
damages a few features; `next_version` changes one layer for a later delivery; `deliver` writes
everything in the formats departments send.
Everything is fictional, not for planning.
"""
