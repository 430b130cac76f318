"""Where the plans fight: conflicts searched for, told from earlier ones, kept, worked on.

In: a snapshot's layers and its rules on pairs of layers. Algorithm: sides of each rule (`sides`) →
tasks and overlaps (`rule_search`, by the engine) → what each means (`rule_judge`, `matrix`,
`windows`) → which was there before (`identity`, `difference`) → kept (`run_rows`, `ledger`). Out:
the documents of `conflicts.documents`, read by `register`, `listing`, `totals`, `features`.
"""
