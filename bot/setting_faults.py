"""What is wrong with a setting, in sentences of the catalogues; a value is never repeated, it may be a secret."""

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from bot.errors import Fault
from locales import N_

#: pydantic's kinds of error (https://docs.pydantic.dev/latest/errors/validation_errors/); values come from its context.
_SENTENCES = {
    "literal_error": N_("it must be one of {expected}"),
    "int_parsing": N_("it must be a whole number"),
    "int_from_float": N_("it must be a whole number"),
    "int_type": N_("it must be a whole number"),
    "float_parsing": N_("it must be a number"),
    "float_type": N_("it must be a number"),
    "finite_number": N_("it must be a number"),
    "greater_than": N_("it must be more than {gt}"),
    "greater_than_equal": N_("it must be {ge} or more"),
    "less_than_equal": N_("it must be {le} or less"),
    "string_too_long": N_("it is longer than {max_length} characters"),
}
_OTHER = N_("it cannot be used")


def faults_of(error: ValidationError) -> tuple[Fault, ...]:
    """All that pydantic found."""
    return tuple(_fault(found) for found in error.errors(include_url=False, include_input=False))


def _fault(found: Mapping[str, Any]) -> Fault:
    variable = f"TROLY_{found['loc'][0]}".upper() if found["loc"] else ""
    context = found.get("ctx", {})
    if isinstance(own := context.get("error"), ValueError):  # raised by a validator of ours, with a message id
        return Fault(variable, str(own))
    values = {name: _worded(value) for name, value in context.items()}
    return Fault(variable, _SENTENCES.get(found["type"], _OTHER), values)


def _worded(value: Any) -> str:
    """Pydantic lists words as ``'vi' or 'en'``."""
    return f"{value:g}" if isinstance(value, float) else str(value).replace("'", "").replace(" or ", ", ")
