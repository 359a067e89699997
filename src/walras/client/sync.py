"""The client for threads: every method waits in the caller's thread."""

import time
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Any, Self, TypeVar

import httpx

from walras.client import plans
from walras.client.driving import TIMEOUT, NowMs, headers_of, request_of, visit_headers
from walras.client.errors import ClientError
from walras.client.plans import Plan
from walras.client.trying import Call, Came, Retry, Wait, trying
from walras.client.values import (
    Comment,
    CommentList,
    Event,
    EventsTaken,
    Item,
    ItemList,
    ManyPut,
    Me,
    Outcome,
    Page,
    PageRecord,
    Person,
    Profile,
    Readiness,
    Similar,
    Status,
    UserList,
    Video,
)

T = TypeVar("T")


class _Asker:
    """Tries calls and follows plans over one pool of connections."""

    def __init__(self, http: httpx.Client, retry: Retry, now_ms: NowMs) -> None:
        self._http, self._retry, self._now_ms = http, retry, now_ms

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End all connections."""
        self._http.close()

    def _ask(self, call: Call[T]) -> T:
        """Try one call until it is answered or patience ends."""
        steps = trying(call, self._retry)
        step = next(steps)
        while True:
            try:
                step = steps.send(self._did(step))
            except StopIteration as done:
                answer: T = done.value
                return answer

    def _did(self, step: Any) -> Came:
        if isinstance(step, Wait):
            time.sleep(step.seconds)
            return None
        try:
            return self._http.request(**request_of(step.call))
        except httpx.TransportError as error:
            return error

    def _follow(self, plan: Plan[T]) -> T:
        """Follow a plan of several calls; an error of a call is the plan's to catch."""
        try:
            call = next(plan)
            while True:
                try:
                    answer = self._ask(call)
                except ClientError as error:
                    call = plan.throw(error)
                else:
                    call = plan.send(answer)
        except StopIteration as done:
            found: T = done.value
            return found


class Walras(_Asker):
    """The platform's public API.

    `with Walras(url, key) as walras:` ends its connections; so does `walras.close()`.
    """

    def __init__(
        self,
        url: str,
        key: str = "",
        *,
        retry: Retry | None = None,
        timeout: httpx.Timeout | float = TIMEOUT,
        transport: httpx.BaseTransport | None = None,
        now_ms: NowMs = plans.machine_ms,
    ) -> None:
        """Connect to nothing yet.

        Args:
            url: the address that `walras up` prints.
            key: an API key; without one only what needs none can be asked.
            retry: how often and how patiently calls are tried again.
            timeout: seconds for connecting and for each answer.
            transport: another way to the server than the network, for tests.
            now_ms: the instant that events get which say none, in milliseconds UTC.
        """
        self._url, self._timeout, self._transport = url, timeout, transport
        http = httpx.Client(base_url=url, headers=headers_of(key), timeout=timeout, transport=transport)
        super().__init__(http, retry or Retry(), now_ms)

    def visit(self, language: str = "en") -> "Visit":
        """The video app as one person's browser would use it: a guest until it signs up or in."""
        http = httpx.Client(
            base_url=self._url,
            headers=visit_headers(self._url, language),
            timeout=self._timeout,
            transport=self._transport,
        )
        return Visit(http, self._retry, self._now_ms)

    def send(self, event: Event) -> EventsTaken:
        """Send one event; answered when it is on the server's disk.

        Raises:
            Invalid: it was refused, with field, value and what to do.
        """
        return self._ask(plans.send_event(event, self._now_ms))

    def send_many(self, events: Sequence[Event]) -> EventsTaken:
        """Send many events, in as few requests as the server takes; each refused one is named in `rejected`."""
        return self._follow(plans.send_events(events, self._now_ms))

    def outcomes(self) -> tuple[Outcome, ...]:
        """Every outcome an event may have, with its unit."""
        return self._ask(plans.outcomes()).outcomes

    def put_item(self, item: Item) -> Item:
        """Make or change one item; what is not said takes its default."""
        return self._ask(plans.put_item(item))

    def put_items(self, items: Sequence[Item]) -> ManyPut:
        """Make or change many items; each refused one is named in `rejected`."""
        return self._follow(plans.put_many("items", items))

    def item(self, id: str) -> Item:
        """Read one item."""
        return self._ask(plans.item(id))

    def items(self, cursor: str = "", n: int = 100) -> ItemList:
        """Some items in the order of their ids, from a cursor on."""
        return self._ask(plans.items(cursor, n))

    def delete_item(self, id: str) -> None:
        """Delete one item; what happened to it stays in the log."""
        self._ask(plans.delete("items", id))

    def similar(self, item: str, n: int = 10) -> tuple[Similar, ...]:
        """Items like this one, best first."""
        return self._ask(plans.similar(item, n)).similar

    def put_user(self, person: Person) -> Person:
        """Make or change one person."""
        return self._ask(plans.put_user(person))

    def put_users(self, people: Sequence[Person]) -> ManyPut:
        """Make or change many people; each refused one is named in `rejected`."""
        return self._follow(plans.put_many("users", people))

    def user(self, id: str) -> Person:
        """Read one person."""
        return self._ask(plans.user(id))

    def users(self, cursor: str = "", n: int = 100) -> UserList:
        """Some people in the order of their ids, from a cursor on."""
        return self._ask(plans.users(cursor, n))

    def delete_user(self, id: str) -> None:
        """Forget one person."""
        self._ask(plans.delete("users", id))

    def history(self, person: str, n: int = 50) -> tuple[Event, ...]:
        """A person's newest events, newest first, straight from the log."""
        return self._ask(plans.history(person, n)).events

    def page(self, id: str) -> PageRecord:
        """A page's record: what was valued, dropped and chosen, and by what."""
        return self._ask(plans.page_record(id))

    def feed(
        self,
        person: str,
        *,
        surface: str | None = None,
        count: int | None = None,
        context: Mapping[str, str] | None = None,
        exclude: Sequence[str] | None = None,
        seed: int | None = None,
        dials: Mapping[str, object] | None = None,
    ) -> Page:
        """Fill a page for a person; every event that was acknowledged before is seen.

        Args:
            person: for whom; somebody nobody knows gets a page too.
            surface: kind of page, such as feed or following.
            count: places to fill.
            context: small facts about the moment, such as the language.
            exclude: items that must not stand on it.
            seed: the same log and seed give the same page.
            dials: what the person has set of her own feed.
        """
        asked = {
            "surface": surface, "count": count, "context": context, "exclude": exclude, "seed": seed, "dials": dials,
        }  # fmt: skip
        return self._ask(plans.feed(person, asked))

    def status(self) -> Status:
        """How the platform is, as the process sees it that answers."""
        return self._ask(plans.status())

    def ready(self) -> Readiness:
        """Whether it can serve; not being ready is an answer and no error."""
        return self._ask(plans.ready())


