"""Web push: wakes browsers whose owners asked for it, when something is told to them."""

import base64
import contextlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec
import sqlalchemy as sa
from cryptography.hazmat.primitives import serialization

from walras.base import limits
from walras.base.errors import Invalid, TooMuch
from walras.base.ids import content_id
from walras.base.logs import room_log
from walras.lines import House
from walras.lines.video.inbox import lets
from walras.lines.video.tables import LiveRow, NoticeRow, PushRow
from walras.lines.video.turns import position_of, put_position
from walras.world import upsert

KEY_FILE = "push.pem"
_READ = "push"
_AT_ONCE = 500
# What is older wakes nobody any more.
_NEWS_MS = 3_600_000
_WAIT_S = 5.0
# What a push server answers where the browser does not want to be woken any more.
_OVER = frozenset({404, 410})
_log = room_log("video")

# Sends one message to one browser; raises NotWoken where its server refuses.
Sender = Callable[["Subscription", bytes], None]


class Keys(msgspec.Struct, frozen=True):
    """A browser's public keys, as it gave them."""

    p256dh: str
    auth: str


class Subscription(msgspec.Struct, frozen=True):
    """Where a browser is woken, as the Push API says it."""

    endpoint: str
    keys: Keys


class NotWoken(Exception):
    """A browser's push server refused a message."""

    def __init__(self, message: str, status: int) -> None:
        """Say what it answered; 0 where it did not."""
        super().__init__(message)
        self.status = status


