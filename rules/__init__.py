"""What the law says: a pack of TOML and pure functions over it."""

from rules.deciding import decide, needs, next_question, office_notice
from rules.errors import FactsError, PackError, PackInvalid, PackNotFound, PackUnreadable, RulesError
from rules.facts import CertificateFacts, Event, Facts, Issuer, MergerRole, Subject, Token
from rules.loading import load_pack
from rules.outcome import Action, Citation, Decided, Level, Needs, Notice, Outcome, Procedure, Statement
from rules.pack import Document, Pack
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
    "Issuer",
    "Level",
    "MergerRole",
    "Needs",
    "Notice",
    "Outcome",
    "Pack",
    "PackError",
    "PackInvalid",
    "PackNotFound",
    "PackUnreadable",
    "Procedure",
    "Question",
    "RulesError",
    "Statement",
    "Subject",
    "Token",
    "decide",
    "load_pack",
    "needs",
    "next_question",
    "office_notice",
    "parse_facts",
]
