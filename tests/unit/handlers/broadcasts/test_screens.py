"""/thongbao in the chat: an admin writes, checks, approves, sends and watches."""

from dataclasses import replace
from datetime import date

import pytest

from bot.store import Store
from handlers.broadcasts.rendering import BroadcastCallback, ButtonAction
from handlers.core import ButtonTapped
from handlers.model import (
    Audience,
    BroadcastButton,
    BroadcastDraft,
    BroadcastState,
    BroadcastText,
    CampaignPlan,
    ChannelCosts,
    Role,
    format_person_code,
)
from tests.support.backends import MemoryBackend
from tests.support.broadcasts import load_broadcast
from tests.support.people import OPERATOR, admin_transaction
from tests.support.store import CHANNEL, NOW, broadcast_operations
from tests.support.stored_dialogue import StoredDialogue, add_owing_officers, start_talk

CODE = "TB-000001"


@pytest.fixture
async def town(store: Store) -> Store:
    await add_owing_officers(store)
    return store


async def written(store: Store, unit: str | None = "DN.NT", **changes: object) -> str:
    """A draft of the machine's."""
    draft = BroadcastDraft(
        title="Nhắc hạn", text=BroadcastText(vi="Chào {ho_ten|bạn}", en="Hello"), audience=Audience(unit=unit)
    )
    async with admin_transaction(store) as at:
        made = await at.admin.broadcasts.new(OPERATOR, draft.model_copy(update=changes))
    assert made is not None
    return made.id


async def sending(store: Store, name: str) -> None:
    """Checked, approved, listed and started."""
    await broadcast_operations(store).check(name, NOW)
    async with admin_transaction(store) as at:
        await at.admin.broadcasts.move(OPERATOR, name, BroadcastState.APPROVED)
    await listed(store, name)
    await broadcast_operations(store).move(name, BroadcastState.SCHEDULED, BroadcastState.RUNNING, NOW)


def admin_chat(store: Store) -> str:
    return store.chats.at(CHANNEL, "admin").id


async def listed(store: Store, name: str) -> None:
    while await broadcast_operations(store).freeze(name, NOW):
        pass


async def test_one_message_is_written_checked_approved_and_sent(town: Store, ground: MemoryBackend) -> None:
    admin = await start_talk(town, "admin")

    await admin.says("/thongbao")
    await admin.taps("Soạn mới", "Gửi một lần")
    await admin.says("15/12/2026", "Nhắc thay đổi thông tin")
    assert "{ho_ten|anh/chị}" in admin.text
    assert "Vài câu hỏi ngay tại đây" in await admin.taps("Dùng mẫu nhắc hạn")
    assert (await load_broadcast(town, CODE)).draft.text == BroadcastText()
    said = await admin.taps("Dùng mẫu này")
    assert "Gửi cho ai" in said
    assert "gửi được: <b>2</b>/2" in said
    assert "<b>1</b>/1" in await admin.taps("Việc còn phải làm", "Còn việc chưa đăng ký")
    await admin.taps("Đúng những người này")
    await admin.taps("Nhắc lại sau", "Xong")
    said = await admin.taps("Khi tôi bấm")
    assert "TB-000001: Nhắc thay đổi thông tin" in said
    assert "Kính gửi {ho_ten|anh/chị}" in said

    assert "đang kiểm tra" in (await admin.taps("Kiểm tra")).casefold()
    await town.broadcasts.check(CODE, NOW)
    await admin.taps("Xem lại")
    said = await admin.taps("Xem trước")
    assert "Xã Nhơn Trạch" in said
    assert "[Làm ngay]" in said
    assert "[Nhắc lại sau]" not in said
    await admin.taps("Về thông báo", "Gửi thử cho tôi", "Duyệt", "Đồng ý, duyệt")
    await listed(town, CODE)
    await admin.taps("Xem lại", "Gửi")
    assert "1 người" in admin.text
    await admin.taps("Đồng ý, gửi")

    found = await load_broadcast(town, CODE)
    assert (found.state, found.draft.audience) == (BroadcastState.RUNNING, Audience(unit="DN.NT", to_do=True))
    assert found.draft.buttons == (BroadcastButton.NOW, BroadcastButton.DONE)
    assert (await town.broadcasts.tally(CODE)).states == {"queued": 1}
    messages = ground.memory.tables.messages.values()
    assert [one.chat for one in messages if one.origin.startswith("try:")] == [admin_chat(town)]


