import json

import pytest

from server.sandbox import read_fault_script
from server.sandbox.faults import FAULTS_OF, Faults, with_wrong_amount


def fired(faults, on, times):
    return [bool(faults.plan(on).rules) for _ in range(times)]


def test_without_rules_all_goes_well(rules):
    assert not any(fired(Faults(rules()), "create_refund", 100))


def test_a_rule_without_a_when_fires_always_and_only_on_its_operation(rules):
    faults = Faults(rules({"on": "pay", "fault": "5xx_after"}))
    assert all(fired(faults, "pay", 5))
    assert not any(fired(faults, "create_refund", 5))


@pytest.mark.parametrize(
    ("when", "at"),
    [
        ({"every": 3}, [3, 6, 9]),
        ({"nth": 2}, [2]),
        ({"nth": [1, 4]}, [1, 4]),
        ({"every": 2, "times": 2}, [2, 4]),
        ({"times": 1}, [1]),
    ],
)
def test_when_a_rule_fires(rules, when, at):
    faults = Faults(rules({"on": "webhook", "fault": "webhook_lost"} | when))
    hits = [count for count, hit in enumerate(fired(faults, "webhook", 10), 1) if hit]
    assert hits == at
    assert faults.fired() == [len(at)]


def test_probability_is_near_and_the_same_for_the_same_seed(rules):
    rule = {"on": "get_refund", "fault": "delay", "probability": 0.25}
    runs = [fired(Faults(rules(rule, seed=seed)), "get_refund", 2000) for seed in (7, 7, 8)]
    assert runs[0] == runs[1] != runs[2]
    assert 400 < sum(runs[0]) < 600
    never = {"on": "get_refund", "fault": "delay", "probability": 0}
    assert not any(fired(Faults(rules(never)), "get_refund", 100))


def test_operations_are_counted_apart_and_rules_may_fire_together(rules):
    faults = Faults(
        rules(
            {"on": "create_refund", "fault": "5xx_after", "nth": 1, "status": 503},
            {"on": "create_refund", "fault": "delay", "delay_s": 5},
        )
    )
    faults.plan("get_refund")
    plan = faults.plan("create_refund")
    assert plan.get("5xx_after").status == 503
    assert plan.get("delay").delay_s == 5
    assert "drop_reply" not in plan
    assert "5xx_after" not in faults.plan("create_refund")


def test_another_script_counts_from_the_start(rules):
    first = rules({"on": "pay", "fault": "delay", "nth": 1})
    faults = Faults(first)
    assert fired(faults, "pay", 2) == [True, False]
    faults.replace(first)
    assert fired(faults, "pay", 2) == [True, False]


def test_a_script_is_read_from_a_list_or_an_object():
    rule = {"on": "create_refund", "fault": "drop_reply", "nth": [1]}
    alone = read_fault_script(json.dumps([rule]))
    seeded = read_fault_script(json.dumps({"seed": 5, "rules": [rule]}))
    assert alone.rules == seeded.rules
    assert (alone.seed, seeded.seed) == (0, 5)


@pytest.mark.parametrize(
    "bad",
    [
        "nonsense",
        "{}x",
        '[{"on": "create_refund"}]',
        '[{"on": "create_refund", "fault": "explode"}]',
        '[{"on": "somewhere", "fault": "delay"}]',
        '[{"on": "get_refund", "fault": "ir_13_on_retry"}]',
        '[{"on": "webhook", "fault": "drop_reply"}]',
        '[{"on": "pay", "fault": "delay", "every": 2, "nth": 1}]',
        '[{"on": "pay", "fault": "delay", "every": 0}]',
        '[{"on": "pay", "fault": "delay", "delay_s": 1e9}]',
        '[{"on": "pay", "fault": "delay", "unknown": 1}]',
        json.dumps([{"on": "pay", "fault": "delay"}] * 101),
    ],
)
def test_a_bad_script_is_refused(bad):
    with pytest.raises(ValueError, match=r".+"):
        read_fault_script(bad)


def test_every_named_fault_belongs_to_an_operation():
    assert {"delay", "wrong_amount"} == FAULTS_OF["webhook"] & FAULTS_OF["get_payment"]
    assert "webhook_before_reply" in FAULTS_OF["pay"]


def test_wrong_amounts():
    view = {"amount": 500, "amount_received": 0, "refund_id": "ref_1"}
    assert with_wrong_amount(view, -1) == {
        "amount": 499,
        "amount_received": -1,
        "refund_id": "ref_1",
    }
    assert with_wrong_amount({"amount": "500"}, 7) == {"amount": "507"}
    assert view["amount"] == 500