class Visit(_Asker):
    """One person's use of the video app, held by a cookie. Made by `Walras.visit`; end it with `close`."""

    def me(self) -> Me:
        """Who this visit is: a guest at first."""
        return self._ask(plans.me())

    def sign_up(
        self, *, name: str, handle: str, password: str, birth_year: int, email: str = "", phone: str = ""
    ) -> None:
        """Ask for an account; a code is sent, for `confirm`."""
        body = {
            "name": name, "handle": handle, "password": password, "birth_year": birth_year, "email": email,
            "phone": phone,
        }  # fmt: skip
        self._ask(plans.sign_up(body))

    def confirm(self, code: str) -> Me:
        """Give the code that was sent; the guest becomes an account and keeps what it did."""
        return self._ask(plans.confirm(code))

    def sign_in(self, login: str, password: str) -> Me:
        """Come in with handle, e-mail or telephone, and password."""
        return self._ask(plans.sign_in(login, password))

    def sign_out(self) -> None:
        """Leave."""
        self._ask(plans.sign_out())

    def profile(self, handle: str) -> Profile:
        """Somebody as others see her."""
        return self._ask(plans.profile(handle))

    def send_many(self, events: Sequence[Event]) -> EventsTaken:
        """Say what this visit's person did; `person` may be left empty."""
        return self._ask(plans.own_events(events, self._now_ms))

    def follow(self, owner: str) -> EventsTaken:
        """Follow somebody, by her person id."""
        return self._ask(plans.own_events([Event(person="", outcome="follow", owner=owner)], self._now_ms))

    def comment(self, video: str, text: str, parent: str = "") -> Comment:
        """Say something under a video."""
        return self._ask(plans.comment(video, text, parent))

    def comments(self, video: str, order: str = "top", cursor: str = "", n: int = 20) -> CommentList:
        """What was said under a video."""
        return self._ask(plans.comments(video, order, cursor, n))

    def upload(self, film: bytes, name: str = "film.mp4") -> str:
        """Bring a file; goes on where a broken connection stopped. Gives the asset's id."""
        return self._follow(plans.upload(film, name))

    def draft(self, asset: str, title: str, topics: Sequence[str] = (), audience: str = "everyone") -> Video:
        """Make a draft of an upload."""
        return self._follow(plans.draft(asset, title, topics, audience))

    def publish(self, video: str) -> Video:
        """Ask for a video to be published; it is made and looked at first."""
        return self._ask(plans.publish(video))

    def my_video(self, id: str) -> Video:
        """One's own video and what became of it."""
        return self._ask(plans.my_video(id))