async def test_a_campaign_is_asked_for_part_by_part_and_shows_its_plan(town: Store) -> None:
    admin = await start_talk(town, "admin")

    await admin.says("/thongbao")
    await admin.taps("Soạn mới", "Chiến dịch")
    assert "Không có hạn" not in admin.labels
    assert "đã qua" in await admin.says("01/01/2020")
    assert "Không có ngày" in await admin.says("31/02/2027")
    await admin.says("15/12/2026", "Chiến dịch cuối năm")
    await admin.taps("Dùng mẫu nhắc hạn", "Dùng mẫu này", "Đúng những người này", "Xong")
    assert "trước hạn 14, 7, 3, 1 ngày; đúng ngày" in admin.text
    assert "tối đa 20" in (await admin.says("400, 3")).casefold()
    await admin.says("30, 7, 1, 0, -1")
    await admin.says("14h30")
    said = await admin.taps("Bỏ qua")
    assert "trước hạn 30, 7, 1 ngày; đúng ngày đến hạn; sau hạn 1 ngày; lúc 14:30" in said
    assert "15/11/2026: chưa đến ngày" not in await admin.taps("Các lần nhắc")
    await admin.taps("Về thông báo", "Kiểm tra")
    await town.broadcasts.check(CODE, NOW)
    await admin.taps("Xem lại", "Duyệt", "Đồng ý, duyệt")
    assert "tự nhắc theo lịch" in admin.text
    await listed(town, CODE)
    await town.broadcasts.create_step(CODE, "7", NOW, starts_at=NOW)

    said = await admin.taps("Xem lại", "Các lần nhắc")
    assert "08/12/2026" in said
    assert said.count("chưa đến ngày") == 3
    assert "TB-000002: Chiến dịch cuối năm" in await admin.taps("TB-000002")
    assert "08/12/2026" in await admin.taps("Về chiến dịch")


async def test_a_text_that_cannot_be_read_is_asked_for_again_and_nothing_is_lost(town: Store) -> None:
    admin = await start_talk(town, "admin")
    name = await written(town)

    await admin.says(f"/thongbao {name}")
    await admin.taps("Sửa", "Nội dung tiếng Việt")
    said = await admin.says("Chào {ho_tn}")
    assert "{ho_tn} → {ho_ten}" in said
    assert (await load_broadcast(town, CODE)).draft.text.vi == "Chào {ho_ten|bạn}"
    said = await admin.says("Chào {ho_ten|bạn}\nHạn: *{han}*")
    assert "chưa đặt hạn" in said
    assert (await load_broadcast(town, CODE)).draft.text.vi == "Chào {ho_ten|bạn}\nHạn: *{han}*"


async def test_conditions_are_chosen_by_buttons_and_typed_and_counted_at_once(town: Store) -> None:
    admin = await start_talk(town, "admin")
    await written(town)

    await admin.says("/thongbao 1")
    await admin.taps("Sửa", "Người nhận")
    assert "<b>2</b>/2" in admin.text
    assert "<b>1</b>/1" in await admin.taps("Đơn vị", "Xã Nhơn Trạch", "Văn phòng")
    await admin.taps("Đơn vị")
    assert "Mọi đơn vị" not in admin.labels
    await admin.says("xa dai phuoc")  # out of reach
    assert (await load_broadcast(town, CODE)).draft.audience.unit == "DN.NT.VP"
    await admin.taps("Quay lại", "Bỏ mọi điều kiện", "Hạn chứng thư")
    await admin.says("từ 1/12/2026 đến 31/12/2026")
    assert "<b>0</b>/0" in admin.text
    await admin.taps("Bỏ mọi điều kiện", "Lâu chưa liên hệ", "Từ 7 ngày")
    assert "<b>0</b>/0" in admin.text
    assert "<b>2</b>/2" in await admin.taps("Lâu chưa liên hệ", "Không lọc")
    assert "<b>2</b>/2" in await admin.taps("Kênh", "Telegram")
    assert "<b>0</b>/0" in await admin.taps("Trạng thái yêu cầu", "chưa xong")
    assert (await load_broadcast(town, CODE)).draft.audience.channel == "telegram"


