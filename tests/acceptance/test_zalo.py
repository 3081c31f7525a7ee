"""An officer's journey on an Official Account: a sentence, a certificate, the answer, its print-out, a request."""

import re
from pathlib import Path

import pytest

from handlers.requests import FIELDS
from tests.acceptance.officer import Words
from tests.support.pki import issue
from tests.support.zalo import Account, FakeOa, Sent
from tests.support.zalo.person import Person, assistant

CODE = re.compile(r"YC-\d{4}-\d{6}")
FORM = {
    FIELDS["subscriber"].ask: "",
    FIELDS["unit"].ask: "UBND xã Phước An",
    FIELDS["serial"].ask: "",
    FIELDS["new_name"].ask: "UBND xã Phước An mới",
}


@pytest.mark.parametrize("kind", ["business", "government"])
async def test_an_officer_gets_from_a_sentence_and_a_certificate_to_a_registered_request(
    tmp_path: Path, kind: str
) -> None:
    """A business account takes buttons and the newer endpoint; one of an authority takes neither."""
    words, certificate = Words(), issue()
    async with FakeOa.start(Account(kind=kind, buttons=kind == "business")) as oa, assistant(oa, tmp_path):
        lan = Person(oa, oa.account.user())
        await oa.follows(lan.user)
        await lan.chooses(await lan.hears_question(), words("I agree, let us begin"))

        await oa.says(lan.user, "xã tôi vừa sáp nhập vào xã mới, chứng thư của cơ quan, token vẫn giữ")
        await lan.chooses(await lan.hears_question(), "Đúng")
        await oa.sends_file(lan.user, "chứng thư.cer", certificate.der)
        read = await lan.hears_question()
        assert f"{certificate.certificate.serial_number:X}" in read.text
        shown = await lan.chooses(read, words("Yes – the certificate of an organisation"))
        for fact, value in (("merger_role", "designated"), ("key_exposed", "false")):
            assert words.asked_in(shown.text) == fact
            shown = await lan.chooses(shown, words.option(fact, value))
        assert "Mẫu 04" in shown.text
        assert "68/2024/NĐ-CP" in shown.text

        shown = await lan.chooses(shown, words("Register the request"))
        while (asked := next((title for title in FORM if words(title) in shown.text), None)) is not None:
            shown = await fills(lan, shown, FORM[asked])
        assert "UBND xã Phước An mới" in shown.text
        registered = await lan.chooses(shown, words("Send the request"))
        assert CODE.search(registered.text)

        assert {one.endpoint for one in oa.account.sent} == {"v3" if kind == "business" else "v2"}
        assert all(not one.buttons for one in oa.account.sent) == (kind == "government")
        assert "/v2.0/oa/getoa" in oa.account.calls
        assert set(oa.answers) <= {0, 200}


async def fills(lan: Person, shown: Sent, typed: str) -> Sent:
    """Type a field, or take the first suggestion where nothing is typed."""
    first = shown.buttons[0]["payload"] if shown.buttons else "1"
    await lan.oa.says(lan.user, typed or first)
    return await lan.hears_question()
