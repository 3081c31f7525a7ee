"""The focal officer's dossier in a chat: from the command to the papers, the requests, and the admin."""

import zipfile
from dataclasses import dataclass, field
from io import BytesIO
from types import SimpleNamespace

import openpyxl
import pytest

from bot.certificates.parsing import read
from bot.dossier.list_reader import read_certificate_list
from bot.store import Store
from handlers.core import ButtonTapped, CertificatesListed, DossierMade, FileRead, MarkupTranslator, question_of
from handlers.dossier.opened import question_options
from handlers.model import FileProblem, FileProblemKind, ListedCertificate, Reading, RequestState, Role
from rules.loading import load_pack
from tests.support.backends import MemoryBackend
from tests.support.dossiers import commune, to_zip
from tests.support.people import grant_role, make_person_content
from tests.support.pki import make_certificate, make_personal
from tests.support.stored_dialogue import Assistant, Person, register_request

DIFFER = "1 được giữ lại; 2-4 trực thuộc; 34, 35 nghỉ hưu; 36 mất token; 37 chuyển công tác"


@dataclass
class Focal:
    """A focal officer, and how many messages they have sent."""

    person: Person
    sent: int = field(default=0)

    async def says(self, text: str) -> str:
        self.sent += 1
        return await self.person.says(text)

    async def taps(self, label: str) -> str:
        self.sent += 1
        return await self.person.taps(label)

    async def sends_archive(self) -> str:
        self.sent += 1
        return await self.person.does(FileRead(name="xa.zip", reading=read(to_zip(commune()))))


async def focal(house: Assistant, store: Store, name: str = "lan", unit: str = "DN.NT") -> Focal:
    await grant_role(store, name, Role.FOCAL, unit)
    return Focal(await house.person(name).consents())


async def answered(house: Assistant, store: Store) -> Focal:
    """Return a focal officer whose dossier of forty colleagues is answered."""
    lan = await focal(house, store)
    await lan.says("/donvi")
    await lan.taps("Sáp nhập thành cơ quan mới")
    await lan.sends_archive()
    await lan.taps("Trả lời câu còn thiếu")
    await lan.says(DIFFER)
    for label in ("Có thông tin không còn đúng", "Đang giữ và dùng được", "Không"):
        await lan.taps(label)
    return lan


def archive_of(person: Person) -> zipfile.ZipFile:
    (file,) = [file for reply in person.heard for file in reply.attachments]
    return zipfile.ZipFile(BytesIO(file.content))


async def test_forty_colleagues_take_at_most_twelve_messages(
    house: Assistant, store: Store, ground: MemoryBackend
) -> None:
    lan = await answered(house, store)
    assert "đã xét được 38, cần trả lời thêm 0, cần xem lại 3" in lan.person.text

    await lan.taps("Lập giấy tờ")
    names = archive_of(lan.person).namelist()
    assert [name[:6] for name in names if name.startswith("mau-")] == [
        "mau-04", "mau-04", "mau-05", "mau-08", "mau-09", "mau-01",
    ]  # fmt: skip
    await lan.taps("Đăng ký yêu cầu")
    assert "Đăng ký 39 yêu cầu?" in lan.person.text
    await lan.taps("Có, đơn vị đã báo")
    assert "Đã đăng ký: <b>39</b>" in lan.person.text
    assert lan.sent <= 12
    made = ground.memory.tables.requests.values()
    assert {one.unit for one in made} == {"DN.NT"}
    assert len(made) == 39


async def test_requests_that_are_open_are_not_registered_twice(house: Assistant, store: Store) -> None:
    lan = await answered(house, store)
    await lan.taps("Lập giấy tờ")
    for _ in range(2):
        await lan.taps("Đăng ký yêu cầu")
        await lan.taps("Có, đơn vị đã báo")

    assert "Đã đăng ký: <b>0</b>; đã có từ trước: 39" in lan.person.text


async def test_an_admin_gets_one_notice_for_all_and_an_officer_in_the_bot_one_for_theirs(
    house: Assistant, store: Store, ground: MemoryBackend
) -> None:
    await grant_role(store, "an", Role.ADMIN, "DN.NT")
    await house.person("an").consents()
    own = make_person_content().model_copy(update={"serial": "B01E", "subscriber": "Lê Văn Hưu"})
    await register_request(store, "hưu", own, "DN.NT")
    ground.memory.tables.messages.clear()
    lan = await answered(house, store)
    await lan.taps("Lập giấy tờ")
    await lan.taps("Đăng ký yêu cầu")
    ground.memory.tables.messages.clear()
    await lan.taps("Có, đơn vị đã báo")

    told = [one.origin for one in ground.memory.tables.messages.values() if one.kind == "notice"]
    assert sum(origin.startswith("dossier:HS-") for origin in told) == 1
    assert [origin.split(":")[1][:3] for origin in told if not origin.startswith("dossier:HS-")] == ["YC-"]


