"""What the blueprint says about one site: read, judged, kept, shown, proved.

In: a site (`site`, `handed_site`), a snapshot and a day (`desk`). Algorithm: `check` →
`examination` (what lies around, `encounters`, `answers` rule by rule) → `robustness` and
`what_would_change` → `kept`. Out: the document `blueprint.documents.SiteCheck`; `shown` and
`features` show it, `verify` proves it, `impact` tells when it would differ.
"""
