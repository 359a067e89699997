"""What a passkey's device is asked and what it proves, by the library of the standard.

Imported at the first use: the library takes a fifth of a second to load, which every start would pay.
"""

from collections.abc import Iterable
from typing import Any, NamedTuple

from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from walras.doors.accounts.relying import Relying
from walras.world import Account, Passkey

_VERIFIED = UserVerificationRequirement.REQUIRED
# What the library raises for a proof that does not hold, and for one that is no proof at all.
_NO_PROOF = (WebAuthnException, ValueError, KeyError, TypeError)


class Asked(NamedTuple):
    """What the device is asked."""

    challenge: bytes
    options: str  # JSON, as `navigator.credentials` takes it


class NewKey(NamedTuple):
    """The public half of a new passkey."""

    id: str
    public_key: bytes
    uses: int


class NoProof(Exception):
    """What came is no proof."""


def ask_new(relying: Relying, account: Account, known: Iterable[Passkey]) -> Asked:
    """Ask a device for a new passkey that it can find by itself later, and that it gives only to its owner."""
    options = generate_registration_options(
        rp_id=relying.id,
        rp_name="Walras",
        user_id=account.person.encode(),
        user_name=account.handle,
        user_display_name=account.name,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED, user_verification=_VERIFIED
        ),
        exclude_credentials=[PublicKeyCredentialDescriptor(id=base64url_to_bytes(one.id)) for one in known],
    )
    return Asked(options.challenge, options_to_json(options))


def ask_known(relying: Relying) -> Asked:
    """Ask a device for a passkey it has; which one is not said, so nothing is told of who has an account."""
    options = generate_authentication_options(rp_id=relying.id, user_verification=_VERIFIED)
    return Asked(options.challenge, options_to_json(options))


def proved_new(credential: dict[str, Any], relying: Relying, challenge: bytes) -> NewKey:
    """The new passkey of an answer.

    Raises:
        NoProof: it answers something else.
    """
    try:
        found = verify_registration_response(
            credential=credential,
            expected_challenge=challenge,
            expected_rp_id=relying.id,
            expected_origin=relying.origin,
            require_user_verification=True,
        )
    except _NO_PROOF as error:
        raise NoProof from error
    return NewKey(bytes_to_base64url(found.credential_id), found.credential_public_key, found.sign_count)


def proved_known(credential: dict[str, Any], relying: Relying, challenge: bytes, known: Passkey) -> int:
    """How often the device of a passkey says it was used, where it proves that it is the one.

    Raises:
        NoProof: it does not.
    """
    try:
        return verify_authentication_response(
            credential=credential,
            expected_challenge=challenge,
            expected_rp_id=relying.id,
            expected_origin=relying.origin,
            credential_public_key=known.public_key,
            credential_current_sign_count=known.uses,
            require_user_verification=True,
        ).new_sign_count
    except _NO_PROOF as error:
        raise NoProof from error
