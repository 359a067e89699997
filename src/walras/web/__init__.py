"""Kit for screens and routes: keys, problem details, rate limits, request ids, templates, vendored files.

It gives what every route needs around its own work, made from `base`'s errors and `world`'s keys.
It knows no route and no page, and never writes anywhere.
"""

from walras.web.auth import bearer, demand
from walras.web.doorway import doorway, problem_answer, visit_of
from walras.web.limits import Allowance, TokenBuckets
from walras.web.people import Visitor, Who, visitor_of
from walras.web.problems import Fault, ManyFaults, Problem, error_table, fault_of, from_http, problem_of, unexpected
from walras.web.reading import Query, decode_error, decoded, media_type, path_id, usable_id
from walras.web.statics import StaticFile, Statics, vendored
from walras.web.templates import templates_in
from walras.web.texts import LANGUAGES, Texts, choose_language, texts_in

__all__ = [
    "LANGUAGES",
    "Allowance",
    "Fault",
    "ManyFaults",
    "Problem",
    "Query",
    "StaticFile",
    "Statics",
    "Texts",
    "TokenBuckets",
    "Visitor",
    "Who",
    "bearer",
    "choose_language",
    "decode_error",
    "decoded",
    "demand",
    "doorway",
    "error_table",
    "fault_of",
    "from_http",
    "media_type",
    "path_id",
    "problem_answer",
    "problem_of",
    "templates_in",
    "texts_in",
    "unexpected",
    "usable_id",
    "vendored",
    "visit_of",
    "visitor_of",
]
