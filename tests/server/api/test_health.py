from server.api import describe_api

METRICS_TOKEN = "m" * 32


async def test_healthz(stage):
    stage.clock.pass_s(90)
    response = await stage.guest.call("GET", "/healthz")
    assert response.status_code == 200
    assert await response.get_json() == {
        "status": "ok",
        "version": "0.1.0",
        "uptime_s": 90.0,
        "streams_live": 0,
        "mailboxes": {
            "actors": 0,
            "waiting": 0,
            "fullest": 0.0,
            "blocked_senders": 0,
            "restarts": 0,
        },
    }


async def test_an_actor_shows_in_healthz_and_metrics(stage):
    ada = await stage.user()
    stream = await ada.ok("POST", "/streams", {"title": "A"}, 201)
    await ada.ok("POST", f"/streams/{stream['id']}/stop", {})
    health = await (await stage.guest.call("GET", "/healthz")).get_json()
    assert health["mailboxes"]["actors"] == 1
    headers = {"Authorization": f"Bearer {METRICS_TOKEN}"}
    response = await stage.guest.call("GET", "/metrics", headers=headers)
    text = (await response.get_data()).decode()
    assert 'bandstand_mailboxes_actors{kind="stream"} 1.0' in text
    assert 'route="/api/v1/streams/<stream_id>/stop",status="200"} 1.0' in text
    assert stream["id"] not in text


async def test_a_store_that_is_gone_degrades_and_is_not_ready(stage):
    assert (await stage.guest.call("GET", "/readyz")).status_code == 200
    with_no_store = stage.house.store._writer
    await with_no_store.stop()
    health = await stage.guest.call("GET", "/healthz")
    assert health.status_code == 200
    body = await health.get_json()
    assert (body["status"], body["streams_live"]) == ("degraded", None)
    assert (await stage.guest.call("GET", "/readyz")).status_code == 503


async def test_metrics_are_for_operators(stage):
    here = {"scope_base": {"client": ("127.0.0.1", 5000)}}
    away = {"scope_base": {"client": ("203.0.113.9", 5000)}}
    proxied = {"headers": {"X-Forwarded-For": "203.0.113.9"}}
    token = {"headers": {"Authorization": f"Bearer {METRICS_TOKEN}"}}
    wrong = {"headers": {"Authorization": "Bearer wröng"}}

    async def status(**options):
        return (await stage.guest.call("GET", "/metrics", **options)).status_code

    assert await status(**here) == 200
    assert await status(**here, **proxied) == 403
    assert await status(**away) == 403
    assert await status(**away, **wrong) == 403
    assert await status(**away, **token) == 200


async def test_openapi_describes_every_operation(stage):
    response = await stage.guest.call("GET", "/openapi.json")
    document = await response.get_json()
    operations = {
        f"{method.upper()} {path}"
        for path, methods in document["paths"].items()
        for method in methods
    }
    assert operations == {
        "POST /api/v1/auth/register",
        "POST /api/v1/auth/login",
        "POST /api/v1/auth/refresh",
        "POST /api/v1/auth/logout",
        "GET /api/v1/auth/me",
        "POST /api/v1/streams",
        "GET /api/v1/streams",
        "GET /api/v1/streams/{stream_id}",
        "PATCH /api/v1/streams/{stream_id}",
        "DELETE /api/v1/streams/{stream_id}",
        "POST /api/v1/streams/{stream_id}/key",
        "POST /api/v1/streams/{stream_id}/stop",
        "GET /api/v1/streams/{stream_id}/playback",
        "POST /api/v1/streams/{stream_id}/forwards",
        "GET /api/v1/streams/{stream_id}/forwards",
        "GET /api/v1/streams/{stream_id}/forwards/{forward_id}",
        "PATCH /api/v1/streams/{stream_id}/forwards/{forward_id}",
        "DELETE /api/v1/streams/{stream_id}/forwards/{forward_id}",
        "POST /api/v1/streams/{stream_id}/webhooks",
        "GET /api/v1/streams/{stream_id}/webhooks",
        "GET /api/v1/streams/{stream_id}/webhooks/{webhook_id}",
        "PATCH /api/v1/streams/{stream_id}/webhooks/{webhook_id}",
        "DELETE /api/v1/streams/{stream_id}/webhooks/{webhook_id}",
        "POST /api/v1/streams/{stream_id}/webhooks/{webhook_id}/secret",
        "POST /api/v1/streams/{stream_id}/webhooks/{webhook_id}/test",
        "GET /api/v1/streams/{stream_id}/webhooks/{webhook_id}/deliveries",
        "GET /api/v1/rooms/{room_id}/messages",
        "POST /api/v1/admin/payments/{payment_id}/resolve",
        "POST /api/v1/rooms",
        "GET /api/v1/rooms",
        "GET /api/v1/rooms/{room_id}",
        "POST /api/v1/rooms/{room_id}/moderate",
        "GET /api/v1/rooms/{room_id}/audit",
        "GET /api/v1/rooms/{room_id}/bans",
        "GET /api/v1/rooms/{room_id}/reports",
        "GET /api/v1/rooms/{room_id}/pending",
        "GET /api/v1/rooms/{room_id}/roles",
        "GET /api/v1/rooms/{room_id}/words",
        "POST /api/v1/products",
        "GET /api/v1/products",
        "GET /api/v1/products/{product_id}",
        "PATCH /api/v1/products/{product_id}",
        "POST /api/v1/products/{product_id}/cancel",
        "GET /api/v1/products/{product_id}/cancel",
        "POST /api/v1/orders",
        "GET /api/v1/orders",
        "GET /api/v1/orders/{order_id}",
        "POST /api/v1/marketplace/orders/{order_id}/refund",
        "GET /api/v1/sellers/me/balance",
        "GET /api/v1/sellers/me/ledger",
        "GET /api/v1/sellers/me/transfers",
        "GET /api/v1/sellers/me/payout-account",
        "PUT /api/v1/sellers/me/payout-account",
        "POST /api/v1/webhooks/hyperswitch",
        "POST /api/v1/admin/sweep",
        "GET /api/v1/admin/refunds/{refund_id}",
        "POST /api/v1/admin/refunds/{refund_id}/resolve",
        "GET /api/v1/admin/reconciliation",
        "DELETE /api/v1/rooms/{room_id}/reports/{report_id}",
        "GET /api/v1/dms",
        "GET /api/v1/rooms/{room_id}/people",
        "GET /api/v1/streams/{stream_id}/health",
        "POST /api/v1/auth/logout-everywhere",
        "GET /healthz",
        "GET /readyz",
    }
    create = document["paths"]["/api/v1/streams"]["post"]
    assert create["security"] == [{"bearer": []}]
    assert "201" in create["responses"]
    ids = [op["operationId"] for methods in document["paths"].values() for op in methods.values()]
    assert len(ids) == len(set(ids))


async def test_the_document_needs_no_house():
    assert describe_api()["info"]["title"] == "Bandstand"


async def test_docs_show_every_operation_and_load_nothing_foreign(stage):
    response = await stage.guest.call("GET", "/docs")
    html = (await response.get_data()).decode()
    assert response.status_code == 200
    assert "PATCH</span> /api/v1/streams/{stream_id}" in html
    assert "list of StreamView" in html
    assert "http://" not in html.replace("http://www.w3.org", "")
    assert "https://" not in html.replace("https://www.w3.org", "")
