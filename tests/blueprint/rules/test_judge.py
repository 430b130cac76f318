from itertools import product
from types import SimpleNamespace

import hypothesis
from hypothesis import strategies as st

from blueprint.judge import milder, outcome_of, verdict_of

KNOWN = ["clear", "notice", "consult", "restricted", "prohibited"]
RANK = {outcome: rank for rank, outcome in enumerate(KNOWN)}
findings = st.lists(st.sampled_from([*KNOWN, "no_data"]).map(lambda o: SimpleNamespace(outcome=o)))
hidden = st.lists(st.sampled_from(KNOWN[1:]))


@hypothesis.given(findings=findings, hidden=hidden.filter(bool))
def test_no_verdict_passes_while_anything_is_hidden(findings, hidden):
    assert verdict_of(findings, hidden) != "pass"


@hypothesis.given(findings=findings, hidden=hidden)
def test_a_verdict_is_the_worst_known_or_incomplete_if_what_is_hidden_could_be_worse(
    findings, hidden
):
    known = max((RANK[f.outcome] for f in findings if f.outcome != "no_data"), default=0)
    verdict = verdict_of(findings, hidden)
    if any(RANK[outcome] > known for outcome in hidden):
        assert verdict == "incomplete"
    else:
        assert verdict == ("pass" if known == 0 else KNOWN[known])


def test_nothing_found_and_nothing_hidden_passes():
    assert verdict_of([], []) == "pass"


def test_milder_is_one_level_less_and_never_clear():
    assert [milder(severity) for severity in KNOWN[1:]] == [
        "notice", "notice", "consult", "restricted",
    ]  # fmt: skip


def test_only_a_rule_that_forgives_turns_a_suspected_error_into_a_notice():
    for severity, forgive, buffer_m in product(KNOWN[1:], (True, False), (None, 10.0)):
        rule = SimpleNamespace(severity=severity, forgive_slivers=forgive, buffer_m=buffer_m)
        full = outcome_of(rule, "real")
        assert outcome_of(rule, "suspected_error") == ("notice" if forgive else full)
        assert full == (severity if buffer_m is None else milder(severity))
