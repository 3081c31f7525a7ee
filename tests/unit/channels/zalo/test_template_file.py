"""The file of approved texts is read at the start, and a fault in it is said before anything runs."""

import re
from datetime import date, datetime, time
from pathlib import Path

import pytest

from bot.channels.zalo.oa.reminders import TemplateHours
from bot.channels.zalo.oa.templates import load_templates
from bot.errors import SettingsError
from bot.messages import ReminderFacts
from handlers.model import PaidTemplate, PlaceholderValues, ReminderKind, choose_template
from locales import translator
from rules.calendar import VIETNAM
from rules.outcome import Procedure
from tests.support.zalo.zbs import TEMPLATES_FILE

SAY = translator("en")


def write(folder: Path, text: str | bytes) -> Path:
    path = folder / "zbs.toml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_texts_are_read_in_order_with_what_they_need(tmp_path: Path) -> None:
    found = load_templates(write(tmp_path, TEMPLATES_FILE))
    assert [(one.id, one.kind, one.needs) for one in found] == [
        ("489213", ReminderKind.EXPIRY, ("han",)),
        ("489214", ReminderKind.ANY, ()),
    ]
    assert load_templates(None) == ()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[[template]\n", "is not TOML: line 1, column 11"),
        ("template = 3", "template"),
        ("", "template"),
        ('[[template]]\nid = "12a"', "template.0.id"),
        ("[[template]]\nid = 12", "template.0.id"),
        ('[[template]]\nid = "1"\nfor = "birthday"', "template.0.for"),
        ('[[template]]\nid = "1"\nforr = "any"', "template.0.forr"),
        ('[[template]]\nid = "1"\n[template.parameters]\n"a b" = "x"', "template.0.parameters.a b"),
        ('[[template]]\nid = "1"\n[template.parameters]\nten = ""', "template.0.parameters.ten"),
        ('[[template]]\nid = "1"\n[template.parameters]\nten = "a\\nb"', "template.0.parameters.ten"),
        ('[[template]]\nid = "1"\n[template.parameters]\nten = "{cccd}"', "the parameter ten of the template 1"),
        ('[[template]]\nid = "1"\n[template.parameters]\nten = "{ho_ten"', "the parameter ten of the template 1"),
        ('[[template]]\nid = "1"\n[[template]]\nid = "1"', "has the template 1 twice"),
        ('[[template]]\nid = "1"\n' * 51, "template"),
        (b"\xff\xfe", "is not UTF-8 text"),
        ("#" * 70_000, "is larger than 64 KB"),
    ],
)
def test_a_fault_names_its_place(tmp_path: Path, text: str | bytes, told: str) -> None:
    with pytest.raises(SettingsError) as refused:
        load_templates(write(tmp_path, text))
    assert told in refused.value.say(SAY)
    for language in ("en", "vi"):
        assert "TROLY_ZALO_ZBS_TEMPLATES" in refused.value.say(translator(language))
    assert not re.search(r"codec|decode|expected|invalid", refused.value.say(translator("vi")), re.IGNORECASE)


def test_a_device_that_never_ends_is_refused_like_a_file_that_is_too_large() -> None:
    with pytest.raises(SettingsError, match="larger than 64 KB"):
        load_templates(Path("/dev/zero"))


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as refused:
        load_templates(tmp_path / "no.toml")
    assert "there is no such file" in refused.value.say(SAY)


def facts(**values: object) -> ReminderFacts:
    return ReminderFacts(ReminderKind.ANY, PlaceholderValues.model_validate(values), date(2026, 11, 29))


@pytest.mark.parametrize(
    ("text", "values", "filled"),
    [
        ("{ho_ten}", {"name": "Lê  Thị\nÁnh"}, "Lê Thị Ánh"),
        ("{ho_ten}", {}, None),
        ("{don_vi|đơn vị}", {"unit": "U" * 40}, "đơn vị"),
        ("{don_vi}", {"unit": "U" * 40}, None),
        ("{han}", {"day": date(2026, 12, 30)}, "30/12/2026"),
        ("{so_ngay}", {"day": date(2026, 11, 30), "language": "en"}, "còn 1 ngày"),  # the approved text is Vietnamese
        ("*{ho_ten}* & bạn", {"name": "Lan <i>"}, "Lan <i> & bạn"),
        ("{viec_can_lam|việc}", {"to_do": (Procedure.CHANGE_INFORMATION, Procedure.RETURN_DEVICE)}, "việc"),
    ],
)
def test_a_parameter_is_plain_vietnamese_and_never_cut(
    tmp_path: Path, text: str, values: dict[str, object], filled: str | None
) -> None:
    [one] = load_templates(write(tmp_path, f'[[template]]\nid = "1"\n[template.parameters]\nten = "{text}"'))
    found = one.fill(facts(**values), {"ten": 30})
    assert found == (None if filled is None else {"ten": filled})


@pytest.mark.parametrize(
    ("kind", "known", "chosen"),
    [
        (ReminderKind.EXPIRY, {"han"}, "expiry"),
        (ReminderKind.EXPIRY, set(), "any"),
        (ReminderKind.DEADLINE, {"han"}, "deadline"),
        (ReminderKind.ANY, {"han"}, "any"),
    ],
)
def test_a_text_serves_what_it_is_about_and_a_general_one_everything(
    kind: ReminderKind, known: set[str], chosen: str
) -> None:
    texts = [
        PaidTemplate(id="no price", kind=kind),
        PaidTemplate(id="refused", kind=kind, price=1, problem="price"),
        PaidTemplate(id="any", kind=ReminderKind.ANY, price=1),
        PaidTemplate(id="deadline", kind=ReminderKind.DEADLINE, needs=("han",), price=1),
        PaidTemplate(id="expiry", kind=ReminderKind.EXPIRY, needs=("han",), price=1),
    ]
    found = choose_template(texts, kind, known)
    assert found is not None
    assert found.id == chosen
    assert choose_template(texts[:2], kind, known) is None


@pytest.mark.parametrize(
    ("opens", "closes", "at", "seconds"),
    [
        (6, 22, "06:00", 0),
        (6, 22, "21:59", 0),
        (6, 22, "22:00", 8 * 3600),
        (6, 22, "00:30", 5.5 * 3600),
        (7, 22, "06:59", 60),
        (0, 0, "03:00", 0),  # at any hour
        (20, 4, "23:00", 0),
        (20, 4, "05:00", 15 * 3600),
    ],
)
def test_texts_leave_between_two_hours_in_viet_nam(opens: int, closes: int, at: str, seconds: float) -> None:
    moment = datetime.combine(date(2026, 11, 29), time.fromisoformat(at), VIETNAM)
    assert TemplateHours(time(opens), time(closes)).seconds_closed(moment) == seconds
