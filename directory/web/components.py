"""The design system's own macros (nhsuk-frontend-jinja), as `nhs` in every template.

They read names that nobody gave, so they live in an environment of their own that lets them; a name that one of our
templates does not know is still a mistake, also inside what is handed to a macro. Only those listed here can be used:
the header, the footer and the page template would bring a logo, a name and a notice that are not ours to show.
"""

from __future__ import annotations

from functools import cache
from types import SimpleNamespace

from jinja2 import ChainableUndefined, Environment, PackageLoader

# The macro's name → its folder. frontend/compile.mjs keeps the styles of the same ones.
COMPONENTS = {
    "backLink": "back-link",
    "details": "details",
    "errorMessage": "error-message",
    "errorSummary": "error-summary",
    "insetText": "inset-text",
    "tag": "tag",
    "taskList": "task-list",
}


@cache
def components() -> SimpleNamespace:
    """The macros, each taking one mapping, as the design system documents them; what they are given is escaped."""
    lenient = Environment(
        loader=PackageLoader("nhsuk_frontend_jinja"),
        autoescape=True,
        undefined=ChainableUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found = {
        name: getattr(lenient.get_template(f"nhsuk/components/{folder}/macro.jinja").module, name)
        for name, folder in COMPONENTS.items()
    }
    return SimpleNamespace(**found)
