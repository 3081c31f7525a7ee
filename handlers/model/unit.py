"""A unit, its names, and the successions between former and present units."""

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
#: Short forms with two meanings.
_EITHER = {"tt": ("thi tran", "trung tam")}
#: Words that people leave out or add ("xã Phước An", "Phước An"); alone they identify nothing.
OPTIONAL_WORDS = frozenset(
    {"uy", "ban", "nhan", "dan", "xa", "phuong", "thi", "tran", "huyen", "quan", "thanh", "pho", "dac", "khu"}
)
#: The authority that governs a place: "UBND xã Phước An" and "xã Phước An" are one unit.
AUTHORITY_WORDS = "uy ban nhan dan"
_KINDS = ("xa ", "phuong ", "thi tran ", "dac khu ", "huyen ", "quan ", "thi xa ", "thanh pho ", "tinh ")


def expand_short_forms(text: str) -> str:
    """Return the folded words of a text, with unambiguous short forms written out."""
    return " ".join(SHORT_FORMS.get(word, word) for word in fold(text).split())


def name_keys(text: str) -> tuple[str, ...]:
    """Return the keys under which a name is found however it is written; several if a short form has two meanings."""
    spelt = f" {expand_short_forms(text)} "
    readings = [spelt]
    for short, meanings in _EITHER.items():
        if f" {short} " in spelt:
            readings = [one.replace(f" {short} ", f" {meaning} ") for meaning in meanings for one in readings]
    return tuple(dict.fromkeys(_without_authority(one.strip()) for one in readings))


def core_name(key: str) -> str:
    """Return a key without the kind of unit ("dai phuoc" for "xa dai phuoc"), or the key if nothing else is left."""
    return next((key.removeprefix(kind) for kind in _KINDS if key.startswith(kind)), key)


def _without_authority(spelt: str) -> str:
    return spelt.removeprefix(f"{AUTHORITY_WORDS} ")


class SuccessionKind(StrEnum):
    """The way in which a former unit ended, from its own point of view."""

    MERGED_INTO_NEW = "merged_into_new"
    MERGED_INTO_EXISTING = "merged_into_existing"
    RENAMED = "renamed"
    SPLIT = "split"
    ENDED = "ended"  #: it ceased and its area went to the successor; nothing is said of its functions


@dataclass(frozen=True, slots=True)
class Succession:
    """A former unit, its successor, and how one became the other."""

    former: str
    successor: str
    became: SuccessionKind
    since: date
    source: str  #: number of the document that says so


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit of the tree."""

    code: str  #: at most 32 ASCII letters, digits, "-" and "."
    name: str
    parent: str | None = None
    aliases: tuple[str, ...] = ()
    former_names: tuple[str, ...] = ()
    closed_on: date | None = None  #: the first day on which it no longer exists

    @property
    def names(self) -> tuple[str, ...]:
        """Return all present and former names, the present name first."""
        return (self.name, *self.aliases, *self.former_names)

    @property
    def body(self) -> str:
        """Return the name of the authority, such as "UBND xã Phước An" for the unit "xã Phước An"."""
        present = (self.name, *self.aliases)
        return next((name for name in present if expand_short_forms(name).startswith(AUTHORITY_WORDS)), self.name)

    def is_open(self, today: date | None = None) -> bool:
        """Return whether the unit exists on a day; without a day, whether no end of it is known."""
        return self.closed_on is None or (today is not None and today < self.closed_on)