async def test_a_start_is_typed_as_day_and_time(town: Store) -> None:
    admin = await start_talk(town, "admin")
    await written(town)

    await admin.says("/thongbao TB-000001")
    await admin.taps("Sửa", "Giờ gửi")
    assert "đã qua" in await admin.says("8h 01/01/2026")
    assert "Giờ gửi: 08:15 25/11/2026" in await admin.says("25/11/2026 lúc 8h15")


async def test_what_somebody_else_changed_is_not_approved_unseen(town: Store) -> None:
    first, second = await start_talk(town, "first"), await start_talk(town, "second")
    name = await written(town)
    await town.broadcasts.check(name, NOW)
    for one in (first, second):
        await one.says(f"/thongbao {name}")

    await second.taps("Duyệt")
    await first.taps("Sửa", "Tiêu đề")
    await first.says("Nhắc hạn lần hai")
    said = await second.taps("Đồng ý, duyệt")

    assert "thay đổi sau khi anh/chị xem" in said
    assert "Nhắc hạn lần hai" in said
    assert (await load_broadcast(town, CODE)).state is BroadcastState.DRAFT


async def test_what_it_costs_is_read_before_an_approval(town: Store, ground: MemoryBackend) -> None:
    admin = await start_talk(town, "admin")
    name = await written(town)
    await town.broadcasts.check(name, NOW)
    known = ground.memory.tables.broadcasts[name]
    assert known.report is not None
    costs = ChannelCosts(channel="zalo", free=3, template=2, template_dong=400, left=1000)
    priced = replace(known, report=known.report.model_copy(update={"costs": (costs,)}))
    ground.memory.tables.broadcasts[name] = priced

    said = await admin.says(f"/thongbao {name}")
    lines = (
        "Zalo: <b>400 đ</b> nếu gửi ngay\n• miễn phí, vì có nhắn tin trong 48 giờ: 3\n• gửi mẫu tin ZBS, tổng 400 đ: 2"
    )
    assert lines in said
    said = await admin.taps("Duyệt")
    assert f"{lines}\nTháng này còn được chi 1.000 đ." in said
    assert "Chi phí theo lần kiểm tra lúc 09:00 23/11/2026:" in said
    await admin.taps("Đồng ý, duyệt")
    assert (await load_broadcast(town, name)).state is BroadcastState.APPROVED


async def test_progress_pause_and_results_with_the_unknown_named(town: Store, ground: MemoryBackend) -> None:
    admin = await start_talk(town, "admin")
    name = await written(town)
    await sending(town, name)
    lost, got = ground.rows_of(name)
    await ground.memory.broadcasts.deliver(name, NOW, "sent", chats=(got,))
    await ground.memory.broadcasts.deliver(name, NOW, "unknown", "no_answer", chats=(lost,))

    await admin.says(f"/thongbao {name}")
    assert "Đã tạm dừng" in await admin.taps("Tạm dừng")
    assert (await load_broadcast(town, CODE)).state is BroadcastState.PAUSED
    await admin.taps("Gửi tiếp")
    said = await admin.taps("Kết quả")
    assert "100 %" in said
    assert format_person_code(lost) in said
    assert format_person_code(got) not in said
    await admin.taps("Gửi lại cho người chưa rõ")
    assert "hai lần" in admin.text
    yes = next(choice.tap for choice in admin.choices if "Đồng ý" in choice.label)
    assert "Đang gửi lại cho 1 người" in await admin.taps("Đồng ý, gửi lại")
    assert await admin.does(ButtonTapped(data=yes, message="8")) == ""  # a double tap is ignored in silence
    assert (await town.broadcasts.tally(name)).states == {"sent": 1, "queued": 1}


