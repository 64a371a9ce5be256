"""A case is written as documents, and is the same case when it is read from them."""

import json
from dataclasses import replace
from typing import TypeVar

from hypothesis import given, settings
from hypothesis import strategies as st
from support.cases import LINES, a_case, an_order

from actors.refund.case import Case, Licence, Order, Refund, Transfer
from actors.refund.documents import (
    LICENCES,
    ORDERS,
    REFUNDS,
    TRANSFERS,
    documents,
    entry_document,
    log_id,
    read_licence,
    read_order,
    read_refund,
    read_transfer,
)
from actors.refund.jobs import Job, JobKind
from actors.refund.ledger import Account, entry
from storage.api import Document, Row

ids = st.text("abc123", min_size=1, max_size=6)
amounts = st.integers(0, 10**9)

P = TypeVar("P", Refund, Licence, Transfer)


@st.composite
def refunds(draw: st.DrawFn) -> Refund:
    shares = draw(st.dictionaries(ids, amounts, max_size=3))
    refund: Refund = draw(st.builds(Refund, shares=st.just(tuple(shares.items()))))
    return refund


def by_id(kind: type[P]) -> st.SearchStrategy[tuple[P, ...]]:
    built = refunds() if kind is Refund else st.from_type(kind)
    return st.lists(built, max_size=3, unique_by=lambda each: each.id).map(tuple)


@st.composite
def cases(draw: st.DrawFn) -> Case:
    return Case(
        draw(st.from_type(Order)),
        draw(by_id(Refund)),
        draw(by_id(Licence)),
        draw(by_id(Transfer)),
    )


def through_json(doc: Document) -> Document:
    read: Document = json.loads(json.dumps(doc))
    return read


@settings(max_examples=60)
@given(cases())
def test_a_case_survives_its_journey_through_the_store(case: Case) -> None:
    rows = [(kind, Row(key, 1, through_json(doc))) for (kind, key), doc in documents(case).items()]
    read = Case(
        next(read_order(row) for kind, row in rows if kind == ORDERS),
        tuple(read_refund(row) for kind, row in rows if kind == REFUNDS),
        tuple(read_licence(row) for kind, row in rows if kind == LICENCES),
        tuple(read_transfer(row) for kind, row in rows if kind == TRANSFERS),
    )
    # The usual window is written as the date at which it ends, for those who look for it there.
    dated = replace(case.order, refund_until=case.order.refund_deadline)
    assert read == replace(case, order=dated)
    assert documents(read) == documents(case)


def test_an_order_is_found_by_its_payment_and_by_its_first_job() -> None:
    jobs = (Job(JobKind.ASK_PAYMENT, "pay_1", 70), Job(JobKind.EXPIRE_PAYMENT, "pay_1", 60))
    doc = documents(Case(an_order(jobs=jobs)))[ORDERS, "ord_1"]
    assert (doc["payment_id"], doc["due_at"], doc["disputed"]) == ("pay_1", 60, False)
    assert "id" not in doc
    assert "idempotency_key" not in doc, "a unique index holds no null"


def test_an_order_with_nothing_to_do_is_not_due() -> None:
    assert "due_at" not in documents(Case(an_order()))[ORDERS, "ord_1"]


def test_what_hangs_on_an_order_names_it() -> None:
    docs = documents(a_case(refund=1000))
    for (kind, _), doc in docs.items():
        if kind != ORDERS:
            assert (doc["order"], doc["seller"]) == ("ord_1", "usr_seller")
    (refund,) = (doc for (kind, _), doc in docs.items() if kind == REFUNDS)
    assert (refund["payment"], refund["buyer"], refund["currency"]) == ("pay_1", "usr_buyer", "EUR")
    assert refund["shares"] == {line.product: line.amount for line in LINES}
    assert "psp_id" not in refund, "unique where present"
    (licence, *_) = (doc for (kind, _), doc in docs.items() if kind == LICENCES)
    assert licence["user"] == "usr_buyer"


def test_an_entry_says_whose_it_is_and_what_it_does_to_the_seller() -> None:
    made = entry("sale:1", "sale", (Account.CLEARING, 1000), (Account.PAYABLE, -1000))
    assert entry_document(an_order(), made, 99) == {
        "cause": "sale:1",
        "kind": "sale",
        "order": "ord_1",
        "seller": "usr_seller",
        "currency": "EUR",
        "at": 99,
        "legs": [
            {"account": "psp_clearing", "amount": 1000},
            {"account": "seller_payable", "amount": -1000},
        ],
        "seller_delta": 1000,
    }


def test_log_ids_sort_by_their_number() -> None:
    assert log_id("ord_1", 9) < log_id("ord_1", 10) < log_id("ord_1", 999_999)
