"""Checks the words of the short answer: none is missing where one is needed, and none is too long."""

from collections.abc import Iterator
from itertools import chain

from rules.checking.diagnostic import Diagnostic
from rules.checking.places import Place, notice_at, procedure_at, step_at
from rules.outcome import Part
from rules.pack import NoticeText, Pack, ProcedureGuide, ProcedureStep
from rules.texts import N_, sentence

#: The most characters of a brief: several of them fill the first message of an answer.
MOST_CHARACTERS = 110
#: Parts that tell somebody to do something; every procedure needs one of them.
DOING = frozenset({Part.NOW, Part.OWN, Part.BODY})


def find_wrong_briefs(pack: Pack) -> tuple[Diagnostic, ...]:
    """Report briefs that are too long or stand without their part, and procedures of which nothing would be said."""
    guides = (_guide(guide) for guide in pack.procedures.values())
    notices = (_brief(notice_at(notice.id), notice) for notice in pack.notices.values())
    return tuple(chain.from_iterable((*guides, *notices)))


def _guide(guide: ProcedureGuide) -> Iterator[Diagnostic]:
    if not any(step.short and step.part in DOING for step in guide.steps):
        missing = N_("no step says in a few words what to do; give one a brief and a part out of {parts}")
        message = sentence(missing, parts=", ".join(sorted(DOING)))
        yield Diagnostic("no-brief", procedure_at(guide.procedure), message)
    for at, step in enumerate(guide.steps, start=1):
        yield from _brief(step_at(guide.procedure, at), step)


def _brief(where: Place, text: ProcedureStep | NoticeText) -> Iterator[Diagnostic]:
    if (text.brief is None) != (text.part is None):
        message = sentence(N_("a brief and its part stand together; add or drop one"))
        yield Diagnostic("lone-brief", where, message)
    if text.brief is not None and len(text.brief) > MOST_CHARACTERS:
        long = N_("the brief has {number} characters, {most} at most; the whole sentence stands in text")
        yield Diagnostic("long-brief", where, sentence(long, number=len(text.brief), most=MOST_CHARACTERS))