async def test_buttons_of_the_moving_message_act_at_once_whatever_screen_is_open(town: Store) -> None:
    admin = await start_talk(town, "admin")
    name = await written(town)
    await sending(town, name)
    await admin.says("/danhsach")

    async def tap(action: ButtonAction, broadcast: str = name) -> str:
        return await admin.does(ButtonTapped(data=str(BroadcastCallback(action, broadcast)), message="8"))

    assert "Đã tạm dừng" in await tap(ButtonAction.PAUSE)
    assert "không làm được" in await tap(ButtonAction.PAUSE)
    assert "tạm dừng" in admin.text
    await admin.says("/danhsach")
    assert (await load_broadcast(town, CODE)).state is BroadcastState.PAUSED
    await tap(ButtonAction.RESUME)
    assert (await load_broadcast(town, CODE)).state is BroadcastState.RUNNING
    assert "Hủy thông báo này" in await tap(ButtonAction.CANCEL)
    await admin.taps("Đồng ý, hủy")
    assert (await load_broadcast(town, CODE)).state is BroadcastState.CANCELLED
    assert f"{name}: Nhắc hạn" in await tap(ButtonAction.SHOW)
    assert "Không có thông báo" in await tap(ButtonAction.SHOW, "TB-000999")


async def test_what_is_about_to_be_called_off_stands_still_and_goes_on_where_that_is_not_wanted(
    town: Store, ground: MemoryBackend
) -> None:
    admin = await start_talk(town, "admin")
    name = await written(town)
    await sending(town, name)

    async def wavers() -> list[BroadcastState]:
        states = []
        for _ in range(2):  # tapped twice
            await admin.does(ButtonTapped(data=str(BroadcastCallback(ButtonAction.CANCEL, name)), message="8"))
            states.append((await load_broadcast(town, CODE)).state)
        await admin.taps("Không, giữ nguyên")
        return [*states, (await load_broadcast(town, CODE)).state]

    assert await wavers() == [BroadcastState.PAUSED, BroadcastState.PAUSED, BroadcastState.RUNNING]
    acts = [act for _, act, *_ in ground.journal() if act in {"broadcast_pause", "broadcast_resume"}]
    assert acts == ["broadcast_pause", "broadcast_resume"]
    async with admin_transaction(town) as at:
        await at.admin.broadcasts.move(OPERATOR, name, BroadcastState.PAUSED)
    assert await wavers() == [BroadcastState.PAUSED] * 3
    await admin.taps("Gửi tiếp")
    await admin.does(ButtonTapped(data=str(BroadcastCallback(ButtonAction.CANCEL, name)), message="8"))
    async with admin_transaction(town) as at:
        for to in (BroadcastState.RUNNING, BroadcastState.PAUSED):  # by somebody else, who means it
            await at.admin.broadcasts.move(OPERATOR, name, to)
    assert "thay đổi sau khi" in await admin.taps("Không, giữ nguyên")
    assert (await load_broadcast(town, CODE)).state is BroadcastState.PAUSED


@pytest.mark.parametrize(("address", "role", "unit"), [("tâm", Role.FOCAL, "DN.NT"), ("xa", Role.ADMIN, "DN.DP")])
async def test_who_may_not_write_here_changes_nothing(town: Store, address: str, role: Role, unit: str) -> None:
    name = await written(town)
    await sending(town, name)
    who = await start_talk(town, address, role, unit)

    await who.says(f"/thongbao {name}")
    for action in (ButtonAction.PAUSE, ButtonAction.RESUME, ButtonAction.CANCEL):
        await who.does(ButtonTapped(data=str(BroadcastCallback(action, name)), message="8"))
        await who.says("đồng ý")
    assert (await load_broadcast(town, CODE)).state is BroadcastState.RUNNING
    assert ("Nhắc hạn" in await who.says(f"/thongbao {name}")) == (role is Role.FOCAL)
    assert "Tạm dừng" not in who.labels


async def test_a_focal_officer_sees_and_writes_nothing(town: Store) -> None:
    await written(town)
    focal = await start_talk(town, "focal", Role.FOCAL)

    await focal.says("/thongbao")
    assert "Soạn mới" not in focal.labels
    await focal.taps("TB-000001")
    assert focal.labels == ["Xem trước", "Về danh sách"]


