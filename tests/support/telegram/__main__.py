"""``python -m tests.support.telegram --port N``: the server alone, with HTTP routes to act as its people.

``POST /people/NAME`` says the text in the body; ``GET /people/NAME`` returns that person's screen.
"""

import argparse
import asyncio
import sys
from contextlib import AsyncExitStack

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.support.telegram.api import TOKEN, BotApi
from tests.support.telegram.limits import Limits
from tests.support.telegram.server import serving


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.support.telegram")
    parser.add_argument("--port", type=int, default=8081, help="of the Bot API; people speak on the next one")
    parser.add_argument("--token", default=TOKEN)
    parser.add_argument("--no-limits", action="store_true", help="never answer 429")
    return parser.parse_args()


def _people(api: BotApi) -> Route:
    async def person(request: Request) -> Response:
        user = api.user(request.path_params["name"])
        if request.method == "POST":
            await user.says((await request.body()).decode())
        return JSONResponse([{"id": one.id, "text": one.text, "buttons": one.rows} for one in user.sees()])

    return Route("/people/{name}", person, methods=["GET", "POST"])


async def main() -> None:
    options = _options()
    limits = Limits.off() if options.no_limits else Limits()
    async with AsyncExitStack() as running:
        api = await running.enter_async_context(BotApi.start(limits=limits, token=options.token, port=options.port))
        people = await running.enter_async_context(serving(Starlette(routes=[_people(api)]), options.port + 1))
        sys.stdout.write(f"TROLY_TELEGRAM_API_URL={api.url}\nTROLY_TELEGRAM_TOKEN={api.token}\npeople: {people}\n")
        sys.stdout.flush()
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
