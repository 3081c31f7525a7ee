"""Proves that a pack is complete, unique and backed by citations.

Every problem names its rows and says what to do.
"""

from rules.checking.briefs import find_wrong_briefs
from rules.checking.cases import wrong_cases
from rules.checking.diagnostic import Diagnostic
from rules.checking.names import unknown_names
from rules.checking.proof import find_unproved
from rules.checking.sources import find_unsupported
from rules.checking.texts import missing_texts
from rules.pack import Pack

__all__ = ["Diagnostic", "check"]


def check(pack: Pack) -> tuple[Diagnostic, ...]:
    """Check a pack and return everything that is wrong with it; an empty result means that it can be relied on.

    Tables are proved and cases are tried only if every name is known, so that an unknown name is reported once and not
    again with each of its consequences.
    """
    names = (*unknown_names(pack), *find_unsupported(pack), *missing_texts(pack), *find_wrong_briefs(pack))
    if any(diagnostic.blocks_proof for diagnostic in names):
        return names
    return (*names, *find_unproved(pack), *wrong_cases(pack))
