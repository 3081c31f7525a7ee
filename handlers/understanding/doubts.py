"""What people type who do not know, do not understand or put it off: no value of anything."""

import re
from collections.abc import Iterable, Sequence
from itertools import chain, product
from typing import NamedTuple
from unicodedata import combining, normalize

from handlers.folding import fold, strip_accents

#: Small words around a doubt; none of them says anything by itself.
_FILLER_WORDS = frozenset(
    [
        "a",
        "ah",
        "u",
        "uh",
        "da",
        "vang",
        "oi",
        "em",
        "anh",
        "chi",
        "ban",
        "minh",
        "toi",
        "co",
        "chu",
        "bac",
        "nhe",
        "nha",
        "nhi",
        "ha",
        "roi",
        "lam",
        "qua",
        "nua",
        "luon",
        "the",
        "thi",
        "ca",
        "cai",
        "nay",
        "do",
        "vay",
        "ma",
        "ad",
        "bot",
        "i",
        "me",
    ]
)
#: A line of these alone calls for help ("anh ơi"); the others above are names of people as well.
_FORMS_OF_ADDRESS = frozenset(
    ["a", "ah", "u", "uh", "da", "vang", "oi", "em", "anh", "chi", "ban", "nhe", "nha", "ha", "ad", "bot", "ok"]
)


class _AccentedWord(NamedTuple):
    """A word without its accents, and these: a name is told from a doubt by them where they were typed."""

    bare: str
    accents: frozenset[str]

    def may_be(self, meant: "_AccentedWord") -> bool:
        """Whether it was typed for the other: accents may be missing, but none is another."""
        return self.bare == meant.bare and self.accents <= meant.accents


def _to_word(text: str) -> _AccentedWord:
    letters = normalize("NFD", text.lower())
    return _AccentedWord(
        strip_accents(text), frozenset(letter for letter in letters if combining(letter) or letter == "đ")
    )


def _expand_patterns(*patterns: str) -> dict[str, list[tuple[_AccentedWord, ...]]]:
    """Each way through the patterns, by its first word: words with ``|`` between them, blanks in them as ``_``."""
    found: dict[str, list[tuple[_AccentedWord, ...]]] = {}
    for pattern in patterns:
        for way in product(*(part.split("|") for part in pattern.split())):
            words = tuple(_to_word(word) for word in " ".join(way).replace("_", " ").split())
            found.setdefault(words[0].bare, []).append(words)
    return found


#: As a whole line.
_DOUBTS = _expand_patterns(
    "bó_tay|bỏ_trống|để_trống|chịu|chưa|đâu|giúp|hình_như|có_lẽ|hướng_dẫn|không|khoan|nào|quên|quên_mất|sao|sau",
    "chẳng|chưa|không|chả biết|rõ|chắc|nhớ|hiểu|có|thấy|tìm_thấy|xác_định|nắm|nắm_rõ|nhớ_rõ|chắc_chắn|quan_trọng",
    "để hỏi|hỏi_lại|kiểm_tra|kiểm_tra_lại|lát_nữa|mai|sau|tính_sau|xem|xem_lại|xem_đã|hỏi_đã|tí|tí_nữa",
    "điền|ghi|gõ|nhập|viết|làm gì|sao|thế_nào",
    "gì|gì_cũng_được|là_gì|là_sao|làm_sao|lấy_ở_đâu|như_thế_nào|ở_đâu|sao_cũng_được|thế_nào|thế_nào_cũng_được",
    "hỏi|kiểm_tra|xem lại|đã|sau",
    "lát_nữa|tính_sau|tìm_ở_đâu|tùy|tùy_ý|xem_ở_đâu|chờ|đợi|từ_từ|đang_chờ|đang_đợi|đang_hỏi|đang_tìm|đang_kiểm_tra",
    "đang_cập_nhật|chờ_cập_nhật|cập_nhật|bổ_sung|hôm_sau|ai_biết|biết_đâu|sao_biết|tạm_thời",
    "do_not_know|don_t_know|dont_know|how|idk|later|maybe|n_a|na|no|no_idea|none|not_now|not_sure|nothing|null",
    "unknown|what|whatever|where|tbd|tba|skip_for_now",
)
#: How a line begins that tells of a doubt, whatever follows ("không biết điền gì"): a name never does.
_DOUBT_BEGINNINGS = _expand_patterns(
    "không|chưa|chẳng|chả rõ|biết|nhớ|chắc|hiểu|nắm|xác_định|thể_biết|thể_rõ|thể_nhớ|tìm_thấy|tìm_được|tra_được",
    "không|chưa|chẳng có|nhận_được|có_đủ|ra thông_tin|quyết_định|văn_bản|nghị_quyết|số|tên|gì|dữ_liệu|giấy|địa_chỉ",
    "không|chưa được cấp|biết|rõ|báo|thông_báo|giao|nhận|hướng_dẫn",
    "có phải|thể_là",
    # "Co Le" is a town as well, and "cô Lê" a person: without accents the words alone are not enough.
    "có_lẽ là|không|chưa|vậy|thế|phải|thuộc|ubnd|ủy_ban|xã|phường|sở|phòng|tỉnh|tên|ở|sau|để|hỏi",
    "hình_như|chắc_là|nghe_đâu|làm_sao_biết|làm_sao_tôi_biết|làm_sao_mà_biết|sao_biết|sao_tôi_biết|ai_biết",
    "quên mất|rồi|tên|số|địa_chỉ",
    "để|cho|chờ|đợi em|tôi|mình|anh|chị xem|hỏi|kiểm_tra|tính|tìm|tra|nghĩ|chút|tí|tý|xíu|lát|về|suy_nghĩ",
    "để xem|hỏi|kiểm_tra|sau|trống|tí|mai|lát",
    "sẽ bổ_sung|cập_nhật|điền|báo|gửi|hỏi|ghi|nhập|khai|xem|trả_lời|kiểm_tra|cung_cấp|làm sau|lại|tiếp",
    "bổ_sung|cập_nhật|điền|nhập|ghi|gõ|khai|báo|gửi|trả_lời|cung_cấp|làm|xem|tính|hỏi|nói sau",
    "hỏi lại|sếp|lãnh_đạo|đã|ai|giúp",
    "đang chờ|đợi quyết_định|văn_bản|nghị_quyết|kết_quả|thông_tin|thông_báo|cấp|ý_kiến|trả_lời|xác_nhận|hướng_dẫn|sếp",
    "đang chờ|đợi lãnh_đạo|số|ban_hành|duyệt|phê_duyệt|tên",
    "chờ|đợi quyết_định|văn_bản|nghị_quyết|kết_quả|thông_báo|ý_kiến|xác_nhận|chút|tí|tý|xíu|lát|đã|sếp|lãnh_đạo",
    "tí|tý|chút|xíu|lát nữa",
    "tạm_thời|hiện|hiện_tại|hiện_nay|bây_giờ|giờ|tạm chưa|không|bỏ_trống|để_trống|bỏ_qua|vẫn_chưa",
    "vẫn|cũng chưa|không có|biết|rõ|chắc|nhớ",
    "bỏ_trống|khoan_đã|khoan_hãy",
    "do_not|dont|don_t|cannot|can_t know|remember",
    "i do_not|dont|don_t|cannot|can_t know|remember",
    "not_sure",
)
#: As a beginning only where it bears its own accents ("có lẽ", not "cô Lê").
_ACCENTED = _expand_patterns("có_lẽ")
#: How phones are typed on.
_SHORT = {
    **dict.fromkeys(("ko", "k", "hok", "hông", "hổng", "hong", "hem", "kh", "kg", "khg", "hk"), ("không",)),
    **dict.fromkeys(("bit", "bít", "bik", "bík"), ("biết",)),
    **dict.fromkeys(("kbiet", "kobiet", "kbit", "kobit", "hongbiet", "hobit"), ("không", "biết")),
    **dict.fromkeys(("dc", "đc"), ("được",)),
    **dict.fromkeys(("qd", "qđ"), ("quyết", "định")),
}
#: Letters that are looked at: a doubt is short, or begins the line.
_MAX_LENGTH = 400
_NOT_WORD = re.compile(r"[\W_]+")


