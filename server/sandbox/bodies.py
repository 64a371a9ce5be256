"""The bodies that the sandbox takes, each member with its bound."""

import json
import re
from typing import Annotated, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, JsonValue, ValidationError

from server.sandbox.errors import WireError, invalid_request, missing_param

MAX_ID_CHARS = 30
MAX_AMOUNT = 999_999_999_999
"""In minor units."""
MAX_TEXT_CHARS = 255
MAX_URL_CHARS = 2048
MAX_METADATA_COUNT = 50
MAX_LIMIT_COUNT = 100
DEFAULT_LIMIT_COUNT = 10
MAX_OFFSET_COUNT = 2000

# An origin goes into a header of the pay page, so nothing that could end its value may stand in it.
_WEB_URL = re.compile(
    r"https?://[A-Za-z0-9.\-]+(:[0-9]{1,5})?([/?#][!-~]*)?|https?://\[[0-9a-f:]+\]"
    r"(:[0-9]{1,5})?([/?#][!-~]*)?"
)


def _web_url(text: str) -> str:
    if _WEB_URL.fullmatch(text) is None:
        raise ValueError("must be an http or https URL")
    return text


def _small_metadata(metadata: dict[str, JsonValue] | None) -> dict[str, JsonValue] | None:
    if metadata is not None and len(metadata) > MAX_METADATA_COUNT:
        raise ValueError(f"has more than {MAX_METADATA_COUNT} keys")
    return metadata


Id = Annotated[str, Field(pattern=rf"^[A-Za-z0-9_-]{{1,{MAX_ID_CHARS}}}$")]
Amount = Annotated[int, Field(strict=True, gt=0, le=MAX_AMOUNT)]
Currency = Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
Text = Annotated[str, Field(max_length=MAX_TEXT_CHARS)]
WebUrl = Annotated[str, Field(max_length=MAX_URL_CHARS), AfterValidator(_web_url)]
Metadata = Annotated[dict[str, JsonValue] | None, AfterValidator(_small_metadata)]


class Body(BaseModel):
    """The base: a member that is not known is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class CreatePaymentBody(Body):
    """A payment to be paid on our page. The many other members of the real one are let pass."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    payment_id: Id
    amount: Amount
    currency: Currency
    return_url: WebUrl
    description: Text = ""
    metadata: Metadata = None
    confirm: Literal[False] = False


class CreateRefundBody(Body):
    """A refund of a part, or without an ``amount`` of all. Unknown members are refused."""

    payment_id: Id
    refund_id: Id | None = None
    merchant_id: Text | None = None
    amount: Amount | None = None
    reason: Text | None = None
    refund_type: Literal["instant", "scheduled"] = "instant"
    metadata: Metadata = None


class ListRefundsBody(Body):
    """Which refunds; of one payment, or all."""

    payment_id: Id | None = None
    limit: Annotated[int, Field(ge=1, le=MAX_LIMIT_COUNT)] = DEFAULT_LIMIT_COUNT
    offset: Annotated[int, Field(ge=0, le=MAX_OFFSET_COUNT)] = 0


class DisputeBody(Body):
    """The next step of a dispute of a payment; the amount (else all) is for its opening."""

    payment_id: Id
    status: Literal["opened", "won", "lost"]
    amount: Amount | None = None


class SettleBody(Body):
    """How a refund is to end, now, whatever it was."""

    status: Literal["succeeded", "failed"]


class RedeliverBody(Body):
    """Send all webhooks again, of one payment or all; shuffled in an order drawn by ``seed``."""

    payment_id: Id | None = None
    shuffle: bool = False
    seed: int = 0


B = TypeVar("B", bound=Body)


def read_body(kind: type[B], body: bytes) -> B:
    """Read a body. WireError IR_04 for what is missing, IR_06 for what is not right."""
    try:
        return kind.model_validate_json(body or b"{}")
    except ValidationError as error:
        raise _refusal(error) from None


def _refusal(error: ValidationError) -> WireError:
    fault = error.errors(include_url=False, include_input=False)[0]
    name = ".".join(str(part) for part in fault["loc"])
    if fault["type"] == "missing":
        return missing_param(name)
    if fault["type"] == "extra_forbidden":
        return invalid_request(f"Json deserialize error: unknown field `{name}`")
    return invalid_request(f"Json deserialize error: {name}: {fault['msg']}")


def metadata_text(metadata: dict[str, JsonValue] | None) -> str:
    """Write metadata as JSON text: its names are the shop's, and no store need bear them."""
    return json.dumps(metadata, ensure_ascii=False, separators=(",", ":"))
