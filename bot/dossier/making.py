"""Make the files of a dossier: the forms, the page of next steps, the overview, and one archive of all."""

import re
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any

from bot.dossier.overview import write_overview
from bot.forms import FormFile, make_forms, with_pdf
from handlers.dossier import DossierContext, Entry, decide_all
from handlers.dossier.next_steps import next_steps
from handlers.dossier.papers import Paper, make_papers
from handlers.model import XLSX, Source
from locales import N_, Translator

ZIP = "application/zip"
#: The names of files without their suffixes: small letters, digits and hyphens.
_OVERVIEW, _ARCHIVE = N_("overview"), N_("unit-dossier")
#: The day in every entry of the archive: the same dossier gives the same bytes.
_ZIP_DAY = (2026, 1, 1, 0, 0, 0)


#: The form that another body files says so in its name, in place of a number.
_RENAMED, _ELSEWHERE = re.compile(r"(?:-2)?(\.[a-z]+)$"), r"-co-quan-noi-den\1"


#: Told how many files are made, of how many; what it raises ends the making.
Told = Callable[[int, int], object]


@dataclass(frozen=True, slots=True)
class DossierOrder:
    """All that a dossier is made of."""

    context: DossierContext
    sources: Sequence[Source]
    common: Mapping[str, Any]  #: the facts that hold for all
    people: Mapping[str, Mapping[str, Any]]  #: facts of single certificates, by serial number
    t: Translator
    answers: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)  #: to questions, by ``Source.key``
    templates: Path | None = None  #: the folder of the office's templates
    pdf: bool = False
    changes: tuple[str, ...] = ()  #: what differs from the dossier before


@dataclass(frozen=True, slots=True)
class DossierFile:
    """A file of a dossier, and the certificates in its rows where it is a form."""

    name: str
    media_type: str
    content: bytes
    paper: Paper | None = None


@dataclass(frozen=True, slots=True)
class Dossier:
    """A dossier that was made."""

    entries: list[Entry]
    papers: list[Paper]
    files: list[DossierFile]
    archive: DossierFile


def make_dossier(order: DossierOrder, told: Told | None = None) -> Dossier:
    """Decide every certificate and make the files. This blocks: call it in a thread or in a process of its own.

    Args:
        order: What it is made of.
        told: Is told how many files are made, of how many; what it raises ends the making.

    Raises:
        FormError: a form cannot be filled.
    """
    context, t = order.context, order.t
    entries = decide_all(context, order.sources, order.common, order.people, order.answers)
    papers = make_papers(context, entries)
    page = next_steps(context, entries, papers, t, order.changes)
    documents = len(papers) + 1
    total = documents * (2 if order.pdf else 1) + 1
    tell = told or _tell_nobody
    tell(0, total)
    contents = [paper.content for paper in papers]
    made = make_forms(contents, page, templates=order.templates, t=t, pdf=False, told=lambda done: tell(done, total))
    if order.pdf:
        made = with_pdf(made, order.templates, lambda done: tell(documents + done, total))
    files = _with_papers(made, papers)
    tell(total - 1, total)
    files.append(DossierFile(f"{t(_OVERVIEW)}.xlsx", XLSX, write_overview(context, entries, papers, t, order.changes)))
    tell(total, total)
    return Dossier(entries, papers, files, DossierFile(f"{t(_ARCHIVE)}.zip", ZIP, _pack(files)))


def _tell_nobody(done: int, total: int) -> None:
    """Tell nobody how far it is."""


def _with_papers(made: Sequence[FormFile], papers: Sequence[Paper]) -> list[DossierFile]:
    """Join the files to the forms in them: forms come in the order of the papers, each followed by its PDF."""
    found, at = list[DossierFile](), -1
    for file in made:
        at += file.form is not None and file.name.endswith(".docx")
        paper = papers[at] if file.form is not None else None
        name = _RENAMED.sub(_ELSEWHERE, file.name) if paper and paper.by_receiving_body else file.name
        found.append(DossierFile(name, file.media_type, file.content, paper))
    return found


def _pack(files: Sequence[DossierFile]) -> bytes:
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in files:
            archive.writestr(zipfile.ZipInfo(file.name, _ZIP_DAY), file.content, zipfile.ZIP_DEFLATED)
    return packed.getvalue()
