"""Letters to people: e-mails and texts. In the sandbox they lie in an outbox that is read on this machine."""

import smtplib
import ssl
from email.message import EmailMessage
from typing import Literal, Protocol
from urllib.parse import parse_qs, unquote, urlsplit

import msgspec
import sqlalchemy as sa

from walras.base.clock import DAY_MS, Clock
from walras.base.database import Database
from walras.base.errors import Invalid, Unavailable
from walras.base.ids import new_id
from walras.base.settings import Settings
from walras.world.account_tables import LetterRow

Way = Literal["email", "phone"]
# A sandbox's letters hold codes that are worth nothing after minutes; what is older only fills the table.
KEPT_MS = 7 * DAY_MS
LETTERS_MAX = 200
_SMTP_WAIT_S = 10


class Letter(msgspec.Struct, frozen=True, kw_only=True):
    """An e-mail or a text that was sent."""

    id: str = ""
    way: Way
    to_whom: str
    subject: str
    body: str
    sent_ms: int = 0


class Sender(Protocol):
    """Sends letters."""

    def send(self, letter: Letter) -> None:
        """Send one; it is on its way when this returns.

        Raises:
            Unavailable: it cannot be sent now.
        """
        ...


class Outbox:
    """The sandbox's way of sending: the letter is kept in a table."""

    def __init__(self, database: Database, clock: Clock) -> None:
        """Look at the table."""
        self._database = database
        self._clock = clock

    def send(self, letter: Letter) -> None:
        """Keep it, and let go of those that are a week old."""
        now_ms = self._clock.now_ms()
        row = {**msgspec.structs.asdict(letter), "id": new_id("l", now_ms), "sent_ms": now_ms}
        with self._database.write() as connection:
            connection.execute(sa.delete(LetterRow).where(LetterRow.sent_ms < now_ms - KEPT_MS))
            connection.execute(sa.insert(LetterRow).values(row))

    def letters(self, n: int = LETTERS_MAX) -> list[Letter]:
        """Those sent last, the newest first."""
        query = sa.select(*LetterRow.__table__.columns).order_by(LetterRow.sent_ms.desc(), LetterRow.id.desc()).limit(n)
        with self._database.read() as connection:
            return [Letter(**row._mapping) for row in connection.execute(query)]

    def forget(self, *to_whom: str) -> None:
        """Let go of every letter to these addresses."""
        with self._database.write() as connection:
            connection.execute(sa.delete(LetterRow).where(LetterRow.to_whom.in_([to for to in to_whom if to])))


class Mail:
    """Sends e-mails over SMTP, as `smtp://user:password@host:587?from=walras@example.org` says."""

    def __init__(self, url: str) -> None:
        """Read the URL; nothing is connected yet.

        Raises:
            Invalid: it is no smtp:// or smtps:// URL, or does not say from whom.
        """
        parts = urlsplit(url)
        sender = parse_qs(parts.query).get("from", [""])[0]
        if parts.scheme not in ("smtp", "smtps") or not parts.hostname or not sender:
            hint = "Write smtp://user:password@host:587?from=name@example.org, or smtps:// for TLS from the start."
            raise Invalid("is no address of a mail server", field="mail_url", value=parts.hostname, hint=hint)
        self._parts, self._sender = parts, sender

    def send(self, letter: Letter) -> None:
        """Hand it to the mail server, over TLS.

        Raises:
            Unavailable: the server does not answer or refuses it, or it is no e-mail.
        """
        if letter.way != "email":
            raise Unavailable("texts cannot be sent from here", field="phone", hint="Use an e-mail address.")
        try:
            with self._connected() as server:
                server.send_message(_message(letter, self._sender))
        except (OSError, smtplib.SMTPException) as error:
            hint = "Look at WALRAS_MAIL_URL and at the mail server."
            raise Unavailable("the mail server does not take the letter", field="mail_url", hint=hint) from error

    def _connected(self) -> smtplib.SMTP:
        host, port = self._parts.hostname or "", self._parts.port or 0
        if self._parts.scheme == "smtps":
            server: smtplib.SMTP = smtplib.SMTP_SSL(host, port, timeout=_SMTP_WAIT_S)
        else:
            server = smtplib.SMTP(host, port, timeout=_SMTP_WAIT_S)
        try:
            self._open(server)
        except BaseException:
            server.close()
            raise
        return server

    def _open(self, server: smtplib.SMTP) -> None:
        user = unquote(self._parts.username or "")
        server.ehlo()
        # A password never goes over the line in the clear; a server on this machine may do without both.
        if self._parts.scheme == "smtp" and (user or server.has_extn("starttls")):
            server.starttls(context=ssl.create_default_context())
        if user:
            server.login(user, unquote(self._parts.password or ""))


def sender_of(settings: Settings, outbox: Outbox) -> Sender:
    """Who sends letters, as the settings say.

    Raises:
        Unavailable: no mail server is named and nobody could read the outbox.
    """
    if settings.mail_url:
        return Mail(settings.mail_url)
    if settings.open_access:
        return outbox
    raise Unavailable("no mail server is named", field="mail_url", hint="Set WALRAS_MAIL_URL.")


def _message(letter: Letter, sender: str) -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = sender, letter.to_whom, letter.subject
    message.set_content(letter.body)
    return message
