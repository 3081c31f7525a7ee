"""Roles in the chat: invited, taken up, listed, ended, and gone at the next message."""

import re
from datetime import timedelta

import pytest

from bot.store import Store
from handlers.model import Role
from tests.support.people import OPERATOR, admin_transaction, create_invitation, grant_role, load_rights
from tests.support.store import NOW
from tests.support.stored_dialogue import Assistant

CODE = re.compile(r"/start ([a-z2-7]{32})")
UNKNOWN = "Tôi không có lệnh"


async def test_an_invitation_is_taken_before_consent_and_the_greeting_goes_on(house: Assistant, store: Store) -> None:
    made = await create_invitation(store, Role.ADMIN, "DN.NT")
    lan = house.person("lan")

    text = await lan.says(f"/start {made.code}")

    assert "quản trị viên – Xã Nhơn Trạch" in text
    assert "Tôi đồng ý" in lan.seen
    assert [grant.unit for grant in (await load_rights(store, "lan")).grants] == ["DN.NT"]


@pytest.mark.parametrize(
    ("how", "told"),
    [("used", "đã được dùng"), ("expired", "đã hết hạn"), ("revoked", "không tìm thấy"), ("guessed", "không tìm thấy")],
)
async def test_an_invitation_that_cannot_be_taken_says_why(house: Assistant, store: Store, how: str, told: str) -> None:
    made = await create_invitation(
        store, Role.ADMIN, "DN.NT", now=NOW - timedelta(days=3 if how == "expired" else 1), hours=48
    )
    code = "a" * 32 if how == "guessed" else made.code
    if how == "used":
        await house.person("nam").says(f"/start {code}")
    if how == "revoked":
        async with admin_transaction(store) as at:
            await at.admin.people.end(OPERATOR, made.id)
    lan = house.person("lan")

    assert told in await lan.says(f"/start {code}")
    assert "Tôi đồng ý" in lan.seen
    assert (await load_rights(store, "lan")).grants == ()


async def test_an_owner_invites_an_admin_for_a_unit_typed_without_accents(house: Assistant, store: Store) -> None:
    await grant_role(store, "chủ", Role.OWNER)
    owner = await house.person("chủ").consents()

    await owner.says("/vaitro")
    await owner.taps("Mời người khác", "quản trị viên")
    await owner.says("xa nhon trach", "Chị Lan")
    code = CODE.findall(owner.text)

    assert len(code) == 1
    assert code[0] not in await owner.says("/vaitro")
    assert (
        "LM-000002: Chị Lan, quản trị viên – Xã Nhơn Trạch" in (await owner.taps("Lời mời còn hiệu lực"), owner.seen)[1]
    )
    assert "quản trị viên – Xã Nhơn Trạch" in await house.person("lan").says(f"/start {code[0]}")
    text = await owner.says("/vaitro")
    assert "QT-000002: Chị Lan, quản trị viên – Xã Nhơn Trạch" in [choice.label for choice in owner.choices]
    assert "Chị Lan" not in text  # each person stands there once


async def test_an_invitation_is_a_link_where_the_channel_has_one(house: Assistant, store: Store) -> None:
    house.channel.start_link = "https://t.me/troly_bot?start="
    await grant_role(store, "chủ", Role.OWNER)
    owner = await house.person("chủ").consents()

    await owner.says("/vaitro")
    await owner.taps("Mời người khác", "quản trị cấp cao")

    assert re.search(r"https://t\.me/troly_bot\?start=[a-z2-7]{32}(?!\S)", await owner.says("Anh Nam"))


async def test_several_units_of_a_name_are_offered(house: Assistant, store: Store) -> None:
    await grant_role(store, "chủ", Role.OWNER)
    owner = await house.person("chủ").consents()
    await owner.says("/vaitro")
    await owner.taps("Mời người khác", "cán bộ đầu mối")

    await owner.says("nhon trach")

    assert [choice.label for choice in owner.choices] == ["Xã Nhơn Trạch", "Văn phòng xã Nhơn Trạch", "Quay lại"]
    await owner.taps("Văn phòng")
    assert "Cán bộ đầu mối – Văn phòng xã Nhơn Trạch" in owner.text


async def test_an_admin_is_offered_their_own_unit_and_no_other(house: Assistant, store: Store) -> None:
    await grant_role(store, "an", Role.ADMIN, "DN.NT")
    an = await house.person("an").consents()
    await an.says("/vaitro")
    await an.taps("Mời người khác")
    roles = [choice.label for choice in an.choices]

    await an.taps("cán bộ đầu mối")

    assert roles == ["Quản trị viên", "Cán bộ đầu mối", "Quay lại"]
    assert [choice.label for choice in an.choices] == ["Xã Nhơn Trạch", "Quay lại"]
    assert "không tìm thấy đơn vị" in await an.says("Xã Đại Phước")
    assert "không tìm thấy đơn vị" in await an.says("Xã Phú Đông")


