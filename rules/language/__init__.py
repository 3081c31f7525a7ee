"""Reads what people type, by word lists and patterns in TOML that need no program to be changed.

``load_language`` once, then ``read`` for each sentence. The folder ``vi`` holds the knowledge of Vietnamese; the head
of its ``words.toml`` says how it is written.
"""

from rules.language.findings import Finding, Reading
from rules.language.reading import read
from rules.language.vocabulary import Language, load_language

__all__ = ["Finding", "Language", "Reading", "load_language", "read"]
