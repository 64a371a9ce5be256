"""The dashboard's API, for tests and people: under the same key as the provider's."""

from quart import Blueprint, Response, jsonify, request

from server.sandbox.bodies import DisputeBody, RedeliverBody, SettleBody, read_body
from server.sandbox.config import PREFIX
from server.sandbox.control import KINDS, MAX_TRUTH_COUNT
from server.sandbox.desk import answer, desk, raw_body, require_api_key
from server.sandbox.errors import invalid_request
from server.sandbox.faults import read_fault_script

control = Blueprint("control", __name__, url_prefix=f"{PREFIX}/control")
control.before_request(require_api_key)


@control.get("/truth")
async def truth() -> Response:
    """Show all that there is: ``?kind=&after=&limit=``; without a kind, a page of each."""
    kind = request.args.get("kind")
    limit = request.args.get("limit", MAX_TRUTH_COUNT, type=int)
    kinds = KINDS if kind is None else (kind,)
    return jsonify(await desk().control.truth(kinds, request.args.get("after", ""), limit))


@control.get("/status")
async def status() -> Response:
    """Count what is still to settle and to be delivered, and how often each fault has fired."""
    return jsonify(await desk().control.status())


@control.get("/faults")
async def get_faults() -> Response:
    """Show the fault script."""
    return jsonify(desk().bank.faults.script.model_dump())


@control.put("/faults")
async def put_faults() -> Response:
    """Begin another fault script; it is not kept over a restart."""
    try:
        script = read_fault_script(await raw_body())
    except ValueError as error:
        raise invalid_request(str(error)) from error
    desk().bank.faults.replace(script)
    return jsonify(script.model_dump())


@control.post("/disputes")
async def dispute() -> Response:
    """Open a dispute of a payment, or end it as won or lost."""
    body = read_body(DisputeBody, await raw_body())
    return answer(await desk().disputes.step(body))


@control.post("/refunds/<refund_id>/settle")
async def settle(refund_id: str) -> Response:
    """End a refund now, as succeeded or failed, also one that had ended otherwise."""
    body = read_body(SettleBody, await raw_body())
    return answer(await desk().refunds.settle(refund_id, body.status))


@control.post("/redeliver")
async def redeliver() -> Response:
    """Send the webhooks once more, also those that were lost or taken."""
    body = read_body(RedeliverBody, await raw_body())
    return jsonify({"redelivering": await desk().control.redeliver(body)})
