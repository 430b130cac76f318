"""Telling events: each to the webhooks that want it and may know of it, until it is taken.

An event is sorted once, into a delivery for each webhook. A delivery is tried until the other side
answers 2xx, with growing pauses, and given up after `MOST_ATTEMPTS`. It is claimed by moving its
next time on, so of several workers one tries it; one that was killed meanwhile tries it again
after: a message may come twice, with the same id. A webhook that has failed `MOST_FAILURES` times
in a row, or answers 410, is told of nothing any more.
"""

import json
import logging
import random
from collections.abc import Collection, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from threading import Event
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import NoResultFound

from blueprint.clearance import Clearance
from blueprint.errors import PlanningError
from blueprint.events.news import News, news_of
from blueprint.events.post import Answered, post
from blueprint.keeping import keeping
from blueprint.registry import now
from blueprint.service import Service
from blueprint.service_models import EventRow, WebhookDeliveryRow, WebhookRow
from blueprint.values import text_hash
from layers import StoreUnavailable
from layers.errors import DataError

PAUSES = tuple(timedelta(seconds=s) for s in (5, 60, 300, 1800, 7200, 21600, 43200))
MOST_ATTEMPTS = len(PAUSES) + 1
MOST_FAILURES = 20
_CLAIMED_FOR = timedelta(minutes=2)
_SORTED_AT_ONCE = 200
_SENT_AT_ONCE = 16
_LOOK_SECONDS = 2.0
_MEND_SECONDS = 5.0
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Letter:
    """A claimed delivery: what is sent where."""

    delivery: int
    webhook: str
    attempt: int
    url: str
    secrets: tuple[str, ...]
    message_id: str
    body: bytes


def send_until(service: Service, *stops: Event) -> None:
    """Sort and send until told to stop; what is under way then is waited for.

    A webhook has one message under way at a time: who is slow to take his holds up nobody else's.
    """
    under_way: dict[Future[Answered], _Letter] = {}
    with ThreadPoolExecutor(_SENT_AT_ONCE, thread_name_prefix="postman") as threads:
        while not any(stop.is_set() for stop in stops):
            pause = _LOOK_SECONDS
            try:
                _send_off(service, threads, under_way)
                if under_way:
                    wait(under_way, _LOOK_SECONDS, FIRST_COMPLETED)
                    _note_answered(service, under_way)
                    continue
            except StoreUnavailable as problem:
                _log.warning("events are not told: %s", problem)
                pause = _MEND_SECONDS
            except Exception:  # noqa: BLE001 a fault of one message holds up no later one
                _log.exception("events are not told for a while")
                pause = _MEND_SECONDS
            stops[0].wait(pause)
        wait(under_way)
        with suppress(StoreUnavailable):  # they are tried again
            _note_answered(service, under_way)


def _send_off(
    service: Service, threads: ThreadPoolExecutor, under_way: dict[Future[Answered], _Letter]
) -> None:
    """Give the free threads what is due to whom nothing is under way."""
    _sort(service)
    free = _SENT_AT_ONCE - len(under_way)
    busy = {letter.webhook for letter in under_way.values()}
    for letter in _claim(service, datetime.now(UTC), free, busy) if free else ():
        under_way[threads.submit(_send, letter)] = letter


def _note_answered(service: Service, under_way: dict[Future[Answered], _Letter]) -> None:
    """Note the answers that have come, which are under way no longer."""
    done = [(under_way.pop(sent), sent) for sent in [*under_way] if sent.done()]
    if done:
        with service.database.write() as connection:
            for letter, sent in done:
                _note(connection, letter, sent.result(), datetime.now(UTC))


def send_due(service: Service, moment: datetime | None = None) -> int:
    """Sort what has happened and try what is due at a moment, now unless given; how many."""
    moment = moment or datetime.now(UTC)
    _sort(service)
    letters = _claim(service, moment)
    if not letters:
        return 0
    with ThreadPoolExecutor(_SENT_AT_ONCE) as threads:
        answers = list(threads.map(_send, letters))
    with service.database.write() as connection:
        for letter, answer in zip(letters, answers, strict=True):
            _note(connection, letter, answer, moment)
    return len(letters)


def _send(letter: _Letter) -> Answered:
    timestamp = int(datetime.now(UTC).timestamp())
    return post(letter.url, letter.secrets, letter.message_id, timestamp, letter.body)


def _sort(service: Service) -> None:
    """Give every new event to those who may know of it, once."""
    unsorted = sa.select(EventRow.__table__).where(EventRow.sorted_at.is_(None))
    unsorted = unsorted.order_by(EventRow.number).limit(_SORTED_AT_ONCE)
    with service.database.read() as connection:
        if connection.execute(unsorted).first() is None:
            return
    with service.database.write() as connection:
        webhooks = connection.execute(
            sa.select(WebhookRow.id, WebhookRow.events, WebhookRow.clearance).where(
                WebhookRow.disabled_at.is_(None)
            )
        ).all()
        for event in connection.execute(unsorted.with_for_update(skip_locked=True)).all():
            told: dict[Clearance, bool] = {}
            subject = json.loads(event.subject)
            for webhook in webhooks:
                if event.kind not in webhook.events.split(","):
                    continue
                if webhook.clearance not in told:
                    news = _news(connection, event.kind, subject, webhook.clearance)
                    told[webhook.clearance] = news is not None
                if told[webhook.clearance]:
                    connection.execute(
                        sa.insert(WebhookDeliveryRow).values(
                            webhook_id=webhook.id,
                            event_id=event.id,
                            status="waiting",
                            attempts=0,
                            next_at=event.at,
                        )
                    )
            done = sa.update(EventRow).where(EventRow.number == event.number)
            connection.execute(done.values(sorted_at=now()))
        _forget(connection)


