"""Read Word templates: the words in braces become a compiled Jinja template, and what is wrong with one is named.

docxtpl joins the words that Word cuts into pieces; the rest of it is left out, because it reads the result again and
changes texts that look like its own signs.
"""

import re
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from zipfile import ZIP_DEFLATED, BadZipFile, ZipFile

import structlog
from docx.oxml.parser import parse_xml
from docxtpl import DocxTemplate
from jinja2 import StrictUndefined, Template, TemplateError, nodes
from jinja2.meta import find_undeclared_variables
from jinja2.sandbox import SandboxedEnvironment
from markupsafe import Markup

from bot.errors import TrolyError
from handlers.model import CONTACT_FIELDS, FORM_COLUMNS, Form
from locales import N_

#: The templates of pages that are no form: the answer in print, and the next steps, which are to fit on one page.
PAGE, NEXT_STEPS_PAGE = "trang-in.docx", "viec-tiep-theo.docx"
#: The file of each form's template, in the program and in the data folder.
TEMPLATE_NAMES = {f"mau-{form}.docx": form for form in Form}
ALL_TEMPLATES = (*TEMPLATE_NAMES, PAGE, NEXT_STEPS_PAGE)

_MOST_BYTES = 10 * 1024 * 1024  #: of a template, packed and unpacked
_DOCUMENT = "word/document.xml"
_FILLED = re.compile(r"word/(?:document|header\d*|footer\d*)\.xml")
_BRACES = re.compile(r"\{[{%#]")
_BREAK = Markup('</w:t><w:br/><w:t xml:space="preserve">')

_NO_WORD_FILE = N_("{file} is no Word file (.docx), or it is damaged. Please save it again from Word.")
_TOO_LARGE = N_("{file} is too large for a template; a template has no pictures and only a page or two.")
_UNREADABLE = N_("{file}: the words in braces cannot be read: {reason}")
_UNKNOWN = N_("{file}: {word} is not known on this form; please take it out or correct it.")
_MISSING = N_("{file}: {word} is missing; please put it back where it is to stand.")

_log = structlog.get_logger(__name__)


class FormError(TrolyError):
    """A form cannot be made."""


def _write_breaks(value: object) -> object:
    """Write line breaks as Word has them; the lines themselves are escaped."""
    if isinstance(value, str) and "\n" in value and not isinstance(value, Markup):
        return _BREAK.join(value.split("\n"))
    return value


_ENVIRONMENT = SandboxedEnvironment(
    autoescape=True, undefined=StrictUndefined, finalize=_write_breaks, keep_trailing_newline=True
)


@dataclass(frozen=True, slots=True)
class WordTemplate:
    """A template that can be filled any number of times."""

    entries: tuple[tuple[str, bytes], ...]  #: the files in the ZIP, in order
    parts: Mapping[str, Template]  #: those of them that have words in braces
    words: frozenset[str]  #: the words in braces, such as "body" and "row.serial"

    def render(self, values: Mapping[str, object]) -> bytes:
        """Return a filled document; texts are written as they are, never as markup.

        Raises:
            TemplateError: a word in braces has no value.
        """
        made = BytesIO()
        with ZipFile(made, "w", ZIP_DEFLATED, compresslevel=4) as archive:
            for name, data in self.entries:
                part = self.parts.get(name)
                archive.writestr(name, part.render(values) if part else data)
        return made.getvalue()


def compile_template(data: bytes, file: str) -> WordTemplate:
    """Compile a template.

    Args:
        data: The Word file.
        file: Its name, for messages.

    Raises:
        FormError: it is no Word file, or its words in braces make no sense.
    """
    entries = _read_entries(data, file)
    parts: dict[str, Template] = {}
    words: set[str] = set()
    for name, content in entries:
        if _FILLED.fullmatch(name) and (source := _read_source(content, file)):
            try:
                words |= _find_words(_ENVIRONMENT.parse(source))
                parts[name] = _ENVIRONMENT.from_string(source)
            except TemplateError as error:
                raise FormError(_UNREADABLE, file=file, reason=error.message) from None
    return WordTemplate(entries, parts, frozenset(words))


def _read_entries(data: bytes, file: str) -> tuple[tuple[str, bytes], ...]:
    try:
        with ZipFile(BytesIO(data)) as archive:
            if sum(entry.file_size for entry in archive.infolist()) > _MOST_BYTES:
                raise FormError(_TOO_LARGE, file=file)
            entries = tuple((entry.filename, archive.read(entry)) for entry in archive.infolist())
    except (BadZipFile, zlib.error, EOFError, OSError, RuntimeError, ValueError):  # RuntimeError: it is encrypted
        raise FormError(_NO_WORD_FILE, file=file) from None
    if _DOCUMENT not in dict(entries):
        raise FormError(_NO_WORD_FILE, file=file)
    return entries


def _read_source(content: bytes, file: str) -> str:
    """Return a part as Jinja source; empty if it has no words in braces."""
    try:
        tree = parse_xml(content)
    except SyntaxError:
        raise FormError(_NO_WORD_FILE, file=file) from None
    word = DocxTemplate(None)
    source = word.patch_xml(word.xml_to_string(tree))
    if not _BRACES.search(source):
        return ""
    return '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n' + _LOOP.sub(_hold_rows, source)