async def test_what_changed_for_one_person_is_said_in_the_next_version(house: Assistant, store: Store) -> None:
    lan = await answered(house, store)
    await lan.taps("Lập giấy tờ")
    await lan.says("/lamlai")
    await lan.says("/donvi HS-000001")
    await lan.says("12 mất token")
    await lan.taps("Lập giấy tờ")

    assert "bản 2" in lan.person.text
    assert [line for line in lan.person.text.splitlines() if line.startswith("• ")] == [
        (
            "• Nguyễn Văn H: nay là Thu hồi chứng thư chữ ký số; Lập biên bản mất thiết bị lưu khóa bí mật;"
            " Đề nghị cấp mới chứng thư"
        )
    ]


async def test_it_is_handed_to_the_nearest_admin_with_its_requests(
    house: Assistant, store: Store, ground: MemoryBackend
) -> None:
    await grant_role(store, "an", Role.ADMIN, "DN.NT")
    an = await house.person("an").consents()
    lan = await answered(house, store)
    await lan.taps("Lập giấy tờ")
    await lan.taps("Đăng ký yêu cầu")
    await lan.taps("Có, đơn vị đã báo")
    assert "đã chuyển cho quản trị viên" in await lan.taps("Chuyển cho quản trị viên")

    assert "Tôi không thấy hồ sơ này" in await lan.says("/donvi HS-000001")
    assert "Hồ sơ HS-000001" in await an.says("/donvi HS-000001")
    owners = {one.chat for one in ground.memory.tables.requests.values()}
    assert owners == {an.chat.id}
    assert [one.state for one in ground.memory.tables.requests.values()] == [RequestState.SUBMITTED] * 39


async def test_only_whoever_keeps_it_sees_it_makes_it_and_fetches_it(house: Assistant, store: Store) -> None:
    await answered(house, store)
    others = [(await focal(house, store, "bình")).person]
    for name, role, unit in (("an", Role.ADMIN, "DN.NT"), ("chủ", Role.OWNER, None)):
        await grant_role(store, name, role, unit)
        others.append(await house.person(name).consents())

    for person in others:
        assert "Tôi không thấy hồ sơ này" in await person.says("/donvi HS-000001")
        for screen in ("dossier", "dossier_what", "dossier_ask", "dossier_register"):
            session = await person.stands_at(screen, about="HS-000001")
            for value in ("make", "yes", "hand", "register", "nothing", "true"):
                await person.forges(value, session)
                assert not [file for reply in person.heard for file in reply.attachments]
                assert "Nguyễn Văn" not in person.text


async def test_an_officer_without_a_role_does_not_learn_of_the_command(house: Assistant) -> None:
    officer = await house.person("cán bộ").consents()

    assert "Tôi không có lệnh" in await officer.says("/donvi")


async def test_whoever_loses_the_role_loses_the_dossier(house: Assistant, store: Store, ground: MemoryBackend) -> None:
    lan = await answered(house, store)
    ground.memory.tables.grants.clear()

    assert "không còn giữ vai trò" in await lan.says("/donvi HS-000001")


async def test_a_list_joins_what_was_sent_and_tells_what_cannot_be_read(house: Assistant, store: Store) -> None:
    lan = await focal(house, store)
    await lan.says("/donvi")
    await lan.taps("Sáp nhập thành cơ quan mới")
    rows = (ListedCertificate(line=2, name="Nguyễn Văn A", serial="B001", sayings=("mất token", "trưởng phòng")),)
    await lan.person.does(CertificatesListed(name="ds.xlsx", rows=rows))
    text = await lan.sends_archive()

    assert "Tổng số chứng thư: 41" in text
    assert "Nguyễn Văn A: “trưởng phòng”" in text
    assert "Danh sách có hơn" in await lan.person.does(
        CertificatesListed(name="ds.xlsx", trouble="The list has more than {rows} rows; split it.", values={"rows": 9})
    )


