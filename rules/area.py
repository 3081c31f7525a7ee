"""Where the rules of a layer hold: its area as data, and whether a body lies in it.

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
_NOT_WORD = re.compile(r"[^\w]+")
_PROVINCE = re.compile(rf"\b(?:tinh|thanh pho|tp) ({'|'.join(sorted(_PROVINCES, key=len, reverse=True))})\b")
_PROVINCE_ALONE = re.compile(r"(?:(?:tinh|thanh pho|tp) )?(.*)")
_DISTRICT = re.compile(r"\bhuyen (?!uy\b|doan\b|doi\b|hoi\b)(\w.*)")
#: A commune or ward in the name of a body; without "UBND" before it, only letters with accents make sure of one.
_COMMITTEE = re.compile(
    r"\b(?:ubnd|uy ban nhan dan|hdnd|hoi dong nhan dan) (?:xa|phuong|thi tran|huyen|thi xa|quan) \w"
)
_COMMUNE = re.compile(r"(?:^|\s)(?:xã|phường|thị trấn|thị xã) (?!hội)\w")
_CENTRAL = re.compile(r"(?:bo|tong cuc|kiem toan nha nuoc|toa an nhan dan toi cao) \w")


class Area(BaseModel):
    """The bodies for which a layer was made."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    provinces: tuple[str, ...]  #: names without their kind, those that were merged into it too
    places: tuple[str, ...] = ()  #: names without their kind of a district and its communes; empty: the whole province


class Whereabouts(StrEnum):
    """Where a body lies, seen from the area of a layer."""

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
    own = {_fold(name) for name in area.provinces}
    named = {name for text in folded for name in _PROVINCE.findall(text)} | _province_alone(location)
    if named and named.isdisjoint(own):
        return Whereabouts.ELSEWHERE
    around = Whereabouts.NEARBY if named else Whereabouts.ELSEWHERE
    if _CENTRAL.match(_fold(location.superior or "")):
        return around
    if not area.places:
        return Whereabouts.INSIDE if named else Whereabouts.UNKNOWN
    places = [_fold(place) for place in area.places]
    districts = [name for text in folded for name in _DISTRICT.findall(text)]
    if any(not name.startswith(tuple(places)) for name in districts):
        return around
    if any(re.search(rf"\b{place}\b", text) for place in places for text in folded):
        return Whereabouts.INSIDE
    of_another = named if location.complete else _is_of_another_place(location, folded)
    return around if of_another else Whereabouts.UNKNOWN


def _province_alone(location: Location) -> set[str]:
    """Return the province that stands by itself: as the attribute of a certificate, or at the top of the tree."""
    alone = (location.province, location.names[-1] if location.complete and location.names else None)
    found = {_PROVINCE_ALONE.sub(r"\1", _fold(name)) for name in alone if name}
    return found & _PROVINCES


def _is_of_another_place(location: Location, folded: list[str]) -> bool:
    """Return whether a commune is named, or the body stands directly under its province."""
    superior = _fold(location.superior or "")
    under_province = bool(_PROVINCE.search(superior)) and not _COMMITTEE.search(superior)
    return (
        under_province
        or any(_COMMITTEE.search(text) for text in folded)
        or any(_COMMUNE.search(name.casefold()) for name in location.names)
    )


def _fold(text: str) -> str:
    """Return the words in small letters without accents."""
    plain = unicodedata.normalize("NFD", text.lower().replace("đ", "d"))
    return _NOT_WORD.sub(" ", "".join(sign for sign in plain if not unicodedata.combining(sign))).strip()
