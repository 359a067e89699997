"""All routes of accounts."""

from collections.abc import Sequence
from pathlib import Path

from litestar.handlers import HTTPRouteHandler

from walras.doors.accounts.blocked import block, list_blocked, unblock
from walras.doors.accounts.changing import change_contact, change_password, confirm_contact
from walras.doors.accounts.export import export
from walras.doors.accounts.leaving import leave, stay
from walras.doors.accounts.letters import outbox_route
from walras.doors.accounts.me import change_me, read_me
from walras.doors.accounts.passkeys import (
    list_passkeys,
    register_options,
    register_verify,
    remove_passkey,
    sign_in_options,
    sign_in_verify,
)
from walras.doors.accounts.sessions import end_session, list_sessions
from walras.doors.accounts.settings import change_settings, read_settings
from walras.doors.accounts.sign_in import ask_code, recover, sign_in, sign_out
from walras.doors.accounts.sign_up import confirm_sign_up, sign_up
from walras.web import Statics

STATIC_FOLDER = Path(__file__).parent / "static"
_ROUTES: tuple[HTTPRouteHandler, ...] = (
    read_me,
    change_me,
    sign_up,
    confirm_sign_up,
    sign_in,
    sign_out,
    ask_code,
    recover,
    list_sessions,
    end_session,
    register_options,
    register_verify,
    sign_in_options,
    sign_in_verify,
    list_passkeys,
    remove_passkey,
    read_settings,
    change_settings,
    change_password,
    change_contact,
    confirm_contact,
    list_blocked,
    block,
    unblock,
    export,
    leave,
    stay,
)


def account_routes(statics: Statics) -> Sequence[HTTPRouteHandler]:
    """The routes of accounts.

    Args:
        statics: files of the screens; those in `STATIC_FOLDER` among them.
    """
    return (*_ROUTES, outbox_route(statics))