def is_doubt(text: str, *, prose: bool = False) -> bool:
    """Whether a line says that its writer does not know yet; in prose, which may tell of a doubt, as a whole only."""
    words = _split_words(text[:_MAX_LENGTH])
    if _FORMS_OF_ADDRESS.issuperset(word.bare for word in words):
        return bool(text.strip())
    if _is_whole_doubt(words) or _is_whole_doubt(_strip_fillers(words)):
        return True
    return not prose and ("?" in text or any(_begins_with_doubt(rest) for rest in _without_address(words)))


def name_variants(text: str) -> set[str]:
    """A folded line as it may be named: as typed, with short forms written out, and a doubt without what is around."""
    if len(text) > _MAX_LENGTH:
        return {fold(text)}
    words = _split_words(text)
    bare = [_join_folded(_strip_fillers(words))] if _is_whole_doubt(_strip_fillers(words)) else []
    return {fold(text), _join_folded(words), *bare}


def _split_words(text: str) -> list[_AccentedWord]:
    """Each word, with the short forms of phones written out where they were typed as such ("Hồng" is a name)."""
    typed = [word for word in _NOT_WORD.split(normalize("NFC", text.lower())) if word]
    return [_to_word(word) for word in chain.from_iterable(_SHORT.get(word, (word,)) for word in typed)]


def _join_folded(words: Iterable[_AccentedWord]) -> str:
    return " ".join(word.bare for word in words)


def _is_whole_doubt(words: Sequence[_AccentedWord]) -> bool:
    known = _DOUBTS.get(words[0].bare, []) if words else []
    return any(len(phrase) == len(words) and _begins_with_phrase(words, phrase) for phrase in known)


def _begins_with_doubt(words: Sequence[_AccentedWord]) -> bool:
    known = _DOUBT_BEGINNINGS.get(words[0].bare, []) if words else []
    exact = _ACCENTED.get(words[0].bare, []) if words else []
    return any(_begins_with_phrase(words, phrase) for phrase in known) or any(
        tuple(words[: len(phrase)]) == phrase for phrase in exact
    )


def _begins_with_phrase(words: Sequence[_AccentedWord], phrase: Sequence[_AccentedWord]) -> bool:
    return len(words) >= len(phrase) and all(word.may_be(meant) for word, meant in zip(words, phrase, strict=False))


def _strip_fillers(words: list[_AccentedWord]) -> list[_AccentedWord]:
    """Without what stands around it ("dạ em không rõ ạ")."""
    inside = words[_count_address_words(words) :]
    while inside and inside[-1].bare in _FILLER_WORDS:
        inside = inside[:-1]
    return inside


def _without_address(words: list[_AccentedWord]) -> Iterable[list[_AccentedWord]]:
    """The line with less and less of its address: some small words begin a doubt themselves ("có lẽ")."""
    return (words[start:] for start in range(_count_address_words(words) + 1))


def _count_address_words(words: list[_AccentedWord]) -> int:
    """How many small words stand before the first that says something."""
    return next((place for place, word in enumerate(words) if word.bare not in _FILLER_WORDS), len(words))
