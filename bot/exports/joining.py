"""Mẫu 04 has one row for a certificate: both of its boxes may be ticked (facts: section 3.4)."""

from collections.abc import Callable, Iterator

#: What stands in a row; its "certificate" is empty where it cannot be told from others.
Entry = dict[str, str]
_BOXES = ("extend", "change")
#: What only a change says.
_OF_CHANGE = ("changing", "news")


def joined(read: Callable[[], Iterator[Entry]]) -> Iterator[Entry]:
    """The entries of a list, which is read three times; each pair stands where the first of the two stood.

    In memory are the names of the certificates, and the entries that are joined.
    """
    both = _asked(read(), "extend") & _asked(read(), "change")
    pairs: dict[str, Entry] = {}
    for entry in read() if both else ():
        if (certificate := entry["certificate"]) in both:
            pairs[certificate] = _pair(pairs[certificate], entry) if certificate in pairs else entry
    for entry in read():
        if (certificate := entry["certificate"]) not in both:
            yield entry
        elif pair := pairs.pop(certificate, None):
            yield pair


def _asked(entries: Iterator[Entry], box: str) -> set[str]:
    return {entry["certificate"] for entry in entries if entry["certificate"] and entry[box]}


def _pair(first: Entry, second: Entry) -> Entry:
    """One entry of two; what several say of a change stands below each other."""
    boxes = {box: first[box] or second[box] for box in _BOXES}
    changes = [entry for entry in (first, second) if entry["change"]]
    said = {name: "\n".join(filter(None, (entry[name] for entry in changes))) for name in _OF_CHANGE}
    return {**first, **boxes, **said}
