"""A form of 200 rows, against docxtpl filling the same template and python-docx writing the same cells by hand.

Processor time, in turn, so that all meet the same machine. docxtpl reads the template from memory; python-docx opens a
document with heading and signature and adds the rows, which is the least that "by hand" can mean.
"""

import time
from collections.abc import Callable
from io import BytesIO
from statistics import median

from docx import Document
from docx.shared import Pt
from docxtpl import DocxTemplate

from bot.forms import built_in_bytes, fill_form
from bot.forms.template import read_built_in
from handlers.model import FORM_COLUMNS, Form, FormContent
from tests.bench.result import Result
from tests.support.forms import make_form

_ROWS, _ROUNDS = 200, 9
SECONDS, RATIO = 2.0, 1.3


def run() -> list[Result]:
    """Fill Mẫu 05, the widest that is often long."""
    content = make_form(Form.REVOKE, _ROWS)
    warm = lambda: fill_form(content, templates=None)  # noqa: E731 - as its peers below

    def cold() -> None:
        """Read the template too, as the peers do."""
        read_built_in.cache_clear()
        warm()

    works = (warm, cold, lambda: _fill_with_docxtpl(content), lambda: _write(content))
    for work in works:
        work()
    again, ours, docxtpl, by_hand = _interleaved(*works)
    return [
        Result(f"a form of {_ROWS} rows", ours, None, "s", None, f"under {SECONDS:.0f}", ours < SECONDS),
        Result("the same, its template read before", again, None, "s", None, f"under {SECONDS:.0f}", again < SECONDS),
        _against("docxtpl alone with the same rows", ours, docxtpl, RATIO),
        _against("python-docx by hand", ours, by_hand, 1.0),
    ]


def _against(name: str, ours: float, peer: float, most: float) -> Result:
    ratio = ours / peer
    return Result(
        f"a form of {_ROWS} rows, against {name}", ours, peer, "s", ratio, f"at most {most} times", ratio <= most
    )


def _interleaved(*works: Callable[[], object]) -> list[float]:
    taken: list[list[float]] = [[] for _ in works]
    for _ in range(_ROUNDS):
        for work, times in zip(works, taken, strict=True):
            begun = time.process_time()
            work()
            times.append(time.process_time() - begun)
    return [median(times) for times in taken]


def _fill_with_docxtpl(content: FormContent) -> bytes:
    template = DocxTemplate(BytesIO(built_in_bytes(f"mau-{content.form}.docx")))
    rows = [
        {**{field.value: text for field, text in row.items()}, "number": at} for at, row in enumerate(content.rows, 1)
    ]
    contact = {field.value: text for field, text in content.contact.items()}
    template.render(
        {"body": content.body.upper(), "rows": rows, "contact": contact, "count": len(rows)}, autoescape=True
    )
    made = BytesIO()
    template.save(made)
    return made.getvalue()


def _write(content: FormContent) -> bytes:
    document = Document(BytesIO(built_in_bytes(f"mau-{content.form}.docx")))
    table = document.tables[1]
    for row in list(table.rows)[1:]:
        table._tbl.remove(row._tr)
    columns = FORM_COLUMNS[content.form]
    wide = len(table.columns)
    for number, row in enumerate(content.rows, 1):
        texts = [str(number), *(row.get(field, "") for field in columns)][:wide]
        for cell, text in zip(table.add_row().cells, texts, strict=False):
            run = cell.paragraphs[0].add_run(text)
            run.font.size = Pt(11)
    made = BytesIO()
    document.save(made)
    return made.getvalue()
