"""Puts what was found in a sentence together into facts that agree with each other."""

from collections.abc import Sequence
from typing import Any

from rules.language.entries import FactEntry
from rules.language.spelling import strip_accents

#: Facts that may hold several values at once.
_MANY = frozenset({"events"})
#: What the restructuring of a unit is to an officer of it.
_UNIT_EVENTS = frozenset(
    {"merged_into_new", "merged_into_existing", "superior_changed", "renamed", "dissolved", "split", "unit_reorganised"}
)
#: Events that make no unit the old or the new one.
_LEAVING_NAMES = frozenset(
    {
        "address_changed", "email_changed", "device_upgraded", "device_retired", "deceased", "dissolved", "split",
        "superior_changed", "left_state_service",
    }
)  # fmt: skip
#: After these "nobody knows the PIN" says that it is forgotten, not that it is safe.
_LEAVING_PIN = frozenset({"deceased", "left_state_service", "moved_within_state"})
_MERGERS = frozenset({"merged_into_new", "merged_into_existing"})
#: What happens to one body, so that a former name that stands alone is its own.
_NAMING_ONE = frozenset({"renamed", "moved_within_state"})
#: What is said along with an event and is no event of its own: its name, its end, or what follows from it.
_COVERED: dict[str, frozenset[str]] = {
    "merged_into_new": frozenset({"renamed", "dissolved"}),
    "merged_into_existing": frozenset({"dissolved"}),
    "superior_changed": frozenset({"dissolved"}),
    "device_renamed": frozenset({"renamed"}),
    "deceased": frozenset({"managing_body_revokes", "left_state_service"}),
    "left_state_service": frozenset({"managing_body_revokes", "position_changed"}),
    "moved_within_state": frozenset({"managing_body_revokes"}),
    "device_retired": frozenset({"managing_body_revokes"}),
}
#: What happens only to a body that goes on, and so to none that was dissolved.
_OF_WHAT_GOES_ON = frozenset({"renamed", "split"})
_ROLES = {
    "designated": "merged_into_new",
    "other": "merged_into_new",
    "undecided": "merged_into_new",
    "surviving": "merged_into_existing",
    "absorbed": "merged_into_existing",
}
#: Roles by which a merger was one into a body that was there; whose certificate is kept does not tell which it was.
_SURE_ROLES = frozenset({"surviving", "absorbed"})


