"""Hypothesis strategies for random acts on the request list, roles and files."""

from hypothesis import strategies as st

from handlers.commands import ADMIN_COMMANDS, COMMANDS
from handlers.model.imports import ImportLine
from handlers.model.request import RequestState
from handlers.model.rights import Role
from handlers.screens import SCREENS
from tests.support.company import CODES, HOLDERS, PEOPLE

Deed = tuple[str, object]  #: a kind of act, and what
Scene = tuple[str, list[Deed], list[Deed]]

HOSTILE = ("=HYPERLINK(1)", "<b>x</b>", "\u202egnart", "a\x00b", "Đ" * 600, "%_'\"--", "079 123 456 789", "2", "")
GIVEN_IDS = ("QT-000001", "QT-000002", "QT-000003", "LM-000005", "XD-000001", "NL-000001")
WORDS = (*CODES, *HOSTILE, *GIVEN_IDS, "xã Đại Phước", "DN.NT", "lý do chính đáng", "01/11/2026 - 30/11/2026", "có")
VALUES = (
    *CODES,
    *GIVEN_IDS,
    *RequestState,
    *Role,
    "yes",
    "no",
    "all",
    "export",
    "end",
    "invite",
    "xlsx",
    "DN.DP",
    "revoke",
)

lines = st.builds(
    ImportLine,
    number=st.integers(1, 9),
    code=st.sampled_from((*CODES, "YC-2026-999999", "=1+1")),
    state=st.sampled_from((*RequestState, None)),
    note=st.sampled_from(("", *HOSTILE, "thiếu quyết định")),
    revision=st.sampled_from((0, 0, 0, 1, 2, None)),
)
#: A list that is likely to be applied.
sensible = st.builds(
    ImportLine,
    number=st.just(2),
    code=st.sampled_from(CODES),
    state=st.sampled_from((RequestState.ACCEPTED, RequestState.SENT_BACK, RequestState.REFUSED)),
    note=st.just("thiếu quyết định"),
    revision=st.just(0),
)
commands = st.tuples(
    st.sampled_from([f"/{one.name}" for one in (*COMMANDS, *ADMIN_COMMANDS, *ADMIN_COMMANDS)]),
    st.sampled_from(("", "", "", *WORDS)),
).map(" ".join)
taps = st.tuples(st.just("tap"), st.integers(0, 12))
first_taps = st.tuples(st.just("tap"), st.integers(0, 3))


def saying(*texts: str) -> st.SearchStrategy[tuple[str, object]]:
    return st.tuples(st.just("say"), st.sampled_from(texts))


def choosing(*values: str) -> st.SearchStrategy[tuple[str, object]]:
    """Choose the option with one of these values, if it is offered."""
    return st.tuples(st.just("choose"), st.sampled_from(values))


reason, yes = saying("lý do chính đáng"), choosing("yes")
moves = choosing(RequestState.ACCEPTED, RequestState.FORWARDED, RequestState.SENT_BACK, RequestState.REFUSED)
#: The tasks of people with a role, step by step.
works = st.one_of(
    st.tuples(saying(*(f"/danhsach {code}" for code in CODES)), moves, reason),
    st.tuples(saying("/danhsach"), choosing("all"), choosing(RequestState.ACCEPTED, RequestState.FORWARDED), yes),
    st.tuples(
        saying("/danhsach"), choosing("all"), choosing(RequestState.SENT_BACK, RequestState.REFUSED), reason, yes
    ),
    st.tuples(st.tuples(st.just("sheet"), st.lists(sensible, min_size=1, max_size=2)), yes),
    st.tuples(saying("/vaitro QT-000001", "/vaitro QT-000002", "/vaitro QT-000004"), choosing("end"), yes),
    st.tuples(
        *(saying("/vaitro"), choosing("invite"), choosing(Role.OWNER, Role.ADMIN, Role.FOCAL)),
        *(saying("DN.NT", "DN.DP", "xã Đại Phước", "DN"), saying("Bác Năm")),
    ),
    st.tuples(saying("/xuat"), choosing("xlsx", "docx"), saying("/nhatky", "/thongke", "/danhsach")),
    st.tuples(saying("/danhsach QT", "/danhsach nguyen", "/thongke"), taps, taps),
)
#: The acts that everybody can perform.
affairs = st.one_of(
    st.tuples(saying(*(f"/yeucau {code}" for code in CODES)), choosing("withdraw"), yes),
    st.tuples(
        *(saying(*(f"/yeucau {code}" for code in CODES)), choosing("amend"), choosing("unit")),
        *(saying("Xã Đại Phước", "Xã Nhơn Trạch"), taps, choosing("send")),
    ),
    st.tuples(st.just(("say", "/xoadulieu")), first_taps),
    st.tuples(st.tuples(st.just("take"), st.integers(0, 20))),
    st.tuples(st.tuples(st.just("sheet"), st.lists(lines, max_size=4))),
    st.tuples(st.tuples(st.just("say"), commands)),
    st.tuples(saying("/dulieu", "/nhatky", "/thongke", "/trogiup")),
)
acts = st.one_of(
    *(taps, first_taps, first_taps),
    st.tuples(st.just("replay"), st.integers(0, 500)),
    st.tuples(st.just("forge"), st.tuples(st.sampled_from((None, None, *SCREENS)), st.sampled_from(VALUES))),
    st.tuples(st.just("say"), st.sampled_from(WORDS)),
    st.tuples(st.just("say"), st.just("lý do chính đáng")),
)
#: A person, the steps of a task, and then any acts.
scenes = st.tuples(
    st.sampled_from((*HOLDERS, *HOLDERS, *PEOPLE)),
    st.one_of(works, works, affairs).map(list),
    st.lists(acts, max_size=4),
)
#: Two scenes at a time, whose acts take turns.
scripts = st.lists(st.tuples(scenes, scenes), min_size=1, max_size=5)
