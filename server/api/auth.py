"""Accounts: ``/api/v1/auth/…``."""

from http import HTTPStatus

from quart import Blueprint, Response, request
from quart_schema import document_response, security_scheme, tag_blueprint, validate_request

from actors.services import AccountError, SignedIn, User
from actors.services.access_tokens import ACCESS_TOKEN_LIFETIME_S
from actors.services.refresh_tokens import REFRESH_TOKEN_LIFETIME_S
from server.api.access import client_address, require_principal
from server.api.bodies import LoginBody, RefreshBody, RegisterBody, SignedInView, UserView
from server.api.house import current_house
from server.api.wire import no_content, reply

REFRESH_COOKIE = "bandstand_refresh"
COOKIE_PATH = "/api/v1/auth"
BEARER: list[dict[str, list[str]]] = [{"bearer": []}]

auth = Blueprint("auth", __name__, url_prefix="/api/v1/auth")
tag_blueprint(auth, ["accounts"])


@auth.post("/register")
@validate_request(RegisterBody)
@document_response(SignedInView, HTTPStatus.CREATED)
async def register(data: RegisterBody) -> Response:
    """Make an account and sign in."""
    signed_in = await current_house().accounts.register(data.email, data.password, data.name)
    return _answer(signed_in, HTTPStatus.CREATED, cookie=data.cookie)


@auth.post("/login")
@validate_request(LoginBody)
@document_response(SignedInView)
async def login(data: LoginBody) -> Response:
    """Sign in."""
    signed_in = await current_house().accounts.login(data.email, data.password, client_address())
    return _answer(signed_in, HTTPStatus.OK, cookie=data.cookie)


@auth.post("/refresh")
@validate_request(RefreshBody)
@document_response(SignedInView)
async def refresh(data: RefreshBody) -> Response:
    """Change the refresh token, of the body or else the cookie, for new tokens.

    Each is good for one use; a second use of the same one signs out.
    """
    cookie = data.refresh_token is None
    signed_in = await current_house().accounts.refresh(_token(data), shared_jar=cookie)
    return _answer(signed_in, HTTPStatus.OK, cookie=cookie)


@auth.post("/logout")
@validate_request(RefreshBody)
async def logout(data: RefreshBody) -> Response:
    """End the login of the refresh token, of the body or else the cookie."""
    if data.refresh_token is not None or REFRESH_COOKIE in request.cookies:
        await current_house().accounts.logout(_token(data))
    return _without_cookie(no_content())


@auth.post("/logout-everywhere")
@security_scheme(BEARER)
async def logout_everywhere() -> Response:
    """End all logins of yours: every token of before is refused, every socket is closed (4001)."""
    await current_house().accounts.logout_everywhere(require_principal().user_id)
    return _without_cookie(no_content())


@auth.get("/me")
@security_scheme(BEARER)
@document_response(UserView)
async def me() -> Response:
    """Tell who is signed in."""
    return reply(_view(await current_house().accounts.get(require_principal().user_id)))


def _without_cookie(response: Response) -> Response:
    if REFRESH_COOKIE in request.cookies:
        response.delete_cookie(REFRESH_COOKIE, path=COOKIE_PATH)
    return response


def _token(data: RefreshBody) -> str:
    token = data.refresh_token or request.cookies.get(REFRESH_COOKIE)
    if token is None:
        raise AccountError("invalid_token", "There is no refresh token.")
    return token


def _answer(signed_in: SignedIn, status: HTTPStatus, *, cookie: bool) -> Response:
    view = SignedInView(
        user=_view(signed_in.user),
        access_token=signed_in.access_token,
        expires_in=ACCESS_TOKEN_LIFETIME_S,
    )
    token = signed_in.refresh_token
    if token is not None and not cookie:
        view = view.model_copy(update={"refresh_token": token})
    response = reply(view, status)
    if token is not None and cookie:
        response.set_cookie(
            REFRESH_COOKIE,
            token,
            max_age=REFRESH_TOKEN_LIFETIME_S,
            path=COOKIE_PATH,
            secure=current_house().settings.https,
            httponly=True,
            samesite="Strict",
        )
    return response


def _view(user: User) -> UserView:
    return UserView(id=user.id, email=user.email, name=user.name, admin=user.admin)
