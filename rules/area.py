"""Describe the area of a layer as data, and tell whether a body lies in it.

A layer is the rule of a locality. It is applied to a body only where nothing says that the body is somewhere else.
"""

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from pydantic import BaseModel, ConfigDict

#: The provinces and cities of before and after 01/7/2025, without accents: one that is not the layer's is elsewhere.
_NAMES_OF_PROVINCES = """
an giang, ba ria vung tau, bac giang, bac kan, bac lieu, bac ninh, ben tre, binh dinh, binh duong, binh phuoc, binh
thuan, ca mau, can tho, cao bang, da nang, dak lak, dak nong, dien bien, dong nai, dong thap, gia lai, ha giang, ha
nam, ha noi, ha tinh, hai duong, hai phong, hau giang, ho chi minh, hoa binh, hue, hung yen, khanh hoa, kien giang,
kon tum, lai chau, lam dong, lang son, lao cai, long an, nam dinh, nghe an, ninh binh, ninh thuan, phu tho, phu yen,
quang binh, quang nam, quang ngai, quang ninh, quang tri, soc trang, son la, tay ninh, thai binh, thai nguyen, thanh
hoa, thua thien hue, tien giang, tra vinh, tuyen quang, vinh long, vinh phuc, yen bai
"""
_PROVINCES = frozenset(" ".join(name.split()) for name in _NAMES_OF_PROVINCES.split(","))
#: Other ways to write some of them, in words without accents.
_SPELLINGS = {
    r"tp ?hcm|hcmc": "thanh pho ho chi minh",
    r"^hcm$": "ho chi minh",  # within a name it may be the Youth Union's
    r"hanoi|ha noi city": "ha noi",
    r"danang|da nang city": "da nang",
    r"haiphong|hai phong city": "hai phong",
    r"bac can": "bac kan",
    r"da[ck] la[ck]": "dak lak",
    r"da[ck] nong": "dak nong",
    r"brvt|br vt|ba ria vt": "tinh ba ria vung tau",
}
_OTHER_SPELLING = re.compile("|".join(rf"(\b(?:{words})\b)" for words in _SPELLINGS))
_NOT_WORD = re.compile(r"[^\w]+")
_ANY_PROVINCE = "|".join(sorted(_PROVINCES, key=len, reverse=True))
_PROVINCE = re.compile(rf"\b(?:tinh|thanh pho|tp) ({_ANY_PROVINCE})\b")
_PROVINCE_ALONE = re.compile(r"(?:(?:tinh|thanh pho|tp) )?(.*)")
#: A body that only provinces have, named after its own. A committee or a police may be a commune's of the same name:
#: of those only the names that no commune has.
_OF_PROVINCE = re.compile(
    rf"(?:(?:so|tinh uy|thanh uy|tinh doan|thanh doan) (?:.* )?({_ANY_PROVINCE})"
    r"|(?:ubnd|uy ban nhan dan|hdnd|hoi dong nhan dan|cong an) (ha noi|hai phong|da nang|ho chi minh|ba ria vung tau))$"
)
#: A body that has a province to itself: no district and no commune.
_PROVINCIAL = re.compile(
    r"(?:so |tinh uy\b|tinh doan\b|(?:ubnd|uy ban nhan dan|hdnd|hoi dong nhan dan|cong an) tinh\b)"
)
#: Words that follow the kind of a place and name none: "xã em", "huyện cũ".
_NO_NAME = r"(?!(?:em|minh|toi|tui|ta|nha|anh|chi|chung|ben|cu|moi|nay|do|va|hay|hoac|la|thuoc)\b)"
_DISTRICT = re.compile(rf"(?<!\bba )\bhuyen (?:(?:uy|doan|doi|hoi) )?(?!(?:uy|doan|doi|hoi)\b){_NO_NAME}(\w.*)")
#: A commune, ward or city in the name of a body; without "UBND" before it, only letters with accents make sure of one.
_COMMITTEE = re.compile(
    r"\b(?:ubnd|uy ban nhan dan|hdnd|hoi dong nhan dan) "
    rf"(?:xa|phuong|thi tran|huyen|thi xa|quan|(?:thanh pho|tp)(?! (?:{_ANY_PROVINCE})\b)) {_NO_NAME}\w"
)
_COMMUNE = re.compile(r"(?:^|\s)(?:xã|phường|thị trấn|thị xã|thành phố) (?!hội)(\w.*)")
_NAME = re.compile(rf"{_NO_NAME}(?!(?:{_ANY_PROVINCE})\b)\w")
#: Bodies of the whole country. "Bộ phận" and "bộ môn" are none.
_CENTRAL = re.compile(
    r"(?:bo (?!phan\b|mon\b|may\b)|tong cuc |kiem toan nha nuoc\b|(?:toa an|vien kiem sat) nhan dan toi cao\b"
    r"|(?:van phong|thanh tra) chinh phu\b|van phong (?:quoc hoi|chu tich nuoc|trung uong)\b|ban co yeu chinh phu\b"
    r"|(?:kho bac nha nuoc|ngan hang nha nuoc)(?: viet nam)?$|bao hiem xa hoi viet nam$)"
)


