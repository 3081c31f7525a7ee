"""The words that migrations 0024 and 0025 were made of stay as they are."""

import hashlib

from bot.store.drivers.kept_counts import (
    LEFT_NUMBERS,
    STATE_NUMBERS,
    asked_number,
    left_number,
    postgres_ends_triggers,
    postgres_triggers,
    sqlite_ends_triggers,
    sqlite_triggers,
)
from handlers.model import UNCOUNTED_STATES, RequestState
from rules.outcome import Procedure


def test_each_procedure_has_a_number_of_its_own() -> None:
    assert set(LEFT_NUMBERS) == set(Procedure)
    assert left_number(Procedure) == sum(LEFT_NUMBERS.values()) == 2 ** len(Procedure) - 1


def test_each_state_has_a_number_of_its_own() -> None:
    assert set(STATE_NUMBERS) == set(RequestState)
    assert asked_number(RequestState) == sum(STATE_NUMBERS.values()) == 2 ** len(RequestState) - 1


def test_a_request_that_counts_for_nobody_counts_for_no_trigger() -> None:
    waived = ", ".join(f"'{state.value}'" for state in sorted(UNCOUNTED_STATES))
    assert f"NOT IN ({waived})" in sqlite_triggers()
    assert f"NOT IN ({waived})" in postgres_triggers()


def test_triggers_that_other_databases_have_already_are_changed_by_a_new_migration_only() -> None:
    made = (sqlite_triggers(), postgres_triggers(), sqlite_ends_triggers(), postgres_ends_triggers())
    digests = [hashlib.sha256(text.encode()).hexdigest()[:16] for text in made]
    assert digests == ["5e0ad2eb156b68fd", "3add5d1d28b5c174", "e1182d168a6971cf", "a91ae4f7716e046b"]
