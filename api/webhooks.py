"""Webhooks: for administrators, to have systems of the city's told of events."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from api.deps import CallerDep, PlainText, ServiceDep
from api.problems import problems
from blueprint.events.webhooks import (
    Webhook,
    WebhookDelivery,
    add_webhook,
    deliveries_of,
    enable_webhook,
    find_webhook,
    list_webhooks,
    remove_webhook,
    rotate_secret,
)
from blueprint.outbox import EventKind

router = APIRouter(prefix="/webhooks", tags=["webhooks"])
_FOUND = problems(HTTPStatus.NOT_FOUND)


class NewWebhook(BaseModel):
    """Where to send what."""

    model_config = ConfigDict(extra="forbid")
    url: Annotated[str, Field(max_length=2000, examples=["https://cases.example.org/blueprint"])]
    events: Annotated[list[EventKind], Field(min_length=1, max_length=10)]


class WebhookList(BaseModel):
    """Every webhook."""

    webhooks: list[Webhook]


class DeliveryList(BaseModel):
    """What a webhook was told, the newest first."""

    deliveries: list[WebhookDelivery]


@router.get("", responses=problems())
def show_webhooks(service: ServiceDep) -> WebhookList:
    """Every webhook."""
    with service.database.read() as connection:
        return WebhookList(webhooks=list_webhooks(connection))


@router.post("", status_code=HTTPStatus.CREATED, responses=problems())
def make_webhook(
    request: Request,
    response: Response,
    service: ServiceDep,
    caller: CallerDep,
    wanted: NewWebhook,
) -> Webhook:
    """Have an address told of events; the secret that they are signed with is shown this once."""
    with service.database.write() as connection:
        made = add_webhook(connection, caller.name, caller.clearance, wanted.url, wanted.events)
    response.headers["Location"] = str(request.url_for("show_webhook", webhook_id=made.id))
    return made


@router.get("/{webhook_id}", responses=_FOUND)
def show_webhook(webhook_id: PlainText, service: ServiceDep) -> Webhook:
    """One webhook, without its secret."""
    with service.database.read() as connection:
        return find_webhook(connection, webhook_id)


@router.delete("/{webhook_id}", status_code=HTTPStatus.NO_CONTENT, responses=_FOUND)
def drop_webhook(webhook_id: PlainText, service: ServiceDep) -> None:
    """Tell it of nothing any more."""
    with service.database.write() as connection:
        remove_webhook(connection, webhook_id)


@router.post("/{webhook_id}/secret", responses=_FOUND)
def renew_secret(webhook_id: PlainText, service: ServiceDep) -> Webhook:
    """Sign with a new secret, shown this once; for a day the old one signs as well."""
    with service.database.write() as connection:
        return rotate_secret(connection, webhook_id)


@router.post("/{webhook_id}/enabling", responses=_FOUND)
def wake_webhook(webhook_id: PlainText, service: ServiceDep) -> Webhook:
    """Tell one again that was given up."""
    with service.database.write() as connection:
        return enable_webhook(connection, webhook_id)


@router.get("/{webhook_id}/deliveries", responses=_FOUND)
def list_deliveries(
    webhook_id: PlainText,
    service: ServiceDep,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> DeliveryList:
    """What a webhook was told, how often it was tried, and what it answered."""
    with service.database.read() as connection:
        return DeliveryList(deliveries=deliveries_of(connection, webhook_id, limit))