class Area(BaseModel):
    """The bodies for which a layer was made."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    provinces: tuple[str, ...]  #: names without their kind, those that were merged into it too
    places: tuple[str, ...] = ()  #: names without their kind of a district and its communes; empty: the whole province


class Whereabouts(StrEnum):
    """The place of a body, seen from the area of a layer."""

    INSIDE = "inside"
    NEARBY = "nearby"  #: in its province, and surely not among its places
    ELSEWHERE = "elsewhere"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Location:
    """The names that tell where a body is; the tree of units knows all that are above it, other sources may not."""

    names: tuple[str, ...] = ()  #: of the body and of those above it, the nearest first
    province: str | None = None  #: as a certificate has it among its attributes, with or without its kind
    superior: str | None = None  #: the body directly above, where it is known to be that
    complete: bool = False  #: whether nothing that would name a place is missing


@lru_cache(maxsize=1024)
def locate(area: Area, location: Location) -> Whereabouts:
    """Return where a body lies; only what is named decides, and a place that may be the area's stays there."""
    folded = [_fold(name) for name in location.names]
    named = _provinces(location, folded)
    if named and named.isdisjoint(_fold(name) for name in area.provinces):
        return Whereabouts.ELSEWHERE
    around = Whereabouts.NEARBY if named else Whereabouts.ELSEWHERE
    if _is_central(location, folded):
        return around
    if not area.places:
        return Whereabouts.INSIDE if named else Whereabouts.UNKNOWN
    places = [_fold(place) for place in area.places]
    if any(not name.startswith(tuple(places)) for name in _districts(location)):
        return around
    if any(re.search(rf"\b{place}\b", text) for place in places for text in folded):
        return Whereabouts.INSIDE
    of_another = named if location.complete else _is_of_another_place(location, folded)
    return around if of_another else Whereabouts.UNKNOWN


def _provinces(location: Location, folded: list[str]) -> set[str]:
    """Return the provinces that are named: with their kind, by a body that only they have, or by themselves.

    By itself one stands as the attribute of a certificate, or at the top of the tree.
    """
    bodies = (found for text in folded if (found := _OF_PROVINCE.match(text)))
    of_bodies = {found[found.lastindex or 0] for found in bodies}
    alone = (location.province, location.names[-1] if location.complete and location.names else None)
    by_itself = {_PROVINCE_ALONE.sub(r"\1", _fold(name)) for name in alone if name} & _PROVINCES
    return {name for text in folded for name in _PROVINCE.findall(text)} | of_bodies | by_itself


def _is_central(location: Location, folded: list[str]) -> bool:
    """Return whether a body of the whole country is the one directly above, at the top of the tree, or the body."""
    known = folded if location.complete or len(folded) == 1 else []
    return any(_CENTRAL.match(text) for text in (_fold(location.superior or ""), *known))


def _districts(location: Location) -> list[str]:
    """Return the districts that are named; with accents "Huyền" is the name of a person."""
    names = (unicodedata.normalize("NFC", name.casefold()) for name in location.names)
    sure = (name for name in names if name.isascii() or "huyện" in name)
    return [district for name in sure for district in _DISTRICT.findall(_fold(name))]


def _is_of_another_place(location: Location, folded: list[str]) -> bool:
    """Return whether a commune or a city is named, or the body is its province's, or stands directly under it."""
    superior = _fold(location.superior or "")
    under_province = bool(_PROVINCE.search(superior)) and not _COMMITTEE.search(superior)
    accented = (unicodedata.normalize("NFC", name.casefold()) for name in location.names)
    communes = (commune for name in accented for commune in _COMMUNE.findall(name))
    return (
        under_province
        or any(_PROVINCIAL.match(text) for text in folded[:1])
        or any(_COMMITTEE.search(text) for text in folded)
        or any(_NAME.match(_fold(commune)) for commune in communes)
    )


def _fold(text: str) -> str:
    """Return the words in small letters without accents, provinces in their usual spelling."""
    plain = unicodedata.normalize("NFD", text.lower().replace("đ", "d"))
    words = _NOT_WORD.sub(" ", "".join(sign for sign in plain if not unicodedata.combining(sign))).strip()
    usual = tuple(_SPELLINGS.values())
    return _OTHER_SPELLING.sub(lambda found: usual[(found.lastindex or 1) - 1], words)