@pytest.mark.parametrize(
    ("label", "why"),
    [
        ("x" * 101, "không quá 100 ký tự"),
        ("\u202e", "không quá 100 ký tự"),
        ("12", "Câu này cần gõ chữ"),
        ("\N{BELL}", "không quá 100 ký tự"),
        ("khong", "không quá 100 ký tự"),
    ],
)
async def test_a_label_that_will_not_do_is_asked_for_again(
    house: Assistant, store: Store, label: str, why: str
) -> None:
    await grant_role(store, "chủ", Role.OWNER)
    owner = await house.person("chủ").consents()
    await owner.says("/vaitro")
    await owner.taps("Mời người khác", "quản trị cấp cao")

    assert why in await owner.says(label)
    assert "/start " in await owner.says("<b>Nam</b> \u202e=HYPERLINK(1)")
    assert (
        "LM-000002: &lt;b&gt;Nam&lt;/b&gt; =HYPERLINK(1), "
        in (await owner.taps("Lời mời"), await owner.taps("LM-000002"))[1]
    )


async def test_a_role_is_ended_after_a_second_yes(house: Assistant, store: Store) -> None:
    await grant_role(store, "chủ", Role.OWNER)
    await grant_role(store, "an", Role.ADMIN, "DN.NT")
    owner = await house.person("chủ").consents()
    an = await house.person("an").consents()
    await owner.says("/vaitro qt-000002")

    await owner.taps("Thu hồi vai trò này", "Không, giữ lại")
    kept = (await load_rights(store, "an")).grants
    await owner.says("/vaitro QT-000002")
    asked = await owner.taps("Thu hồi vai trò này")
    text = await owner.taps("Có, thu hồi")

    assert "chính anh/chị" not in asked
    assert [grant.id for grant in kept] == ["QT-000002"]
    assert "Đã thu hồi vai trò." in text
    assert UNKNOWN in await an.says("/vaitro")


async def test_the_last_owner_cannot_end_their_own_role(house: Assistant, store: Store) -> None:
    await grant_role(store, "chủ", Role.OWNER)
    owner = await house.person("chủ").consents()
    await owner.says("/vaitro QT-000001")

    assert "vai trò của chính anh/chị" in await owner.taps("Thu hồi vai trò này")
    assert "quản trị cấp cao cuối cùng" in await owner.taps("Có, thu hồi")
    await owner.says("/vaitro")
    assert "QT-000001" in owner.seen


async def test_an_invitation_is_taken_back(house: Assistant, store: Store) -> None:
    await grant_role(store, "chủ", Role.OWNER)
    made = await create_invitation(store, Role.ADMIN, "DN.NT")
    owner = await house.person("chủ").consents()
    await owner.says("/vaitro")

    text = await owner.taps("Lời mời còn hiệu lực", made.id, "Thu hồi lời mời này")

    assert "Đã thu hồi lời mời." in text
    assert "không tìm thấy lời mời" in await house.person("lan").says(f"/start {made.code}")


async def test_a_long_list_is_turned_page_by_page(house: Assistant, store: Store) -> None:
    for number in range(20):
        await grant_role(store, f"{number}", Role.OWNER)
    owner = await house.person("0").consents()
    await owner.says("/vaitro")
    seen = [re.findall(r"QT-\d+", owner.seen)]
    for _ in range(2):
        await owner.taps("Cũ hơn")
        seen.append(re.findall(r"QT-\d+", owner.seen))

    assert [number for page in seen for number in page] == [f"QT-{n:06}" for n in range(20, 0, -1)]
    assert "Cũ hơn" not in [choice.label for choice in owner.choices]
    await owner.taps("Mới hơn")
    assert "QT-000012" in owner.seen


async def test_the_journal_tells_in_words_who_did_what(house: Assistant, store: Store) -> None:
    await grant_role(store, "chủ", Role.OWNER, label="Anh Nam")
    owner = await house.person("chủ").consents()

    text = await owner.says("/nhatky")

    assert "– Anh Nam, QT-000001: nhận vai trò, LM-000001 QT-000001" in text
    assert "– người vận hành: lập lời mời, LM-000001" in text


