"""What every route may ask for."""

from typing import Annotated, cast

from fastapi import Depends, Request

from blueprint.service import Service


def _service(request: Request) -> Service:
    return cast("Service", request.app.state.service)


ServiceDep = Annotated[Service, Depends(_service)]
