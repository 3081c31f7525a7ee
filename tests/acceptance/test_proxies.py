"""The examples of ``deploy`` in front of the assistant: Debian's nginx and Caddy, as they are shipped."""

import asyncio
import contextlib
import os
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from bot.services.opening import open_store
from bot.settings import Settings
from bot.store.sealing import open_keyring
from tests.support.programs import find_program, needs
from tests.support.web import Browser, Office, free_port

DEPLOY = Path(__file__).parents[2] / "deploy"
NAME = "troly.example.vn"
_TOKEN = "A" * 22


def write_certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate of localhost, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=2))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    certificate, secret = folder / "certificate.pem", folder / "key.pem"
    certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    plain = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    secret.write_bytes(key.private_bytes(serialization.Encoding.PEM, *plain))
    return certificate, secret


@dataclass
class Proxy:
    """A proxy that runs, in front of an office that is served."""

    office: Office
    address: str
    plain: str  #: address without TLS; empty: it has none here
    folder: Path
    trust: ssl.SSLContext

    @asynccontextmanager
    async def browser(self, **headers: str) -> AsyncIterator[Browser]:
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        async with httpx.AsyncClient(base_url=self.address, verify=self.trust, headers=given, timeout=30) as client:
            yield Browser(client)

    @property
    def logged(self) -> str:
        return "".join(path.read_text(errors="replace") for path in self.folder.glob("*.log"))


def example(name: str, changes: dict[str, str]) -> str:
    """The shipped example with the places of this machine; each of them stands in it."""
    text = (DEPLOY / name).read_text()
    for known, here in changes.items():
        assert known in text, known
        text = text.replace(known, here)
    return text