async def test_a_private_key_among_the_files_is_warned_of_and_not_taken(house: Assistant, store: Store) -> None:
    lan = await focal(house, store)
    await lan.says("/donvi")
    secret = Reading(problems=(FileProblem(trouble=FileProblemKind.PRIVATE_KEY, where="khoa.key"),))

    assert "khóa bí mật" in await lan.person.does(FileRead(name="xa.zip", reading=secret))
    assert "Tổng số" not in await lan.says("/donvi HS-000001")


@pytest.mark.parametrize("text", ["999 nghỉ hưu", "abc", "5", "<b>1</b> mất token", "; ; ;", "1" * 4000])
async def test_words_that_name_nobody_change_nobody(house: Assistant, store: Store, text: str) -> None:
    lan = await answered(house, store)
    await lan.says(text)

    assert "đã xét được 38" in await lan.says("/donvi HS-000001")


async def test_only_one_certificate_can_be_kept_in_a_merger(house: Assistant, store: Store) -> None:
    lan = await focal(house, store)
    await lan.says("/donvi")
    await lan.taps("Sáp nhập thành cơ quan mới")
    for number, name in enumerate(("UBND xã Phú Hội", "UBND xã Long Tân"), 0xA1):
        made = make_certificate(name, superior="UBND tỉnh Đồng Nai", serial=number)
        await lan.person.does(FileRead(name=f"{name}.cer", reading=read(made), album=True))
    await lan.taps("Trả lời câu còn thiếu")

    assert "Khi sáp nhập chỉ một chứng thư được giữ lại" in await lan.taps("Của cơ quan tôi")
    await lan.says("1 được giữ lại; 2 không giữ lại")
    assert "Khi sáp nhập" not in lan.person.text


async def test_certificates_that_name_another_unit_are_taken_by_one_tap(house: Assistant, store: Store) -> None:
    lan = await focal(house, store)
    await lan.says("/donvi")
    await lan.taps("Sáp nhập thành cơ quan mới")
    await lan.sends_archive()
    assert "Ghi tên đơn vị khác" in lan.person.text
    await lan.taps("Chứng thư ghi tên khác cũng của đơn vị")

    assert "Ghi tên đơn vị khác" not in lan.person.text
    assert "cần trả lời thêm 38" in lan.person.text


@pytest.mark.parametrize("said", ["của đơn vị", "cũng là của đơn vị", "cua don vi toi", "thuộc đơn vị"])
async def test_some_that_name_another_unit_are_taken_by_their_numbers(
    house: Assistant, store: Store, ground: MemoryBackend, said: str
) -> None:
    lan = await focal(house, store)
    await lan.says("/donvi")
    await lan.taps("Sáp nhập thành cơ quan mới")
    await lan.sends_archive()
    assert "Chỉ một số chứng thư ghi tên khác" in lan.person.text
    before = next(iter(ground.memory.tables.dossiers.values())).record
    assert before.people == {}
    text = await lan.says(f"1, 3 {said}")

    assert "1. UBND xã Phước An: của đơn vị" in text
    assert "cần xem lại" in text
    (row,) = ground.memory.tables.dossiers.values()
    assert row.record.people == {"A001": {"ours": True}, "A003": {"ours": True}}


async def test_the_desk_leads_to_the_dossiers_of_units(house: Assistant, store: Store) -> None:
    lan = await focal(house, store)
    await lan.says("/start")

    assert "Hồ sơ của cả đơn vị" in await lan.taps("Hồ sơ đơn vị")


async def test_an_owner_without_a_unit_names_one(house: Assistant, store: Store, ground: MemoryBackend) -> None:
    await grant_role(store, "chủ", Role.OWNER, None)
    owner = await house.person("chủ").consents()

    assert "lập hồ sơ cho đơn vị nào" in await owner.says("/donvi")
    assert "lập hồ sơ cho đơn vị nào" in await owner.says("không có đơn vị nào như thế")
    await owner.says("xã nhơn trạch")
    assert [row.record.unit for row in ground.memory.tables.dossiers.values()] == ["DN.NT"]


