"""The law as data: a pack of TOML files, and pure functions that decide by it.

The usual way is ``load_pack`` once, ``parse_facts`` for each set of answers, then ``next_question`` until ``decide``
returns a ``Decided``. Nothing here reads a clock: the day is passed in, as a day in Viet Nam. Texts are English message
ids of the catalogues. All errors are a ``RulesError``.
"""

from rules.answering import answer_question, find_named, name_by_case
from rules.deciding import decide, needs, next_question, office_notice
from rules.errors import FactsError, PackError, PackInvalid, PackNotFound, PackUnreadable, RulesError
from rules.facts import CertificateFacts, Event, Facts, Issuer, MergerRole, Subject, Token
from rules.loading import load_pack, pack_names
from rules.offices import FilingPlace, Office, OfficeDirectory, OfficeStatus, filing_places, find_office
from rules.outcome import Action, Citation, Decided, Level, Needs, Notice, Outcome, Procedure, Statement
from rules.pack import Document, Pack, QuestionAnswer
from rules.parsing import parse_facts
from rules.questions import AnswerOption, Question

__all__ = [
    "Action",
    "AnswerOption",
    "CertificateFacts",
    "Citation",
    "Decided",
    "Document",
    "Event",
    "Facts",
    "FactsError",
    "FilingPlace",
    "Issuer",
    "Level",
    "MergerRole",
    "Needs",
    "Notice",
    "Office",
    "OfficeDirectory",
    "OfficeStatus",
    "Outcome",
    "Pack",
    "PackError",
    "PackInvalid",
    "PackNotFound",
    "PackUnreadable",
    "Procedure",
    "Question",
    "QuestionAnswer",
    "RulesError",
    "Statement",
    "Subject",
    "Token",
    "answer_question",
    "decide",
    "filing_places",
    "find_named",
    "find_office",
    "load_pack",
    "name_by_case",
    "needs",
    "next_question",
    "office_notice",
    "pack_names",
    "parse_facts",
]