def _news(
    connection: sa.Connection, kind: str, subject: Mapping[str, Any], clearance: Clearance
) -> News | None:
    try:
        return news_of(connection, kind, subject, clearance)
    except StoreUnavailable:
        raise
    except (PlanningError, DataError, LookupError, ValueError, NoResultFound):
        # what it is about is gone or cannot be read: one such event holds up no other
        _log.exception("an event of kind %s is not told", kind)
        return None


def _forget(connection: sa.Connection) -> None:
    """Remove events that are older than jobs are kept, with what became of them."""
    old = sa.select(EventRow.id).where(EventRow.at < datetime.now(UTC) - keeping().jobs)
    connection.execute(sa.delete(WebhookDeliveryRow).where(WebhookDeliveryRow.event_id.in_(old)))
    connection.execute(sa.delete(EventRow).where(EventRow.id.in_(old)))


def _claim(
    service: Service, moment: datetime, most: int = _SENT_AT_ONCE, busy: Collection[str] = ()
) -> list[_Letter]:
    """The oldest due delivery of each webhook but the busy ones, ours for two minutes."""
    row, hook, event = WebhookDeliveryRow, WebhookRow, EventRow
    due = sa.select(sa.func.min(row.number)).where(row.status == "waiting", row.next_at <= moment)
    due = due.group_by(row.webhook_id)
    query = (
        sa.select(
            row.number, row.attempts, row.next_at, row.event_id, hook.id, hook.url, hook.clearance,
            hook.secret, hook.old_secret, hook.old_secret_until, event.kind, event.at,
            event.subject,
        )
        .join(hook, hook.id == row.webhook_id)
        .join(event, event.id == row.event_id)
        .where(row.number.in_(due), hook.disabled_at.is_(None), hook.id.not_in(busy))
    )  # fmt: skip
    with service.database.read() as connection:
        if not connection.execute(query).first():
            return []
    letters = []
    with service.database.write() as connection:
        for found in connection.execute(query.order_by(row.next_at).limit(most)).all():
            ours = sa.update(row).where(row.number == found.number, row.next_at == found.next_at)
            values = {"next_at": moment + _CLAIMED_FOR, "attempts": found.attempts + 1}
            if not connection.execute(ours.values(values)).rowcount:
                continue
            news = _news(connection, found.kind, json.loads(found.subject), found.clearance)
            if news is None:
                # what may no longer be known was never on its way
                connection.execute(sa.delete(row).where(row.number == found.number))
                continue
            letters.append(_letter(found, news, moment))
    return letters


def _letter(found: Any, news: Mapping[str, Any], moment: datetime) -> _Letter:
    secrets = [found.secret]
    if found.old_secret is not None and found.old_secret_until > moment:
        secrets.append(found.old_secret)
    message = {"type": found.kind, "timestamp": found.at.isoformat(), "data": dict(news)}
    return _Letter(
        delivery=found.number,
        webhook=found.id,
        attempt=found.attempts + 1,
        url=found.url,
        secrets=tuple(secrets),
        message_id=f"msg_{text_hash(f'{found.event_id} {found.id}')[:32]}",
        body=json.dumps(message, ensure_ascii=False).encode(),
    )


def _note(connection: sa.Connection, letter: _Letter, answer: Answered, moment: datetime) -> None:
    values: dict[str, Any] = {
        "tried_at": moment,
        "answered": answer.status,
        "error": answer.error,
        "status": "delivered",
        "next_at": None,
    }
    if not answer.is_well:
        given_up = letter.attempt >= MOST_ATTEMPTS
        values |= {"status": "failed" if given_up else "waiting"}
        if not given_up:
            pause = PAUSES[letter.attempt - 1]
            # a little later each, lest all that failed together come back together
            values |= {"next_at": moment + pause * random.uniform(1.0, 1.2)}  # noqa: S311
    row = WebhookDeliveryRow
    connection.execute(sa.update(row).where(row.number == letter.delivery).values(values))
    hook = sa.update(WebhookRow).where(WebhookRow.id == letter.webhook)
    if answer.is_well:
        connection.execute(hook.values(failures=0))
        return
    connection.execute(hook.values(failures=WebhookRow.failures + 1))
    _disable_dead(connection, letter.webhook, answer)


def _disable_dead(connection: sa.Connection, webhook_id: str, answer: Answered) -> None:
    """Give a webhook up that is gone, and with it what waits for it."""
    failures = sa.select(WebhookRow.failures).where(
        WebhookRow.id == webhook_id, WebhookRow.disabled_at.is_(None)
    )
    count = connection.scalar(failures)
    gone = answer.status == HTTPStatus.GONE
    if count is None or (count < MOST_FAILURES and not gone):
        return
    why = "it answered that it is gone" if gone else f"{count} attempts in a row failed"
    hook = sa.update(WebhookRow).where(WebhookRow.id == webhook_id)
    connection.execute(hook.values(disabled_at=now(), disabled_for=why))
    row = WebhookDeliveryRow
    waiting = sa.update(row).where(row.webhook_id == webhook_id, row.status == "waiting")
    connection.execute(waiting.values(status="failed", next_at=None, error=why))
