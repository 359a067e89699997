"""Print docs/errors.md: `python -m walras.web > docs/errors.md`."""

from walras.web.problems import error_page

print(error_page(), end="")
