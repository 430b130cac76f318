"""Rules as data, the law that they rest on, and the kinds of rule there are.

In: a pack (YAML, `pack_file`). Out: `pack.RulePack`, whose rules are of the `kinds`; `audit` holds
them against the law of a day. What overlaps come to by a rule is in `blueprint.judge`.
"""