class Push:
    """Browsers that want to be woken."""

    def __init__(self, house: House, sender: Sender | None = None) -> None:
        """Keep them in this house's tables.

        Args:
            house: its home folder holds the key that signs what is sent.
            sender: how a message is sent; by `pywebpush` where none is given.
        """
        self._house = house
        self._database = house.world.database
        self._send = sender or self._by_web_push

    def public_key(self) -> str:
        """What a browser needs to know of this server to subscribe."""
        public = vapid_of(self._house.home).public_key
        raw = public.public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)
        return base64.urlsafe_b64encode(raw).decode().rstrip("=")

    def subscribe(self, person: str, subscription: Subscription) -> None:
        """Wake this browser for this person from now on.

        Raises:
            Invalid: its address is none that may be called.
            TooMuch: she has too many.
        """
        if not _is_callable(subscription.endpoint, open_access=self._house.settings.open_access):
            raise Invalid("must be an https address", field="endpoint", value=subscription.endpoint)
        row = {
            "id": content_id(subscription.endpoint),
            "person": person,
            "endpoint": subscription.endpoint,
            "p256dh": subscription.keys.p256dh,
            "auth": subscription.keys.auth,
            "created_ms": self._house.clock.now_ms(),
        }
        with self._database.write() as connection:
            others = sa.and_(PushRow.person == person, PushRow.id != row["id"])
            count = connection.scalar(sa.select(sa.func.count()).select_from(PushRow).where(others)) or 0
            if count >= limits.PUSH_SUBSCRIPTIONS_MAX:
                raise TooMuch("too many browsers", field="endpoint", value=count)
            upsert(connection, PushRow, [row])

    def unsubscribe(self, person: str, endpoint: str) -> None:
        """Wake this browser no more; every one of hers where none is named."""
        mine = PushRow.person == person
        mine = sa.and_(mine, PushRow.id == content_id(endpoint)) if endpoint else mine
        with self._database.write() as connection:
            connection.execute(sa.delete(PushRow).where(mine))

    def send_new(self) -> int:
        """Wake everybody who was told something since the last time; how many messages were sent.

        The position is written before anything is sent: after a death somebody may miss a message, and is never woken
        twice.
        """
        after = position_of(self._database, _READ)
        since_ms = self._house.clock.now_ms() - _NEWS_MS
        query = sa.select(LiveRow.turn, LiveRow.person, LiveRow.kind, LiveRow.body, LiveRow.at_ms)
        with self._database.read() as connection:
            rows = connection.execute(query.where(LiveRow.turn > after).order_by(LiveRow.turn).limit(_AT_ONCE)).all()
        if not rows:
            return 0
        put_position(self._database, _READ, rows[-1].turn)
        fresh = [row for row in rows if row.at_ms >= since_ms and row.kind in ("notice", "message")]
        return sum(self._wake(row.person, row.kind, msgspec.json.decode(row.body)) for row in fresh)

    def _wake(self, person: str, kind: str, body: dict[str, Any]) -> int:
        account = self._house.world.accounts.find(person)
        if account is None or not account.settings.notifications.push:
            return 0
        notifications = account.settings.notifications
        if not (notifications.message if kind == "message" else lets(notifications, str(body["kind"]))):
            return 0
        with self._database.read() as connection:
            browsers = connection.execute(sa.select(PushRow).where(PushRow.person == person)).all()
        return sum(self._wake_one(row, self._said(kind, body)) for row in browsers)

    def _wake_one(self, row: sa.Row[Any], said: bytes) -> int:
        try:
            self._send(Subscription(row.endpoint, Keys(row.p256dh, row.auth)), said)
        except NotWoken as error:
            if error.status in _OVER:
                self.unsubscribe(row.person, row.endpoint)
            else:
                _log.warning("a browser could not be woken: %s", error)
            return 0
        return 1

    def _said(self, kind: str, body: dict[str, Any]) -> bytes:
        """What the browser is told: keys and names, of which its own script makes a sentence."""
        if kind == "message":
            return msgspec.json.encode({"kind": "message"})
        with self._database.read() as connection:
            row = connection.execute(sa.select(NoticeRow).where(NoticeRow.id == body["id"])).first()
        if row is None:
            return msgspec.json.encode({"kind": body["kind"]})
        actor = self._house.world.accounts.find(row.actor) if row.actor else None
        said = {"kind": row.kind, "video": row.video, "others": row.others, "name": actor.name if actor else ""}
        return msgspec.json.encode(said)

    def _by_web_push(self, subscription: Subscription, said: bytes) -> None:
        # It loads two HTTP clients, which a server that wakes nobody need not wait for.
        from pywebpush import WebPushException, webpush  # type: ignore[import-untyped]

        try:
            webpush(
                msgspec.to_builtins(subscription),
                said,
                vapid_private_key=vapid_of(self._house.home),
                vapid_claims={"sub": "mailto:operator@localhost"},
                timeout=_WAIT_S,
                ttl=_NEWS_MS // 1000,
            )
        except WebPushException as error:
            raise NotWoken(error.message, getattr(error.response, "status_code", 0)) from error
        except (OSError, ValueError) as error:
            raise NotWoken(str(error), 0) from error


def vapid_of(home: Path) -> Any:
    """The key pair of this server, made at the first call; only its owner can read the file."""
    from py_vapid import Vapid02  # type: ignore[import-untyped]

    path = home / KEY_FILE
    if not path.exists():
        vapid = Vapid02()
        vapid.generate_keys()
        # Written aside and linked, so that of two processes that make one, both use the one that stands.
        aside = home / f"{KEY_FILE}.{os.getpid()}"
        aside.touch(mode=0o600)
        aside.write_bytes(vapid.private_pem())
        with contextlib.suppress(FileExistsError):
            os.link(aside, path)
        aside.unlink()
    return Vapid02.from_pem(path.read_bytes())


def _is_callable(endpoint: str, *, open_access: bool) -> bool:
    """Whether an address may be called: https, and in the sandbox also a server of this machine."""
    if len(endpoint) > 2_000 or not endpoint.isprintable():
        return False
    try:
        parts = urlsplit(endpoint)
    except ValueError:
        return False
    host = parts.hostname or ""
    is_local = host in ("localhost", "127.0.0.1", "::1")
    if is_local:
        return open_access and parts.scheme in ("http", "https")
    # A bare address names somebody's own network more often than a push service.
    return parts.scheme == "https" and "." in host and not host.replace(".", "").isdigit() and ":" not in host
