"""Declare options that several commands share once, as the fields of a dataclass."""

from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass
from inspect import Parameter, Signature, signature
from typing import Any, get_type_hints


def with_option_groups(command: Callable[..., None]) -> Callable[..., None]:
    """Let typer see the fields of a dataclass as options, and the command get the dataclass.

    Each field is annotated like an option of typer and has a default; ``None`` means that the option was not given.
    """
    hints = get_type_hints(command, include_extras=True)
    groups: dict[str, Any] = {name: hint for name, hint in hints.items() if is_dataclass(hint)}

    def called(**given: Any) -> None:
        made = {
            name: group(**{field.name: given.pop(field.name) for field in fields(group)})
            for name, group in groups.items()
        }
        command(**made, **given)

    parameters = list(_parameters(signature(command), hints))
    called.__signature__ = Signature(parameters)  # type: ignore[attr-defined]  # what typer reads
    called.__annotations__ = {one.name: one.annotation for one in parameters}
    called.__name__, called.__doc__ = command.__name__, command.__doc__
    return called


def _parameters(of: Signature, hints: dict[str, Any]) -> Iterator[Parameter]:
    for one in of.parameters.values():
        hint = hints[one.name]
        if is_dataclass(hint) and isinstance(hint, type):
            inner = get_type_hints(hint, include_extras=True)
            for field in fields(hint):
                yield Parameter(field.name, Parameter.KEYWORD_ONLY, default=field.default, annotation=inner[field.name])
        else:
            yield one.replace(annotation=hint, kind=Parameter.KEYWORD_ONLY)