async def test_certificates_known_of_the_unit_are_taken_by_right_alone(
    house: Assistant, store: Store, ground: MemoryBackend
) -> None:
    known = make_person_content().model_copy(
        update={"serial": "B01E", "subscriber": "Lê Văn Hưu", "unit_code": "DN.NT"}
    )
    far = known.model_copy(update={"serial": "B02F", "subscriber": "Trần Xa", "unit_code": "DN.DP"})
    await register_request(store, "hưu", known, "DN.NT")
    await register_request(store, "xa", far, "DN.DP")
    lan = await focal(house, store)
    await lan.says("/donvi")
    assert "đã biết" not in await lan.taps("Sáp nhập thành cơ quan mới")  # a focal officer sees no names of others

    await grant_role(store, "an", Role.ADMIN, "DN.NT")
    an = await house.person("an").consents()
    await an.says("/donvi")
    await an.taps("Sáp nhập thành cơ quan mới")
    text = await an.taps("Lấy 1 chứng thư tôi đã biết")
    assert "Lê Văn Hưu" in text
    assert "Trần Xa" not in text
    (row,) = [one for one in ground.memory.tables.dossiers.values() if one.chat == an.chat.id]
    assert [(one.name, one.serial) for one in row.record.sources] == [("Lê Văn Hưu", "B01E")]


async def test_where_there_are_several_admins_one_is_chosen_without_their_names(house: Assistant, store: Store) -> None:
    await grant_role(store, "an", Role.ADMIN, "DN.NT", label="Chị An")
    await grant_role(store, "ba", Role.ADMIN, "DN", label="Anh Ba")
    await house.person("an").consents()
    ba = await house.person("ba").consents()
    lan = await answered(house, store)
    await lan.taps("Lập giấy tờ")
    await lan.taps("Chuyển cho quản trị viên")
    offered = [choice.label for reply in lan.person.heard for choice in reply.choices]
    assert [label.partition(" · ")[0] for label in offered[:2]] == [
        "quản trị viên – Xã Nhơn Trạch", "quản trị viên – Tỉnh Đồng Nai",
    ]  # fmt: skip
    assert "Chị An" not in " ".join(offered)
    assert "đã chuyển cho quản trị viên" in await lan.taps("quản trị viên – Tỉnh Đồng Nai")

    assert "Hồ sơ HS-000001" in await ba.says("/donvi HS-000001")


async def test_a_file_that_cannot_be_read_is_replaced_by_its_mended_one_or_left_out_by_a_tap(
    house: Assistant, store: Store, ground: MemoryBackend
) -> None:
    lan = await focal(house, store)
    await lan.says("/donvi")
    await lan.taps("Sáp nhập thành cơ quan mới")
    broken = Reading(problems=(FileProblem(trouble=FileProblemKind.BROKEN),))
    for name in ("a.cer", "b.cer"):
        await lan.person.does(FileRead(name=name, reading=broken))
    await lan.person.does(FileRead(name="a.cer", reading=read(make_certificate("UBND xã Nhơn Trạch"))))
    assert "b.cer" in await lan.taps("Bỏ 1 tệp không đọc được")

    (row,) = ground.memory.tables.dossiers.values()
    assert [(one.file, one.trouble) for one in row.record.sources] == [("a.cer", None)]


async def test_a_list_that_cannot_be_read_brings_a_button_with_an_empty_one(house: Assistant, store: Store) -> None:
    lan = await focal(house, store)
    await lan.says("/donvi")
    await lan.taps("Sáp nhập thành cơ quan mới")
    wrong = CertificatesListed(
        name="ds.xlsx", **read_certificate_list(b"a;b\r\n1;2\r\n").model_dump(exclude={"left_out"})
    )
    assert "troly dossier" not in await lan.person.does(wrong)
    assert "Lấy mẫu danh sách" in lan.person.labels

    text = await lan.taps("Lấy mẫu danh sách")
    (file,) = [file for reply in lan.person.heard for file in reply.attachments]
    assert file.name == "danh-sach-chung-thu.xlsx"
    assert "Mỗi dòng một chứng thư" in text
    filled = openpyxl.load_workbook(BytesIO(file.content))
    filled.active.append([1, "Trần Thị B", "0A02"])
    packed = BytesIO()
    filled.save(packed)
    assert [row.name for row in read_certificate_list(packed.getvalue()).rows] == ["Trần Thị B"]


@pytest.mark.parametrize("said", ["mẫu danh sách", "Lấy mẫu danh sách"])
async def test_an_empty_list_is_given_for_words_too_whatever_stands_in_the_dossier(
    house: Assistant, store: Store, said: str
) -> None:
    lan = await focal(house, store)
    await lan.says("/donvi")
    await lan.taps("Sáp nhập thành cơ quan mới")
    for _ in range(2):
        await lan.says(said)
        assert [file.name for reply in lan.person.heard for file in reply.attachments] == ["danh-sach-chung-thu.xlsx"]
        await lan.sends_archive()