def nginx(folder: Path, app: str, port: int, plain: int) -> list[str]:
    certificate, key = write_certificate(folder)
    changes = {
        "listen 80;": f"listen 127.0.0.1:{plain};",
        "listen 443 ssl": f"listen 127.0.0.1:{port} ssl",
        f"https://{NAME}$request_uri": f"https://localhost:{port}$request_uri",
        f"server_name {NAME};": "server_name localhost;",
        "/etc/ssl/troly/fullchain.pem": str(certificate),
        "/etc/ssl/troly/privkey.pem": str(key),
        "/var/log/nginx/": f"{folder}/",
        "127.0.0.1:8080": app,
    }
    (folder / "site.conf").write_text(example("nginx.conf", changes))
    as_root = "user root;" if os.geteuid() == 0 else ""
    kept = "".join(
        f"{what}_temp_path {folder}/{what};" for what in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    http = f"{kept} access_log {folder}/rest.log; include site.conf;"
    main = f"{as_root} daemon off; pid {folder}/pid; error_log {folder}/main.log; events {{}} http {{ {http} }}"
    (folder / "main.conf").write_text(main)
    return [find_program("nginx"), "-p", str(folder), "-e", f"{folder}/main.log", "-c", f"{folder}/main.conf"]


def caddy(folder: Path, app: str, port: int, plain: int) -> list[str]:
    certificate, key = write_certificate(folder)
    changes = {
        f"{NAME} {{": f"https://localhost:{port} {{\n\tbind 127.0.0.1\n\ttls {certificate} {key}",
        "127.0.0.1:8080": app,
    }
    options = f"{{\n\tadmin off\n\tauto_https disable_redirects\n\tstorage file_system {folder}/caddy\n}}\n"
    (folder / "Caddyfile").write_text(options + example("Caddyfile", changes))
    return [find_program("caddy"), "run", "--config", f"{folder}/Caddyfile", "--adapter", "caddyfile"]


Command = Callable[[Path, str, int, int], list[str]]


_PROXIES = [pytest.param(one, marks=needs(one.__name__), id=one.__name__) for one in (nginx, caddy)]


@pytest.fixture(params=_PROXIES)
async def proxy(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Proxy]:
    monkeypatch.chdir(tmp_path)
    app, port, plain = f"127.0.0.1:{free_port()}", free_port(), free_port()
    folder = tmp_path / "proxy"
    folder.mkdir()
    known = {"data_dir": tmp_path, "web_listen": app, "web_private_listen": "", "throttle_burst": 10_000}
    behind = {"web_url": f"https://localhost:{port}", "web_trusted_proxies": "127.0.0.1"}
    store = await open_store(None, tmp_path, open_keyring(tmp_path / "keys.json")[0])
    office = Office(Settings.model_validate({**known, **behind}), store)
    command: Command = request.param
    async with office.served(), running(command(folder, app, port, plain), folder) as process:
        trust = ssl.create_default_context(cafile=str(folder / "certificate.pem"))
        http = f"http://localhost:{plain}" if command is nginx else ""
        made = Proxy(office, f"https://localhost:{port}", http, folder, trust)
        await heard(made, process)
        yield made
    await store.close()


@asynccontextmanager
async def running(command: list[str], folder: Path) -> AsyncIterator[asyncio.subprocess.Process]:
    """A proxy until the test ends; what it says of itself is a log as well."""
    home = {**os.environ, "HOME": str(folder), "XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder)}
    with (folder / "process.log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(*command, stdout=log, stderr=log, env=home)
        try:
            yield process
        finally:
            if process.returncode is None:
                process.terminate()
            try:
                await asyncio.wait_for(process.wait(), 10)
            except TimeoutError:
                process.kill()


async def heard(proxy: Proxy, process: asyncio.subprocess.Process) -> None:
    for _ in range(200):
        assert process.returncode is None, proxy.logged
        try:
            async with proxy.browser() as browser:
                await browser.client.get("/")
        except httpx.HTTPError:
            await asyncio.sleep(0.05)
        else:
            return
    raise AssertionError(proxy.logged)


async def test_an_example_passes_the_chat_its_files_and_its_stream_on_and_keeps_the_keys_out_of_its_logs(
    proxy: Proxy,
) -> None:
    async with proxy.browser() as browser:
        page = await browser.client.get("/")
        assert page.headers["strict-transport-security"].startswith("max-age=63072000")
        assert "default-src 'none'" in page.headers["content-security-policy"]
        browser.page = page.text
        begun = await browser.says()
        assert begun.status_code == 200
        cookies = [cookie for cookie in browser.client.cookies.jar if cookie.name.startswith("__Host-")]
        assert cookies
        assert all(cookie.secure for cookie in cookies)
        listening = asyncio.create_task(browser.stream(max(browser.ids), seconds=60))
        await asyncio.sleep(0.5)
        await browser.says("xin chào")
        assert await listening, "something held the events of the stream back until its end"
        assert (await browser.sends("lớn.cer", b"0" * (20 * 1024 * 1024 - 1000))).status_code == 200
        await browser.opens()
        with contextlib.suppress(httpx.TransportError):  # or the line is closed while the rest still comes
            assert (await browser.sends("quá lớn.cer", b"0" * (23 * 1024 * 1024))).status_code == 413
        assert "quá lớn.cer" not in (await browser.opens()).page
        for path in ("/metrics", "/healthz", "/readyz"):
            assert (await browser.client.get(path)).status_code == 404, path
        for path in (f"/desk/sign-in/{_TOKEN}", f"/t/{_TOKEN}", f"/c/{_TOKEN}"):
            assert (await browser.client.get(path)).status_code in {200, 404}, path
    assert _TOKEN not in proxy.logged


async def test_an_example_lets_nobody_say_for_themselves_where_they_call_from(proxy: Proxy) -> None:
    """All of these are one caller, whatever they claim: the twenty tries of a link that one has are soon used up."""
    answers = []
    for number in range(24):
        async with proxy.browser(x_forwarded_for=f"198.51.100.{number}", x_forwarded_proto="http") as browser:
            tried = await browser.client.post(f"/desk/sign-in/{_TOKEN}", headers={"origin": proxy.address})
            answers.append(tried.status_code)
    assert answers[0] == 404
    assert answers[-1] == 429
    if proxy.plain:
        async with httpx.AsyncClient() as client:
            moved = await client.get(f"{proxy.plain}/chat?x=1")
            assert (moved.status_code, moved.headers["location"]) == (301, f"{proxy.address}/chat?x=1")