async def test_the_journal_is_turned_page_by_page(house: Assistant, store: Store) -> None:
    await grant_role(store, "chủ", Role.OWNER)
    async with admin_transaction(store) as at:
        for number in range(25):
            await at.admin.journal.record(OPERATOR, "export", f"số {number}", count=number)
    owner = await house.person("chủ").consents()

    first, second = await owner.says("/nhatky"), await owner.taps("Cũ hơn")

    assert ("số 24 (24)" in first, "số 15 (15)" in first, "số 14 (14)" in first) == (True, True, False)
    assert ("số 14 (14)" in second, "số 15 (15)" in second) == (True, False)
    assert "số 24 (24)" in await owner.taps("Mới nhất")


async def test_help_lists_the_commands_of_ones_own_role_only(house: Assistant, store: Store) -> None:
    await grant_role(store, "chủ", Role.OWNER)
    owner, officer = await house.person("chủ").consents(), await house.person("cán bộ").consents()

    assert "/vaitro" in await owner.says("/trogiup")
    assert "/vaitro" not in await officer.says("/trogiup")


async def test_those_with_a_role_consent_like_anybody(house: Assistant, store: Store) -> None:
    await grant_role(store, "chủ", Role.OWNER)
    owner = house.person("chủ")

    await owner.says("/vaitro")

    assert "Tôi đồng ý" in owner.seen
    assert "QT-000001" not in owner.seen


async def test_a_focal_officer_is_told_that_the_role_does_not_reach(house: Assistant, store: Store) -> None:
    await grant_role(store, "tâm", Role.FOCAL, "DN.NT")
    focal = await house.person("tâm").consents()

    assert "(cán bộ đầu mối – Xã Nhơn Trạch) chưa có quyền làm việc này" in await focal.says("/vaitro")


async def test_a_lost_role_takes_effect_at_the_next_message(house: Assistant, store: Store) -> None:
    await grant_role(store, "chủ", Role.OWNER)
    admin = await grant_role(store, "an", Role.ADMIN, "DN.NT")
    below = await grant_role(store, "bình", Role.FOCAL, "DN.NT.VP")
    an = await house.person("an").consents()
    await an.says(f"/vaitro {below.id}")
    await an.taps("Thu hồi vai trò này")
    yes = next(choice.tap for choice in an.choices if "Có, thu hồi" in choice.label)
    async with admin_transaction(store) as at:
        await at.admin.people.end(OPERATOR, admin.id)

    await an.taps("Có, thu hồi")

    assert "không còn giữ vai trò" in an.text
    assert yes not in [choice.tap for choice in an.choices]
    assert [grant.id for grant in (await load_rights(store, "bình")).grants] == [below.id]


async def test_data_deleted_by_the_last_owner_keeps_the_role_and_says_so(house: Assistant, store: Store) -> None:
    await grant_role(store, "chủ", Role.OWNER)
    owner = await house.person("chủ").consents()

    assert "trừ khi anh/chị là quản trị cấp cao cuối cùng" in await owner.says("/xoadulieu")
    assert "được giữ đến khi" in await owner.taps("Xóa")
    assert (await load_rights(store, "chủ")).grants


async def test_data_deleted_by_an_admin_ends_the_role(house: Assistant, store: Store) -> None:
    await grant_role(store, "an", Role.ADMIN, "DN.NT")
    an = await house.person("an").consents()

    await an.says("/xoadulieu")

    assert "được giữ đến khi" not in await an.taps("Xóa")
    assert (await load_rights(store, "an")).grants == ()


async def test_the_first_button_everywhere_ends_no_role_and_takes_no_invitation_back(
    house: Assistant, store: Store
) -> None:
    await grant_role(store, "chủ", Role.OWNER)
    await grant_role(store, "bình", Role.ADMIN, "DN.NT", label="Bình")
    owner = await house.person("chủ").consents()
    await owner.says("/vaitro", "1", "1", "1", "/vaitro")
    assert "QT-000002" in owner.seen
    await owner.taps("Mời người khác", "quản trị cấp cao")
    await owner.says("Chị Lan", "/vaitro")
    await owner.taps("Lời mời", "LM-")
    await owner.says("1")
    assert "LM-" in " ".join(choice.label for choice in owner.choices)


@pytest.mark.parametrize("typed", ["1", "một", "chưa rõ", "?"])
async def test_a_number_or_a_doubt_is_no_label_and_leaves_the_invitation_as_it_was(
    house: Assistant, store: Store, typed: str
) -> None:
    await grant_role(store, "chủ", Role.OWNER)
    owner = await house.person("chủ").consents()
    await owner.says("/vaitro")
    await owner.taps("Mời người khác", "quản trị cấp cao")
    await owner.says(typed)
    assert "/start " in await owner.says("Chị Ba")
