"""Pages for browsers: Jinja templates with the catalogue, and our own scripts and styles under lasting addresses.

No template holds a script or a style of its own: the Content Security Policy forbids both.
"""

import gzip
import hashlib
import mimetypes
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from urllib.parse import quote

from jinja2 import BaseLoader, Environment, StrictUndefined, TemplateNotFound
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from locales import translator

#: The styles of a page, which stand among its first signs.
_STYLES, _HEAD = re.compile(r'<link rel="stylesheet" href="(/static/[^"]+)">'), 2000
#: A file under its digest never changes.
_FOR_EVER = "public, max-age=31536000, immutable"


@dataclass(frozen=True, slots=True)
class StaticFile:
    """A script, style or picture of ours."""

    content: bytes
    packed: bytes  #: with gzip
    media_type: str
    address: str


class _PackageTemplates(BaseLoader):
    def get_source(self, environment: Environment, template: str) -> tuple[str, None, None]:
        del environment
        path = files(__name__).joinpath("templates", template)
        if not path.is_file():
            raise TemplateNotFound(template)
        return path.read_text(encoding="utf-8"), None, None


@cache
def static_files() -> Mapping[str, StaticFile]:
    """Read every static file by name."""
    found = [path for path in files(__name__).joinpath("static").iterdir() if path.is_file()]
    return {path.name: _static_file(path.name, path.read_bytes()) for path in found}


def _static_file(name: str, content: bytes) -> StaticFile:
    digest = hashlib.sha256(content).hexdigest()[:16]
    media_type = mimetypes.guess_type(name)[0] or "application/octet-stream"
    if media_type.startswith("text/"):
        media_type += "; charset=utf-8"
    return StaticFile(content, gzip.compress(content, mtime=0), media_type, f"/static/{digest}/{name}")


def static_address(name: str) -> str:
    """Return the address of a static file."""
    return static_files()[name].address


@cache
def _environment() -> Environment:
    made = Environment(
        loader=_PackageTemplates(), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    made.globals["static"] = static_address
    return made


def render(template: str, language: str, /, **values: object) -> Markup:
    """Fill a template; ``t`` in it speaks the language."""
    filled = _environment().get_template(template).render(t=translator(language), language=language, **values)
    return Markup(filled)  # noqa: S704 - values were escaped on their way in


def page(template: str, language: str, /, *, status: int = 200, **values: object) -> HTMLResponse:
    """Answer with a page."""
    filled = render(template, language, **values)
    styles = _STYLES.findall(filled[:_HEAD])  # told before the page itself: the browser asks for them at once
    preloaded = {"link": ", ".join(f"<{one}>; rel=preload; as=style" for one in styles)} if styles else {}
    return HTMLResponse(filled, status_code=status, headers=preloaded)


def static_routes() -> list[Route]:
    """Return the route of all static files."""
    return [Route("/static/{digest}/{name}", _serve_static, methods=["GET"])]


async def _serve_static(request: Request) -> Response:
    file = static_files().get(request.path_params["name"])
    if file is None or file.address != request.url.path:
        return Response(status_code=404)
    headers = {"cache-control": _FOR_EVER, "vary": "accept-encoding"}
    if "gzip" in request.headers.get("accept-encoding", ""):
        return Response(file.packed, media_type=file.media_type, headers={**headers, "content-encoding": "gzip"})
    return Response(file.content, media_type=file.media_type, headers=headers)


def attachment_headers(name: str, size: int) -> dict[str, str]:
    """Return the headers of a file that is saved, never shown: strangers' bytes run nowhere (RFC 6266)."""
    plain = re.sub(r"[^A-Za-z0-9._-]", "_", name.encode("ascii", "replace").decode())[:100] or "file"
    return {
        "content-disposition": f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}",
        "content-length": str(size),
        "content-security-policy": "default-src 'none'; sandbox; frame-ancestors 'none'",
        "cache-control": "no-store",
    }
