"""Official forms in the conversation: their fields, what is known of them, and the order to make them."""

from datetime import date

from handlers.forms.case import case_of_filed_request
from handlers.forms.filling import FormRecipients, fill_forms
from handlers.model import FormContent, FormDraft, Request, UnitDirectory
from rules.offices import OfficeDirectory


def build_filed_forms(
    request: Request, units: UnitDirectory, offices: OfficeDirectory, today: date
) -> tuple[FormContent, ...]:
    """Build the forms that are due for a request; what it does not hold is left to be filled in by hand.

    Args:
        request: A request; one that cannot be read has no forms.
        units: The tree; it knows the body above the one that files.
        offices: The receiving offices.
        today: The day in Viet Nam on which a certificate has expired or not.
    """
    if request.content.unreadable:
        return ()
    code = request.content.unit_code
    unit, above = units.get(code), units.ancestors(code)
    filing = (unit.body if unit else "", next((one.body for one in above), ""))
    line = (code, *(one.code for one in above)) if code else ()
    case = case_of_filed_request(request, units, today)
    return fill_forms(case, FormDraft(), filing, FormRecipients(offices, line))