async def test_a_second_tap_on_the_button_that_makes_the_papers_makes_nothing_more(
    house: Assistant, store: Store, ground: MemoryBackend
) -> None:
    lan = await answered(house, store)
    tap = next(one.tap for one in lan.person.choices if one.label == "Lập giấy tờ")
    for _ in range(2):
        await lan.person.does(ButtonTapped(data=tap, message="8"))
    (row,) = ground.memory.tables.dossiers.values()

    assert row.record.version == 1


async def test_the_order_brings_a_button_that_stops_it_and_says_nothing_once_it_is_over(
    house: Assistant, store: Store
) -> None:
    lan = await answered(house, store)
    await lan.taps("Lập giấy tờ")
    (stop,) = [one for reply in lan.person.heard for one in reply.choices if one.label == "Dừng lập hồ sơ"]
    await lan.person.does(ButtonTapped(data=stop.tap, message="8"))

    assert lan.person.heard == ()


@pytest.mark.parametrize(
    "said",
    [("Token đang ở tình trạng nào", "Bị mất", "mất token"), ("Có ai không được giao", "Có, hoặc có", "bị lộ khóa")],
)
async def test_one_tap_does_not_say_of_many_that_their_tokens_are_lost_or_their_keys_exposed(
    house: Assistant, store: Store, ground: MemoryBackend, said: tuple[str, str, str]
) -> None:
    question, label, typed = said
    lan = await focal(house, store)
    await lan.says("/donvi")
    await lan.taps("Sáp nhập thành cơ quan mới")
    await lan.sends_archive()
    await lan.taps("Trả lời câu còn thiếu")
    await lan.says(DIFFER)
    for answer in ("Có thông tin không còn đúng", "Đang giữ và dùng được"):
        if question not in lan.person.text:
            await lan.taps(answer)
    before = [row.record.revision for row in ground.memory.tables.dossiers.values()]
    text = await lan.taps(label)
    assert f"1 {typed}" in text
    assert question in text
    assert [row.record.revision for row in ground.memory.tables.dossiers.values()] == before
    assert "nhắn số" in text
    await lan.says(f"5 {typed}")
    (row,) = ground.memory.tables.dossiers.values()
    assert row.record.people["B001"] in ({"token": "lost"}, {"key_exposed": True})


async def test_the_certificates_that_a_file_brings_are_listed_with_their_numbers(
    house: Assistant, store: Store
) -> None:
    lan = await focal(house, store)
    await lan.says("/donvi")
    await lan.taps("Sáp nhập thành cơ quan mới")
    text = await lan.sends_archive()

    assert "1. UBND xã Phước An" in text
    assert "chọn tất cả" not in await lan.taps("Trả lời câu còn thiếu")


async def test_the_command_that_stopped_the_papers_stops_nothing_else(house: Assistant, store: Store) -> None:
    lan = await answered(house, store)
    stopped = DossierMade(dossier="HS-000001", trouble="stopped", typed=True)
    assert "chưa lập giấy tờ nào" in await lan.person.does(stopped)
    assert lan.person.labels == []
    text = await lan.says("/huy")
    assert "Hồ sơ HS-000001" in text
    assert "Hồ sơ HS-000001" not in await lan.says("/huy")


async def test_answers_given_for_named_certificates_do_not_decide_those_taken_later(
    house: Assistant, store: Store
) -> None:
    lan = await answered(house, store)
    assert "cần trả lời thêm 0" in lan.person.text
    new = make_personal("Cao Thị Sau", serial=0xBEEF, email="sau@dongnai.gov.vn")

    assert "cần trả lời thêm 1" in await lan.person.does(FileRead(name="sau.cer", reading=read(new)))
    assert "1 chứng thư: 42. Cao Thị Sau" in await lan.taps("Trả lời câu còn thiếu")
    await lan.taps("Có thông tin không còn đúng")
    await lan.taps("Bị mất")
    await lan.taps("Không")
    assert "cần trả lời thêm 0" in lan.person.text
    assert "mất thiết bị lưu khóa bí mật (Mẫu 09): 2" in lan.person.text  # hers, and the one named before


