"""An officer's journey on an Official Account: a sentence, a certificate, the answer, a registered request."""

import re
from pathlib import Path

import pytest

from tests.acceptance.officer import Words
from tests.support.pki import issue
from tests.support.zalo import Account, FakeOa
from tests.support.zalo.person import Person, assistant

CODE = re.compile(r"YC-\d{4}-\d{6}")


@pytest.mark.parametrize("kind", ["business", "government"])
async def test_an_officer_gets_from_a_sentence_and_a_certificate_to_the_answer(tmp_path: Path, kind: str) -> None:
    words, certificate = Words(), issue()
    async with FakeOa.start(Account(kind=kind, buttons=kind == "business")) as oa, assistant(oa, tmp_path):
        lan = Person(oa, oa.account.user())
        await oa.follows(lan.user)
        greeting = await lan.hears_question()
        for one in lan.seen: print("<<", one.text, [b["title"] for b in one.buttons])
        await oa.says(lan.user, "1")
        await lan.hears_question()
        await oa.says(lan.user, "xã tôi vừa sáp nhập vào xã mới, chứng thư của cơ quan, token vẫn giữ")
        import asyncio
        await asyncio.sleep(2)
        await oa.sends_file(lan.user, "chứng thư.cer", certificate.der)
        await asyncio.sleep(3)
        for one in lan.inbox: print("<<", one.text, [b["title"] for b in one.buttons])
        assert 0