async def test_without_a_role_there_are_no_broadcasts(town: Store) -> None:
    name = await written(town)
    await sending(town, name)
    nobody = StoredDialogue(store=town, address="nobody")
    await nobody.says("/start", "dong y")

    assert "/thongbao" in await nobody.says("/thongbao")
    for action in (ButtonAction.PAUSE, ButtonAction.CANCEL, ButtonAction.SHOW):
        said = await nobody.does(ButtonTapped(data=str(BroadcastCallback(action, name)), message="8"))
        assert name not in said
    assert (await load_broadcast(town, CODE)).state is BroadcastState.RUNNING


async def test_so_many_need_a_second_person_who_is_named(town: Store, ground: MemoryBackend) -> None:
    admin, second = await start_talk(town, "admin"), await start_talk(town, "second")
    await admin.says("/thongbao")
    await admin.taps("Soạn mới", "Gửi một lần", "Không có hạn")
    await admin.says("Gửi nhiều người")
    await admin.taps("Dùng mẫu không nêu hạn", "Dùng mẫu này", "Đúng những người này", "Xong", "Khi tôi bấm")
    await town.broadcasts.check(CODE, NOW)
    await admin.says(f"/thongbao {CODE}")
    await admin.taps("Duyệt")
    ground.stands(CODE, BroadcastState.CHECKED, recipients=100_000)

    said = await admin.taps("Đồng ý, duyệt")

    assert "người thứ hai" in said
    assert "Anh second" in said
    assert f"/thongbao {CODE}" in said
    assert (await load_broadcast(town, CODE)).state is BroadcastState.CHECKED
    assert "Duyệt" not in admin.labels
    await second.says(f"/thongbao {CODE}")
    await second.taps("Duyệt", "Đồng ý, duyệt")
    assert (await load_broadcast(town, CODE)).state is BroadcastState.APPROVED


async def test_pages_turn_to_older_ones_and_back(town: Store) -> None:
    for _ in range(9):
        await written(town)
    admin = await start_talk(town, "admin")

    await admin.says("/thongbao")
    assert "TB-000009" in admin.labels[1]
    await admin.taps("Cũ hơn")
    assert [label[:9] for label in admin.labels if "TB-" in label] == [CODE]
    await admin.taps("Mới hơn")
    assert "TB-000009" in admin.labels[1]


async def test_a_typed_vietnamese_text_is_enough_and_an_english_ready_text_leaves_it_alone(town: Store) -> None:
    admin = await start_talk(town, "admin")
    await admin.says("/thongbao")
    await admin.taps("Soạn mới", "Gửi một lần", "Không có hạn")
    assert "Gửi cho ai" in await admin.says("Nhắc việc", "Kính gửi anh/chị, *lời của tôi*.")
    await admin.taps("Đúng những người này", "Xong", "Khi tôi bấm")
    assert "mọi người đọc bản tiếng Việt" in admin.text
    assert (await town.broadcasts.check(CODE, NOW)).problems == ()

    await admin.says(f"/thongbao {CODE}")
    await admin.taps("Sửa", "Nội dung tiếng Anh", "Dùng mẫu không nêu hạn")
    said = await admin.taps("Dùng mẫu này")

    assert "tiếng Việt anh/chị đã viết được giữ nguyên" in said
    text = (await load_broadcast(town, CODE)).draft.text
    assert text.vi == "Kính gửi anh/chị, *lời của tôi*."
    assert text.en.startswith("Dear {ho_ten|colleague}")


async def test_a_ready_text_never_takes_the_place_of_a_typed_one(town: Store) -> None:
    admin = await start_talk(town, "admin")
    own = BroadcastText(vi="Lời của tôi, gửi mọi người", en="Words of my own, for all")
    name = await written(town, text=own)
    await admin.says(f"/thongbao {name}")
    await admin.taps("Sửa", "Nội dung tiếng Việt")

    said = await admin.taps("Dùng mẫu không nêu hạn")

    assert "Vài câu hỏi ngay tại đây" in said
    assert admin.labels == ["Quay lại nội dung của tôi"]
    assert "Lời của tôi" in await admin.taps("Quay lại nội dung của tôi")
    assert (await load_broadcast(town, name)).draft.text == own