async def test_words_on_single_ones_that_count_for_nothing_are_told(house: Assistant, store: Store) -> None:
    lan = await answered(house, store)

    assert "Chưa ghi" in await lan.says("3 sap nghi huu")
    assert "3 sap nghi huu" in lan.person.text
    assert "Không có số 99: danh sách từ 1 đến 41" in await lan.says("99 mat token")
    text = await lan.says("99 mat token; 5 nghỉ hưu; 3 sap nghi huu")
    assert "Không có số 99" in text
    assert "3 sap nghi huu" in text
    assert "5. Nguyễn Văn A: " in text
    assert "Điều tôi chưa hiểu thì tôi không ghi." in await lan.says("abc")


async def test_what_is_said_of_many_names_exactly_those_that_are_asked_about(house: Assistant, store: Store) -> None:
    lan = await focal(house, store)
    await lan.says("/donvi")
    await lan.taps("Sáp nhập thành cơ quan mới")
    await lan.sends_archive()
    await lan.taps("Trả lời câu còn thiếu")
    await lan.says(f"{DIFFER}; 6-8 mất token")
    await lan.taps("Có thông tin không còn đúng")

    assert "“1-5, 9-35, 37-38 mất token”" in await lan.taps("Bị mất")


def test_an_option_that_the_rules_tell_of_several_kinds_is_offered_once() -> None:
    here = SimpleNamespace(say=MarkupTranslator("vi"))
    asked = question_of(load_pack("national"), "events")
    assert asked is not None

    values = [option.value for option in question_options(here, asked, None)]
    assert "unit_reorganised" in values
    assert len(values) == len(set(values))


async def test_those_of_another_name_that_are_taken_as_ours_are_asked_for_themselves(
    house: Assistant, store: Store
) -> None:
    lan = await focal(house, store)
    await lan.says("/donvi")
    await lan.taps("Sáp nhập thành cơ quan mới")
    ours = make_certificate("Trạm Y tế xã Nhơn Trạch", superior="UBND xã Nhơn Trạch", serial=0xC1)
    await lan.person.does(FileRead(name="tyt.cer", reading=read(ours)))
    await lan.sends_archive()
    await lan.taps("Trả lời câu còn thiếu")
    await lan.says("1 trực thuộc; 2 được giữ lại")
    for label in ("Có thông tin không còn đúng", "Đang giữ và dùng được", "Không"):
        await lan.taps(label)
    before = lan.person.text
    assert "cần trả lời thêm 0" in before
    await lan.taps("Chứng thư ghi tên khác cũng của đơn vị")

    assert "1. Trạm Y tế xã Nhơn Trạch – Thay đổi nội dung" in lan.person.text
    await lan.says("3-5 trực thuộc")  # their tokens, keys and names are asked about for all that
    assert "cần trả lời thêm 3," in lan.person.text


async def test_what_happened_is_taken_from_a_sentence_where_no_certificate_was_sent(
    house: Assistant, store: Store
) -> None:
    lan = await focal(house, store)
    await lan.says("/donvi")
    await lan.taps("Sáp nhập thành cơ quan mới")

    assert "Việc đã xảy ra: <b>đổi tên</b>" in await lan.says("xa em doi ten")
    await lan.says("xa em sap nhap roi")  # how, it asks
    assert "Sáp nhập vào cơ quan đã có, giữ nguyên tên" in lan.person.labels


@pytest.mark.parametrize("name", ["ds.xls", "ds.XLSX", "ds.csv"])
async def test_a_list_that_was_sent_beside_the_dossier_is_shown_the_way_there(
    house: Assistant, store: Store, name: str
) -> None:
    lan = await focal(house, store)
    nothing = Reading(problems=(FileProblem(trouble=FileProblemKind.OLD_OFFICE),))

    assert "/donvi" in await lan.person.does(FileRead(name=name, reading=nothing))
    officer = await house.person("cán bộ").consents()
    assert "/donvi" not in await officer.does(FileRead(name=name, reading=nothing))


@pytest.mark.parametrize("word", ["thôi", "huy", "Thoát"])
async def test_a_word_that_means_it_leads_back_from_a_page_with_a_way_back(
    house: Assistant, store: Store, word: str
) -> None:
    lan = await focal(house, store)
    await lan.says("/thongke")

    assert "Bàn làm việc" in await lan.says(word)


async def test_whoever_works_at_a_page_of_their_role_is_not_shown_a_sentence_of_the_interview(
    house: Assistant, store: Store
) -> None:
    lan = await focal(house, store)
    await lan.says("/thongbao")
    await lan.says("asdf qwer")

    assert "/banlamviec" in await lan.says("zxcv lkjh")
    assert "sáp nhập" not in lan.person.text