_LOOP = re.compile(r"\{%\s*for\s+(?P<name>\w+)\s+in\s+rows\s*%\}(?P<body>.*?)\{%\s*endfor\s*%\}", re.DOTALL)
_PARAGRAPH = re.compile(r"<w:p(?: [^>]*[^>/])?>(?P<known><w:pPr>(?:<w:pStyle [^>]*/>)?(?!<w:keepNext))?(?!<w:pPr>)")


def _hold_rows(loop: re.Match[str]) -> str:
    """Let the paragraphs of a row that is held keep with what follows: the signature must not stand alone."""
    held = f"{{% if {loop['name']}.held %}}<w:keepNext/>{{% endif %}}"
    body = _PARAGRAPH.sub(
        lambda paragraph: paragraph[0] + (held if paragraph["known"] else f"<w:pPr>{held}</w:pPr>"),
        loop["body"].replace("<w:pPr/>", ""),
    )
    return loop[0].replace(loop["body"], body)


def _find_words(tree: nodes.Template) -> set[str]:
    """Return the words that a template takes from outside; a field of the loop over ``rows`` is called row.FIELD."""
    known = {"contact": "contact"}
    for loop in tree.find_all(nodes.For):
        if isinstance(loop.target, nodes.Name) and isinstance(loop.iter, nodes.Name):
            known[loop.target.name] = loop.iter.name.removesuffix("s")
    fields = {
        f"{known[node.node.name]}.{node.attr}"
        for node in tree.find_all(nodes.Getattr)
        if isinstance(node.node, nodes.Name) and node.node.name in known
    }
    return fields - {f"{name}.held" for name in known.values()} | find_undeclared_variables(tree)


def known_words(form: Form | None) -> frozenset[str]:
    """Return the words that a form's template may have; those of a page without a form."""
    if form is None:
        return frozenset({"parts", "part.style", "part.text"})
    heading = {"superior", "body", "body_name", "recipient", "place", "day", "rows", "count", "part", "contact"}
    columns = {f"row.{field}" for field in FORM_COLUMNS[form]} | {"row.number"}
    return frozenset(heading | columns | {f"contact.{field}" for field in CONTACT_FIELDS.get(form, ())})


def find_problems(data: bytes, name: str) -> tuple[FormError, ...]:
    """Return everything that is wrong with a template.

    Args:
        data: The Word file.
        name: Its name, which is one of ``ALL_TEMPLATES``.
    """
    try:
        template = compile_template(data, name)
    except FormError as error:
        return (error,)
    known = known_words(TEMPLATE_NAMES.get(name))
    unknown = _name_words(_UNKNOWN, template.words - known, name)
    missing = _name_words(_MISSING, read_built_in(name).words - template.words, name)
    return (*unknown, *missing) or _try_out(template, name)


def _name_words(message: str, words: Iterable[str], name: str) -> tuple[FormError, ...]:
    return tuple(FormError(message, file=name, word=f"{{{{ {word} }}}}") for word in sorted(words))


def _try_out(template: WordTemplate, name: str) -> tuple[FormError, ...]:
    """Fill a template with two rows and read the result again."""
    try:
        made = template.render(_sample(TEMPLATE_NAMES.get(name)))
        for entry, content in _read_entries(made, name):
            if entry in template.parts:
                parse_xml(content)
    except SyntaxError:
        return (FormError(_NO_WORD_FILE, file=name),)
    except (TemplateError, ArithmeticError, LookupError, TypeError, ValueError, AttributeError) as error:
        return (FormError(_UNREADABLE, file=name, reason=str(error)),)
    return ()


def _sample(form: Form | None) -> dict[str, Any]:
    values: dict[str, dict[str, Any]] = {"row": {"held": True}, "contact": {}, "part": {}}
    whole: dict[str, Any] = {}
    for word in known_words(form):
        owner, dot, field = word.partition(".")
        (values[owner] if dot else whole).update({field if dot else word: "1"})
    one = {owner: SimpleNamespace(**fields) for owner, fields in values.items()}
    if form is None:
        return {"parts": [one["part"]] * 2}
    return {**whole, "rows": [one["row"]] * 2, "contact": one["contact"]}


@lru_cache
def read_built_in(name: str) -> WordTemplate:
    """Return a template of the program."""
    return compile_template(built_in_bytes(name), name)


def built_in_bytes(name: str) -> bytes:
    """Return the Word file of a template of the program."""
    return (files("bot.forms.templates") / name).read_bytes()


@lru_cache(maxsize=32)
def _read_office(path: Path, _changed: int, size: int) -> WordTemplate | None:
    """Return an office's template, or ``None`` for one that is not to be used; told once for each change of it."""
    data = path.read_bytes() if size <= _MOST_BYTES else b""
    problems = find_problems(data, path.name)
    for problem in problems:
        _log.error("form_template_not_used", problem=str(problem), instead="the template of the program")
    return None if problems else compile_template(data, path.name)


def open_template(name: str, folder: Path | None) -> WordTemplate:
    """Return the office's template of a name if it has a sound one, or else the program's.

    Args:
        name: One of ``ALL_TEMPLATES``.
        folder: The office's templates; need not exist.
    """
    if folder is not None:
        path = folder / name
        try:
            known = path.stat()
            found = _read_office(path, known.st_mtime_ns, known.st_size)
        except FileNotFoundError:
            found = None
        except (OSError, ValueError) as error:
            _log.error("form_template_not_used", problem=f"{name}: {type(error).__name__}")
            found = None
        if found is not None:
            return found
    return read_built_in(name)
