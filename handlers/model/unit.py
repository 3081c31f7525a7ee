"""A unit, and what became of a former one."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from handlers.folding import fold

SHORT_FORMS = {
    "ubnd": "uy ban nhan dan",
    "hdnd": "hoi dong nhan dan",
    "mttq": "mat tran to quoc",
    "tp": "thanh pho",
    "tx": "thi xa",
    "thcs": "trung hoc co so",
    "thpt": "trung hoc pho thong",
    "khcn": "khoa hoc va cong nghe",
    "gddt": "giao duc va dao tao",
    "tnmt": "tai nguyen va moi truong",
}
#: Short forms of two meanings.
_EITHER = {"tt": ("thi tran", "trung tam")}
#: Words people leave out or add ("xã Phước An", "Phước An"): by themselves they decide nothing.
OPTIONAL_WORDS = frozenset(
    {"uy", "ban", "nhan", "dan", "xa", "phuong", "thi", "tran", "huyen", "quan", "thanh", "pho", "dac", "khu"}
)
#: The body that a place is governed by: "UBND xã Phước An" and "xã Phước An" are one unit.
AUTHORITY_WORDS = "uy ban nhan dan"
_KINDS = ("xa ", "phuong ", "thi tran ", "dac khu ", "huyen ", "quan ", "thi xa ", "thanh pho ", "tinh ")


def expand_short_forms(text: str) -> str:
    """Folded words, with short forms of one meaning in full."""
    return " ".join(SHORT_FORMS.get(word, word) for word in fold(text).split())


def name_keys(text: str) -> tuple[str, ...]:
    """What a name is known by, whichever way it is written; several where a short form has two meanings."""
    spelt = f" {expand_short_forms(text)} "
    readings = [spelt]
    for short, meanings in _EITHER.items():
        if f" {short} " in spelt:
            readings = [one.replace(f" {short} ", f" {meaning} ") for meaning in meanings for one in readings]
    return tuple(dict.fromkeys(_without_authority(one.strip()) for one in readings))


def core_name(key: str) -> str:
    """The name without its kind, such as "dai phuoc" of "xa dai phuoc"; the whole where nothing else is left."""
    return next((key.removeprefix(kind) for kind in _KINDS if key.startswith(kind)), key)


def _without_authority(spelt: str) -> str:
    return spelt.removeprefix(f"{AUTHORITY_WORDS} ")


class SuccessionKind(StrEnum):
    """What a former unit became, seen from the unit itself."""

    MERGED_INTO_NEW = "merged_into_new"
    MERGED_INTO_EXISTING = "merged_into_existing"
    RENAMED = "renamed"
    SPLIT = "split"
    ENDED = "ended"  #: it is no more, and its area is the successor's; nothing is said of its functions


@dataclass(frozen=True, slots=True)
class Succession:
    """A former unit and what became of it."""

    former: str
    successor: str
    became: SuccessionKind
    since: date
    source: str  #: the document that says so


@dataclass(frozen=True, slots=True)
class Unit:
    """A body of the tree."""

    code: str  #: at most 32 ASCII letters, digits, "-" and "."
    name: str
    parent: str | None = None
    aliases: tuple[str, ...] = ()
    former_names: tuple[str, ...] = ()
    closed_on: date | None = None  #: the day from which it is no more

    @property
    def names(self) -> tuple[str, ...]:
        """All it goes or went by, the present name first."""
        return (self.name, *self.aliases, *self.former_names)

    @property
    def body(self) -> str:
        """The present name of the body: "UBND xã Phước An" of a unit that is called "xã Phước An"."""
        present = (self.name, *self.aliases)
        return next((name for name in present if expand_short_forms(name).startswith(AUTHORITY_WORDS)), self.name)

    def is_open(self, today: date | None = None) -> bool:
        """Whether it still is; without a day, whether no end of it is known."""
        return self.closed_on is None or (today is not None and today < self.closed_on)
