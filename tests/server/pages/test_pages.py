"""The pages as a browser gets them: routes, headers, assets, errors."""

import gzip
import re
from html.parser import HTMLParser

import pytest
from quart import Response
from quart.typing import TestClientProtocol as Client
from quart_trio import QuartTrio

from server.pages import error_page, pages_blueprint
from server.pages.assets import assets

STREAM_ID = "str_01J8ZQ4T9V3N5K7M2P6R8S0W1X"
PAGES = ["/", f"/s/{STREAM_ID}", "/studio", f"/studio/{STREAM_ID}", "/orders", "/sales"]


@pytest.fixture
def client() -> Client:
    app = QuartTrio(__name__, static_folder=None)
    app.register_blueprint(pages_blueprint())

    async def no_such_page(_error: Exception) -> Response:
        return await error_page(404, "Nobody is playing here", "A <b>sentence</b>.")

    app.register_error_handler(404, no_such_page)
    return app.test_client()


class Outline(HTMLParser):
    """Collects what the checks below ask about."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.inline_code: list[str] = []
        self._within: str | None = None
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self._within = tag if tag in ("script", "style") else None

    def handle_endtag(self, tag: str) -> None:
        self._within = None

    def handle_data(self, data: str) -> None:
        if self._within and data.strip():
            self.inline_code.append(data)

    def urls(self) -> list[str]:
        found = [a.get("src") or a.get("href") for tag, a in self.elements if tag != "a"]
        return [url for url in found if url]


async def outline(client: Client, path: str) -> Outline:
    response = await client.get(path)
    assert response.status_code == 200, path
    return Outline(await response.get_data(as_text=True))


@pytest.mark.parametrize("path", [*PAGES, "/s/nothing", "/nowhere"])
async def test_every_page_is_html_with_the_security_headers(client: Client, path: str) -> None:
    response = await client.get(path)
    assert response.content_type == "text/html; charset=utf-8"
    policy = response.headers["Content-Security-Policy"].split("; ")
    assert "default-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert not [rule for rule in policy if "unsafe" in rule or "*" in rule]
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Referrer-Policy"] == "same-origin"
    assert response.headers["Cache-Control"] == "no-cache"


@pytest.mark.parametrize("path", PAGES)
async def test_nothing_is_inline(client: Client, path: str) -> None:
    page = await outline(client, path)
    assert page.inline_code == []
    names = {name for _, attributes in page.elements for name in attributes}
    assert not {name for name in names if name == "style" or name.startswith("on")}


@pytest.mark.parametrize("path", PAGES)
async def test_every_asset_of_a_page_is_there_and_ours(client: Client, path: str) -> None:
    urls = (await outline(client, path)).urls()
    assert len(urls) >= 6
    for url in urls:
        assert url.startswith(f"/static/{assets().version}/"), url
        assert (await client.get(url)).status_code == 200, url


async def test_every_import_of_every_module_is_there() -> None:
    files = assets().files
    modules = [name for name in files if name.startswith("js/")]
    assert len(modules) > 10
    for name in modules:
        source = files[name].body.decode()
        for imported in re.findall(r'^import .*?from "\./(.+?)";', source, re.M | re.S):
            assert f"js/{imported}" in files, f"{name} imports {imported}"


@pytest.mark.parametrize("path", PAGES)
async def test_every_control_has_a_name(client: Client, path: str) -> None:
    html = await (await client.get(path)).get_data(as_text=True)
    page = Outline(html)
    labelled = set(re.findall(r'<label[^>]* for="([^"]+)"', html))
    wrapped = "".join(re.findall(r"<label.*?</label>", html, re.S))
    for tag, attributes in page.elements:
        if tag in ("input", "textarea", "select"):
            name = attributes.get("name")
            assert (
                "aria-label" in attributes
                or attributes.get("id") in labelled
                or (name and f'name="{name}"' in wrapped)
            ), attributes
    for inner in re.findall(r"<button[^>]*class=\"icon-button[^>]*>", html):
        assert "aria-label" in inner
    ids = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert len(ids) == len(set(ids))


async def test_the_stream_of_the_page_is_in_it(client: Client) -> None:
    for path in (f"/s/{STREAM_ID}", f"/studio/{STREAM_ID}"):
        page = await outline(client, path)
        ids = [a["data-stream-id"] for _, a in page.elements if "data-stream-id" in a]
        assert ids == [STREAM_ID]


@pytest.mark.parametrize(
    "path",
    [
        "/s/nothing",
        "/s/usr_01J8ZQ4T9V3N5K7M2P6R8S0W1X",
        f"/studio/{STREAM_ID}0",
        "/static/1/none.js",
    ],
)
async def test_what_cannot_be_there_is_a_404_page(client: Client, path: str) -> None:
    response = await client.get(path)
    assert response.status_code == 404
    assert "Nobody is playing here" in await response.get_data(as_text=True)


async def test_an_error_page_escapes_its_texts(client: Client) -> None:
    response = await client.get("/nowhere")
    assert response.status_code == 404
    assert "A &lt;b&gt;sentence&lt;/b&gt;." in await response.get_data(as_text=True)


async def test_an_asset_is_kept_for_ever_under_its_version_only(
    client: Client,
) -> None:
    current = await client.get(assets().url("js/home.js"))
    assert current.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert current.content_type == "text/javascript; charset=utf-8"
    other = await client.get("/static/0123456789ab/js/home.js")
    assert other.headers["Cache-Control"] == "no-cache"
    assert await other.get_data(as_text=False) == await current.get_data(as_text=False)


async def test_an_asset_is_gzipped_where_asked_and_not_sent_twice(
    client: Client,
) -> None:
    url = assets().url("css/base.css")
    plain = await client.get(url)
    zipped = await client.get(url, headers={"Accept-Encoding": "gzip, br"})
    assert "Content-Encoding" not in plain.headers
    assert zipped.headers["Content-Encoding"] == "gzip"
    assert zipped.headers["Vary"] == "Accept-Encoding"
    body = await plain.get_data(as_text=False)
    assert gzip.decompress(await zipped.get_data(as_text=False)) == body
    assert plain.headers["ETag"] != zipped.headers["ETag"]
    again = await client.get(url, headers={"If-None-Match": plain.headers["ETag"]})
    assert again.status_code == 304
    assert await again.get_data(as_text=False) == b""


@pytest.mark.parametrize("name", ["../blueprint.py", "..%2fblueprint.py", "vendor/.gitignore"])
async def test_nothing_else_of_the_folder_is_served(client: Client, name: str) -> None:
    assert (await client.get(f"/static/{assets().version}/{name}")).status_code == 404
