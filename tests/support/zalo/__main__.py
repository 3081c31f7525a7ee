"""``python -m tests.support.zalo --hook URL``: the account alone, and a prompt to act as one of its people."""

import argparse
import asyncio
import sys

from tests.support.zalo.account import Account
from tests.support.zalo.server import BUSINESS, FakeOa
from tests.support.zalo.zbs import approved_texts


def _say(*lines: str) -> None:
    sys.stdout.write("\n".join(lines) + "\n")
    sys.stdout.flush()


async def _run(given: argparse.Namespace) -> None:
    async with FakeOa.start(Account(kind=given.kind, buttons=not given.no_buttons), given.port) as oa:
        account, oa.hook, read = oa.account, given.hook, 0
        _say(f"TROLY_ZALO_OA_APP_ID={account.app_id} TROLY_ZALO_OA_APP_SECRET={account.app_secret}")
        _say(f"TROLY_ZALO_OA_WEBHOOK_SECRET={account.oa_secret} TROLY_ZALO_OA_FILE_HOSTS=127.0.0.1")
        _say(f"TROLY_ZALO_OA_API_URL={oa.url} TROLY_ZALO_OAUTH_URL={oa.url} TROLY_ZALO_ZBS_URL={oa.url}{BUSINESS}")
        _say("# troly zalo connect: the code is kode; approved texts are those of TEMPLATES_FILE")
        for text in approved_texts():
            oa.zbs.add(text)
        user = account.user()
        while line := await asyncio.to_thread(sys.stdin.readline):
            await oa.says(user, line.strip())
            await asyncio.sleep(2)
            for one in account.sent[read:]:
                _say(one.text, *(f"[{button['title']}: {button.get('payload')}]" for button in one.buttons))
            read = len(account.sent)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.support.zalo")
    parser.add_argument("--hook", required=True, help="the address of TROLY_ZALO_OA_WEBHOOK_URL")
    parser.add_argument("--port", type=int, default=8090)
    parser.add_argument("--kind", choices=["business", "government"], default="business")
    parser.add_argument("--no-buttons", action="store_true")
    asyncio.run(_run(parser.parse_args()))
