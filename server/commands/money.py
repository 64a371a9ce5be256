"""``bandstand refund | sweep | reconcile``: asks the running server, as its operator."""

import argparse
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import httpx

from actors.services import AccessTokens, Principal
from server.clock import SystemClock
from server.commands.user import CommandError
from server.config import Settings, load_settings
from server.secrets import SECRET_FILE, load_secrets

CONNECT_TIMEOUT_S = 5.0
ANSWER_TIMEOUT_S = 600.0
"""A reconciliation asks the provider for every order."""
PAYMENT_PREFIX = "pay_"
OPERATOR = Principal("operator", "Operator", admin=True)


def add_money_commands(commands: Any) -> None:
    """Describe the arguments; ``commands`` are an argument parser's sub-parsers."""
    refunds = commands.add_parser("refund", help="refunds, as the operator sees them")
    actions = refunds.add_subparsers(required=True, metavar="ACTION")
    explaining = actions.add_parser("explain", help="every step of a refund, and why")
    explaining.add_argument("id")
    explaining.set_defaults(command=_explain)
    resolving = actions.add_parser(
        "resolve", help="decide a refund in review, or a refund or a payment in quarantine"
    )
    resolving.add_argument("id", help="of the refund, or of the payment")
    resolving.add_argument("--outcome", required=True, choices=("ask", "succeeded", "failed"))
    resolving.add_argument("--note", required=True, help="why")
    resolving.set_defaults(command=_resolve)

    sweeping = commands.add_parser("sweep", help="do at once what waits for the provider")
    sweeping.set_defaults(command=_sweep)

    reconciling = commands.add_parser("reconcile", help="compare our money with the provider's")
    reconciling.set_defaults(command=_reconcile)


def _explain(options: argparse.Namespace) -> int:
    explained = _ask("GET", f"/refunds/{quote(options.id, safe='')}")
    refund = explained["refund"]
    print(
        f"{refund['id']} of {refund['order_id']}: {refund['status']}, "
        f"{refund['amount']} {refund['currency']} (minor units)"
    )
    for step in explained["steps"]:
        print(f"{step['seq']:4}  {step['at']}  {step['cause']}")
        for line in step["what"]:
            print(f"      {line}")
        print(f"      {_evidence(step['evidence'])}")
    matches = explained["replay_matches"]
    print("replayed: the same as in the store" if matches else "replayed: NOT what is in the store")
    return 0 if matches else 1


def _resolve(options: argparse.Namespace) -> int:
    body = {"outcome": options.outcome, "note": options.note}
    path = f"{quote(options.id, safe='')}/resolve"
    if options.id.startswith(PAYMENT_PREFIX):
        print(f"{options.id}: {_ask('POST', f'/payments/{path}', body)['status']}")
    else:
        print(f"{options.id}: {_ask('POST', f'/refunds/{path}', body)['refund']['status']}")
    return 0


def _sweep(_options: argparse.Namespace) -> int:
    print(f"{_ask('POST', '/sweep')['driven']} begun")
    return 0


def _reconcile(_options: argparse.Namespace) -> int:
    report = _ask("GET", "/reconciliation")
    for each in report["differences"]:
        print(f"{each['kind']} {each['id']}: ours {each['ours']}; theirs {each['theirs']}")
    extent = "" if report["complete"] else ", older ones left out"
    print(f"{report['checked']} compared{extent}, {len(report['differences'])} differences")
    return 1 if report["differences"] else 0


def _evidence(event: dict[str, Any]) -> str:
    """Write what was said, without what says nothing."""
    said = (f"{name}={value}" for name, value in event.items() if value and name != "kind")
    return " ".join(said)


def _ask(method: str, path: str, body: dict[str, Any] | None = None) -> Any:
    """Ask the running server; gives the answer's JSON. CommandError."""
    settings = load_settings()
    url = f"http://{settings.http.reachable}"
    timeout = httpx.Timeout(ANSWER_TIMEOUT_S, connect=CONNECT_TIMEOUT_S)
    headers = {"Authorization": f"Bearer {_token(settings)}"}
    try:
        with httpx.Client(base_url=url, timeout=timeout, trust_env=False) as client:
            response = client.request(method, f"/api/v1/admin{path}", json=body, headers=headers)
    except httpx.ConnectError as error:
        raise CommandError(f"no server answers at {url}: start it first") from error
    except httpx.HTTPError as error:
        raise CommandError(f"{url} does not answer as it should: {error!r}") from error
    return _read(response, url)


def _read(response: httpx.Response, url: str) -> Any:
    try:
        answer = response.json()
    except ValueError as error:
        raise CommandError(f"what runs at {url} is no Bandstand") from error
    if response.is_success:
        return answer
    try:
        message = answer["error"]["message"]
    except (KeyError, TypeError) as error:
        raise CommandError(f"what runs at {url} is no Bandstand") from error
    if response.status_code == HTTPStatus.UNAUTHORIZED:
        message = f"the server at {url} has another secret: run this with the server's settings"
    raise CommandError(message)


def _token(settings: Settings) -> str:
    if settings.secret is None and not (settings.data / SECRET_FILE).exists():
        raise CommandError(f"no data in {settings.data}: set BANDSTAND_DATA as for the server")
    signing = load_secrets(settings).token_signing
    return AccessTokens(signing, SystemClock()).issue(OPERATOR)