async def test_a_ready_text_that_nobody_changed_gives_way_to_the_other_in_both_languages(town: Store) -> None:
    admin = await start_talk(town, "admin")
    name = await written(town, text=BroadcastText(), deadline=date(2026, 12, 15))
    await admin.says(f"/thongbao {name}")
    await admin.taps("Sửa", "Nội dung tiếng Việt", "Dùng mẫu không nêu hạn", "Dùng mẫu này")
    await admin.taps("Sửa", "Nội dung tiếng Việt", "Dùng mẫu nhắc hạn", "Dùng mẫu này")
    text = (await load_broadcast(town, name)).draft.text
    assert "{han}" in text.vi
    assert "{han}" in text.en


@pytest.mark.parametrize("typed", ["1", "so 2", "?", "chưa rõ", "ok", "sau"])
async def test_a_number_or_a_doubt_takes_the_place_of_no_text(town: Store, typed: str) -> None:
    admin = await start_talk(town, "admin")
    own = BroadcastText(vi="Lời của tôi, gửi mọi người", en="Words of my own, for all")
    name = await written(town, text=own)
    await admin.says(f"/thongbao {name}")
    await admin.taps("Sửa", "Nội dung tiếng Việt")
    await admin.says(typed)
    assert (await load_broadcast(town, CODE)).draft.text == own


@pytest.mark.parametrize(("typed", "steps"), [("1", (1,)), ("2", (2,)), ("7, 3", (7, 3))])
async def test_a_number_typed_for_the_plan_is_a_day_and_no_button(
    town: Store, typed: str, steps: tuple[int, ...]
) -> None:
    admin = await start_talk(town, "admin")
    deadline = date(2026, 12, 15)
    name = await written(town, deadline=deadline, plan=CampaignPlan(deadline=deadline, steps=(5,)))
    await admin.says(f"/thongbao {name}")
    await admin.taps("Sửa", "Ngày nhắc")
    await admin.says(typed)
    plan = (await load_broadcast(town, CODE)).draft.plan
    assert plan
    assert plan.steps == steps


@pytest.mark.parametrize("typed", ["1", "một", "khong biet", "?"])
async def test_a_number_or_a_doubt_is_no_title_and_leaves_what_was_chosen(town: Store, typed: str) -> None:
    admin = await start_talk(town, "admin")
    await admin.says("/thongbao")
    await admin.taps("Soạn mới", "Chiến dịch")
    await admin.says("15/12/2026", typed)
    assert admin.session
    assert admin.session.screen == "broadcast_title"
    async with admin_transaction(town) as at:
        assert await at.admin.broadcasts.get(OPERATOR, CODE) is None


async def test_two_buttons_turned_quickly_are_both_turned(town: Store) -> None:
    admin = await start_talk(town, "admin")
    name = await written(town)
    await admin.says(f"/thongbao {name}")
    await admin.taps("Sửa", "Nút")
    now, done, *_ = (choice.tap for choice in admin.choices)
    for tap in (now, done, done):
        await admin.does(ButtonTapped(data=tap, message="8"))
    await admin.taps("Xong")
    assert (await load_broadcast(town, CODE)).draft.buttons == (BroadcastButton.LATER,)


@pytest.mark.parametrize("typed", ["cuối năm nay nhé", "khi nào xong thì xong", "1", "một", "chưa rõ"])
async def test_where_a_day_is_wanted_its_form_is_said_once_and_no_button_is_named(town: Store, typed: str) -> None:
    admin = await start_talk(town, "admin")
    await admin.says("/thongbao")
    await admin.taps("Soạn mới", "Gửi một lần")
    text = await admin.says(typed)
    assert text.count("15/12/2026") == 1
    assert "Xin chọn một trong các ý sau" not in text
    assert "Không có hạn" not in text
    assert "Hạn hoàn thành" in text
