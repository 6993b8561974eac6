"""Display templates, which are Liquid, within limits. The generator and the embedded API use it.

Needs one of the extras `gen` and `local`, which have python-liquid.
"""

from prefactor_templates.parsing import InvalidTemplateError, TemplateLimitError, parse_template
from prefactor_templates.rendering import RenderTimeoutError, render_template

__all__ = ["InvalidTemplateError", "RenderTimeoutError", "TemplateLimitError", "parse_template", "render_template"]
