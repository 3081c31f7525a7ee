"""How names of units are written: short forms, and the words that say of what kind a unit is."""

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
LOOSE = frozenset(
    {"uy", "ban", "nhan", "dan", "xa", "phuong", "thi", "tran", "huyen", "quan", "thanh", "pho", "dac", "khu"}
)
#: The body that a place is governed by: "UBND xã Phước An" and "xã Phước An" are one unit.
AUTHORITY = "uy ban nhan dan"
_KINDS = ("xa ", "phuong ", "thi tran ", "dac khu ", "huyen ", "quan ", "thi xa ", "thanh pho ", "tinh ")


def spelt_out(text: str) -> str:
    """Folded words, with short forms of one meaning in full."""
    return " ".join(SHORT_FORMS.get(word, word) for word in fold(text).split())


def keys_of(text: str) -> tuple[str, ...]:
    """What a name is known by, whichever way it is written; several where a short form has two meanings."""
    spelt = f" {spelt_out(text)} "
    readings = [spelt]
    for short, meanings in _EITHER.items():
        if f" {short} " in spelt:
            readings = [one.replace(f" {short} ", f" {meaning} ") for meaning in meanings for one in readings]
    return tuple(dict.fromkeys(_without_authority(one.strip()) for one in readings))


def core(key: str) -> str:
    """The name without its kind, such as "dai phuoc" of "xa dai phuoc"; the whole where nothing else is left."""
    return next((key.removeprefix(kind) for kind in _KINDS if key.startswith(kind)), key)


def _without_authority(spelt: str) -> str:
    return spelt.removeprefix(f"{AUTHORITY} ")
