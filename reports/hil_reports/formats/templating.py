"""The template environment: everything is escaped unless it is ours."""

from pathlib import Path
from typing import Any

from hil import __version__
from hil_reports.formats import numbers

TEMPLATES = Path(__file__).parent.parent / "templates"


def fill(template: str, **values: Any) -> str:
    """A page; a name the template uses and is not given is an error."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
    from markupsafe import Markup

    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals |= {
        name: getattr(numbers, name)
        for name in ("number", "percent", "unit_text", "with_unit", "interval", "metric_label", "limit_text")
    }
    environment.globals |= {
        "version": __version__,
        "style": Markup((TEMPLATES / "style.css").read_text()),
        "script": Markup((TEMPLATES / "turn.js").read_text()),
        "svg": Markup,  # figures come from `plots`, which escapes what it labels
    }
    return environment.get_template(template).render(**values)
