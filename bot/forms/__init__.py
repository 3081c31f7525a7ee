"""Official forms and printed pages as Word and PDF files, filled into templates that an office can change."""

from bot.forms.filling import (
    CELL_DOTS,
    FormFile,
    fill_form,
    make_forms,
    make_page,
    to_file_name,
    with_pdf,
)
from bot.forms.template import (
    ALL_TEMPLATES,
    NEXT_STEPS_PAGE,
    PAGE,
    TEMPLATE_NAMES,
    FormError,
    built_in_bytes,
    find_problems,
)

__all__ = [
    "ALL_TEMPLATES", "CELL_DOTS", "NEXT_STEPS_PAGE", "PAGE", "TEMPLATE_NAMES", "FormError", "FormFile",
    "built_in_bytes", "fill_form", "find_problems", "make_forms", "make_page", "to_file_name", "with_pdf",
]  # fmt: skip
