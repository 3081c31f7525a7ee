"""A certificate that names another body than the managing body of the request is told before the request is sent."""

import pytest

from handlers.model import Certificate
from locales import translator
from tests.support.dialogue import Dialogue, make_certificate, nhon_trach, open_dialogue

t = translator("vi")


async def to_review(certificate: Certificate, unit: str) -> Dialogue:
    talk = open_dialogue(nhon_trach())
    await talk.says("/start", "1")
    await talk.sends(certificate)
    await talk.says("1", "bo qua", "3", "1", "1", "dang ky", "1", unit, "1", "UBND tỉnh Đồng Nai")
    return talk


@pytest.mark.parametrize(
    ("name", "superior"),
    [("TỔNG CỤC THUẾ", "BỘ TÀI CHÍNH"), ("UBND xã Nhơn Trạch", "UBND tỉnh Đồng Nai")],
)
async def test_a_certificate_of_another_body_is_told_in_the_review(name: str, superior: str) -> None:
    talk = await to_review(make_certificate(name, superior=superior), "ubnd xa dai phuoc")

    assert t("Send the request") in talk.labels
    assert f"Chứng thư ghi “{name} – {superior}”, anh/chị khai cơ quan quản lý là “UBND xã Đại Phước”" in talk.text


async def test_a_certificate_of_the_managing_body_is_reviewed_without_a_doubt() -> None:
    talk = await to_review(make_certificate(), "ubnd xa dai phuoc")

    assert t("Send the request") in talk.labels
    assert "Chứng thư ghi “" not in talk.text
