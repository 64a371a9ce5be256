import trio

FORM = {
    "amount": "900",
    "currency": "eur",
    "destination": "acct_1",
    "transfer_group": "trf_1",
    "metadata[transfer_id]": "trf_1",
}


async def send(sandbox, key="key_1", status=200, **changes):
    form = {name: value for name, value in (FORM | changes).items() if value is not None}
    return await sandbox.stripe("POST", "/transfers", form, key=key, status=status)


async def reverse(sandbox, transfer, amount, key="rev_1", status=200):
    path = f"/transfers/{transfer['id']}/reversals"
    form = {} if amount is None else {"amount": str(amount)}
    return await sandbox.stripe("POST", path, form, key=key, status=status)


async def test_a_transfer_is_sent_and_found_by_our_id(sandbox):
    sent = await send(sandbox)
    assert (sent["object"], sent["amount"], sent["amount_reversed"]) == ("transfer", 900, 0)
    assert (sent["currency"], sent["destination"]) == ("eur", "acct_1")
    assert sent["metadata"] == {"transfer_id": "trf_1"}
    await send(sandbox, "key_2", transfer_group="trf_2")
    found = await sandbox.stripe("GET", "/transfers?transfer_group=trf_1&limit=2")
    assert (found["object"], found["has_more"], found["data"]) == ("list", False, [sent])
    assert await sandbox.stripe("GET", f"/transfers/{sent['id']}") == sent
    none = await sandbox.stripe("GET", "/transfers?transfer_group=trf_3&destination=acct_1")
    assert none["data"] == []


async def test_the_same_key_has_one_effect_and_one_answer(sandbox):
    answers = []

    async def once():
        answers.append(await send(sandbox))

    async with trio.open_nursery() as nursery:
        for _ in range(8):
            nursery.start_soon(once)
    assert all(answer == answers[0] for answer in answers)
    assert len(await sandbox.truth("transfers")) == 1


async def test_a_replay_says_so_also_after_a_restart(open_sandbox):
    async with open_sandbox() as sandbox:
        first = await send(sandbox)
    async with open_sandbox() as sandbox:
        headers = {"Authorization": "Bearer the_payout_key", "Idempotency-Key": "key_1"}
        again = await sandbox.http.post(f"{sandbox.url}/v1/transfers", data=FORM, headers=headers)
        assert again.json() == first
        assert again.headers["Idempotent-Replayed"] == "true"


async def test_a_key_is_not_for_another_request(sandbox):
    await send(sandbox)
    error = (await send(sandbox, amount="901", status=400))["error"]
    assert error["type"] == "idempotency_error"
    assert len(await sandbox.truth("transfers")) == 1


async def test_without_a_key_each_is_another(sandbox):
    assert (await send(sandbox, ""))["id"] != (await send(sandbox, ""))["id"]


async def test_reversed_in_parts_and_never_more_than_was_sent(sandbox):
    sent = await send(sandbox)
    part = await reverse(sandbox, sent, 400)
    assert (part["object"], part["transfer"]) == ("transfer_reversal", sent["id"])
    assert (part["amount"], part["currency"]) == (400, "eur")
    assert await reverse(sandbox, sent, 400) == part
    error = (await reverse(sandbox, sent, 501, "rev_2", status=400))["error"]
    assert error["code"] == "amount_too_large"
    assert (await reverse(sandbox, sent, None, "rev_3"))["amount"] == 500
    now = await sandbox.stripe("GET", f"/transfers/{sent['id']}")
    assert (now["amount_reversed"], now["reversed"]) == (900, True)
    assert [each["amount"] for each in now["reversals"]["data"]] == [500, 400]
    assert (await reverse(sandbox, sent, None, "rev_4", status=400))["error"]


async def test_reversed_by_many_at_once_it_stays_within_what_was_sent(sandbox):
    sent = await send(sandbox)
    statuses = []

    async def take(number):
        headers = {"Authorization": "Bearer the_payout_key", "Idempotency-Key": f"rev_{number}"}
        url = f"{sandbox.url}/v1/transfers/{sent['id']}/reversals"
        answer = await sandbox.http.post(url, data={"amount": "300"}, headers=headers)
        statuses.append(answer.status_code)

    async with trio.open_nursery() as nursery:
        for number in range(8):
            nursery.start_soon(take, number)
    assert sorted(statuses) == [200] * 3 + [400] * 5


async def test_a_broke_account_gives_nothing_back_and_that_answer_stays(sandbox):
    sent = await send(sandbox, destination="acct_broke_1")
    for _ in range(2):
        error = (await reverse(sandbox, sent, 100, status=400))["error"]
        assert error["code"] == "balance_insufficient"
    assert (await sandbox.stripe("GET", f"/transfers/{sent['id']}"))["amount_reversed"] == 0


async def test_a_closed_account_takes_nothing(sandbox):
    for _ in range(2):
        error = (await send(sandbox, destination="acct_closed_1", status=400))["error"]
        assert error["code"] == "transfers_not_allowed"
    assert await sandbox.truth("transfers") == []


BAD_CHANGES = [
    ({"amount": None}, "parameter_missing"),
    ({"destination": None}, "parameter_missing"),
    ({"currency": None}, "parameter_missing"),
    ({"currency": "EUR"}, "parameter_invalid"),
    ({"amount": "0"}, "parameter_invalid_integer"),
    ({"amount": "-5"}, "parameter_invalid_integer"),
    ({"amount": "1.5"}, "parameter_invalid_integer"),
    ({"amount": "9" * 13}, "parameter_invalid_integer"),
    ({"tip": "5"}, "parameter_unknown"),
    ({"metadata[note]": "n" * 501}, "parameter_invalid"),
    ({"transfer_group": "t" * 256}, "parameter_invalid"),
    ({"destination": "a\0b"}, "parameter_invalid"),
    ({f"metadata[{key}]": "" for key in range(51)}, "parameter_invalid"),
    ({f"metadata[{key}]": "" for key in range(101)}, "parameter_invalid"),
]


async def test_bad_parameters_are_refused(sandbox):
    for change, code in BAD_CHANGES:
        assert (await send(sandbox, status=400, **change))["error"]["code"] == code, change
    assert await sandbox.truth("transfers") == []


async def test_what_there_is_not(sandbox):
    answer = await sandbox.stripe("GET", "/transfers/tr_1", status=404)
    assert answer["error"]["code"] == "resource_missing"
    answer = await reverse(sandbox, {"id": "tr_1"}, 5, status=404)
    assert answer["error"]["type"] == "invalid_request_error"
    headers = {"Authorization": "Bearer wrong"}
    refused = await sandbox.http.get(f"{sandbox.url}/v1/transfers", headers=headers)
    assert refused.status_code == 401


async def test_lists_are_paged(sandbox):
    for number in range(3):
        await send(sandbox, f"key_{number}", transfer_group=f"trf_{number}")
    first = await sandbox.stripe("GET", "/transfers?limit=2")
    assert first["has_more"]
    last = first["data"][-1]["id"]
    rest = await sandbox.stripe("GET", f"/transfers?limit=2&starting_after={last}")
    assert not rest["has_more"]
    groups = [each["transfer_group"] for each in first["data"] + rest["data"]]
    assert sorted(groups) == ["trf_0", "trf_1", "trf_2"]
    await sandbox.stripe("GET", "/transfers?limit=101", status=400)