class Assembly:
    """Puts what was stated together into facts that agree with each other.

    Args:
        stated: The entries whose patterns were found and count, each with its value (``None`` if there is none).
        holders: Whose certificate it is by what happened to whom.
    """

    def __init__(self, stated: Sequence[tuple[FactEntry, Any]], holders: set[str]) -> None:
        self._personal = any(entry.personal for entry, _ in stated)
        self._holders = holders
        self._values: dict[str, list[Any]] = {}
        for entry, value in stated:
            if value is not None and value not in self._values.setdefault(entry.fact, []):
                self._values[entry.fact].append(value)
        for entry, _ in stated:
            for fact, value in entry.also.items():
                if fact == "subject" or fact not in self._values:
                    values = self._values.setdefault(fact, [])
                    values.extend(one for one in (value if isinstance(value, list) else [value]) if one not in values)
        self._add_holders()

    def _add_holders(self) -> None:
        """Take the one to whom something happened as the holder, unless a holder was named."""
        subjects = self._values.setdefault("subject", [])
        holder = next(iter(self._holders)) if len(self._holders) == 1 else None
        if self._personal and "individual" not in subjects:
            subjects.append("individual")
        elif holder is not None and not subjects:
            subjects.append(holder if holder in {"organisation", "device"} else "individual")
        if holder == "mine" and self._values.get("whose") == ["colleague"]:
            del self._values["whose"]  # "cháu ơi bác về hưu rồi, chứng thư của bác": whose it is stays open
            return
        if holder in {"mine", "colleague"} and "whose" not in self._values and "individual" in subjects:
            self._values["whose"] = [holder]

    def facts(self) -> dict[str, Any]:
        facts = {fact: values[0] for fact, values in self._values.items() if fact not in _MANY and len(values) == 1}
        self._add_events(facts)
        self._settle_subject(facts)
        self._drop_idle_units(facts)
        return facts

    @staticmethod
    def _drop_idle_units(facts: dict[str, Any]) -> None:
        """Drop names of units where nothing is told that made one of them old and the other new."""
        events = set(facts.get("events", ()))
        if "old_unit" in facts and _is_same_name(facts["old_unit"], facts.get("new_unit", "")):
            facts.pop("old_unit", None)  # "đảng ủy xã sáp nhập thành đảng ủy xã mới" names none
            facts.pop("new_unit", None)
        if facts.get("subject") == "device":
            facts.pop("old_unit", None)  # "máy chủ của sở Y tế": the owner
            facts.pop("new_unit", None)
        if "new_unit" not in facts and not events & _NAMING_ONE:
            facts.pop("old_unit", None)  # which of several is one's own would be a guess
        told = "merged" in facts or (not events and facts.get("information_matches") is False)
        if not (told or events - _LEAVING_NAMES):
            facts.pop("old_unit", None)
            facts.pop("new_unit", None)

    def _add_events(self, facts: dict[str, Any]) -> None:
        events = set(self._values.get("events", ()))
        nothing = "nothing" in events
        events.discard("nothing")
        self._add_role(facts, events)
        if self._made_new_body(facts, events):
            events.add("merged_into_new")
        events = _without_covered(events)
        if {"merged_into_new", "merged_into_existing"} <= events:
            events -= {"merged_into_new", "merged_into_existing"}
            facts["merged"] = True
            facts.pop("merger_role", None)
        if events & {"merged_into_new", "merged_into_existing"}:
            facts.pop("merged", None)
        if events or (nothing and "merged" not in facts):
            facts["events"] = sorted(events)

    @staticmethod
    def _add_role(facts: dict[str, Any], events: set[str]) -> None:
        """Keep the role in a merger where it fits the merger that was told, or tells which it was."""
        role = facts.get("merger_role")
        if role is None:
            return
        mergers = events & _MERGERS
        if not mergers and "merged" in facts and role in _SURE_ROLES:
            events.add(_ROLES[role])
        elif _ROLES[role] not in mergers:
            del facts["merger_role"]

    def _made_new_body(self, facts: dict[str, Any], events: set[str]) -> bool:
        """Return whether a merger made a new body: it was renamed by it, or the new one is named."""
        named = "new_unit" in facts and not events and not self._personal
        return "merged" in facts and not events & _MERGERS and ("renamed" in events or named)

    def _settle_subject(self, facts: dict[str, Any]) -> None:
        """Read what happened to a unit as its officer meets it."""
        if "deceased" in facts.get("events", ()):
            facts.update(subject="individual", whose="deceased")
        if facts.get("key_exposed") is False and _LEAVING_PIN & set(facts.get("events", ())):
            del facts["key_exposed"]
        if facts.get("issuer") == "none" and _LEAVING_PIN & set(facts.get("events", ())):
            del facts["issuer"]  # it is the successor who has none yet
        if "expired" in facts and "not_after" in facts:
            del facts["expired"]
        if len(self._values.get("subject", ())) > 1 and facts.get("whose") != "deceased":
            facts.pop("whose", None)
        if facts.get("subject") != "individual":
            self._drop_vague_event(facts)
            return
        merged = facts.pop("merged", None)
        facts.pop("merger_role", None)
        events = set(facts.get("events", ()))
        if merged or events & _UNIT_EVENTS:
            facts["events"] = sorted((events - _UNIT_EVENTS) | {"unit_reorganised"})

    @staticmethod
    def _drop_vague_event(facts: dict[str, Any]) -> None:
        """Drop "reorganised" of a body: which of the more exact events it was stays open."""
        events = [event for event in facts.get("events", ()) if event != "unit_reorganised"]
        if "unit_reorganised" in facts.get("events", ()):
            facts.pop("events")
            if events:
                facts["events"] = events


def _without_covered(events: set[str]) -> set[str]:
    """Return the events without those that another one covers, and without those that exclude each other."""
    left = set(events)
    for event, covered in _COVERED.items():
        left -= covered if event in left else set()
    if "dissolved" in left and left & _OF_WHAT_GOES_ON:
        left -= {"dissolved", *_OF_WHAT_GOES_ON}  # a list of cases: which of them it was stays open
    return left


def _is_same_name(one: str, other: str) -> bool:
    return strip_accents(one).split() == strip_accents(other).split()
