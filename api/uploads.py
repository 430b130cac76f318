"""Uploads: files to be named in a job later."""

from http import HTTPStatus
from tempfile import TemporaryFile, gettempdir
from typing import Annotated, BinaryIO

from fastapi import APIRouter, Query, Request, Response
from fastapi.concurrency import run_in_threadpool

from api.deps import CallerDep, PlainText, ServiceDep
from api.problems import problem, problems
from blueprint.access.caller import Caller
from blueprint.service import Service
from blueprint.work.uploads import LARGEST_BYTES, Upload, delete_upload, find_upload, keep_upload
from layers import StoreUnavailable

router = APIRouter(prefix="/uploads", tags=["processes"])
_CHUNK = 256 << 10
_BODY = {
    "requestBody": {
        "required": True,
        "description": "the file itself",
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
}


@router.post(
    "",
    status_code=HTTPStatus.CREATED,
    response_model=Upload,
    openapi_extra=_BODY,
    responses=problems(HTTPStatus.REQUEST_ENTITY_TOO_LARGE),
)
async def bring_file(
    request: Request,
    response: Response,
    service: ServiceDep,
    caller: CallerDep,
    name: Annotated[
        PlainText, Query(description="file name; its suffix says the format; a zip holds several")
    ],
) -> Upload | Response:
    """Bring a file: the body as it is. It waits a day for a job that names its id."""
    # first here, then into the store: nobody else may wait for a slow sender
    with TemporaryFile(prefix="blueprint-upload-") as file:
        async for chunk in request.stream():
            try:
                await run_in_threadpool(file.write, chunk)
            except OSError as error:
                raise StoreUnavailable(f"{gettempdir()}: {error.strerror}") from error
            if file.tell() > LARGEST_BYTES:
                detail = f"{name}: is over {LARGEST_BYTES >> 20} MiB; deliver it in parts"
                return problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "UploadTooLarge", detail)
        upload = await run_in_threadpool(_keep, service, caller, name, file)
    response.headers["Location"] = str(request.url_for("show_upload", upload_id=upload.id))
    return upload


def _keep(service: Service, caller: Caller, name: str, file: BinaryIO) -> Upload:
    file.seek(0)
    with service.database.write() as connection:
        return keep_upload(connection, caller, name, iter(lambda: file.read(_CHUNK), b""))


@router.get("/{upload_id}", responses=problems(HTTPStatus.NOT_FOUND))
def show_upload(upload_id: PlainText, service: ServiceDep, caller: CallerDep) -> Upload:
    """What was brought; the file itself is not given out again."""
    with service.database.read() as connection:
        return find_upload(connection, upload_id, caller)


@router.delete(
    "/{upload_id}",
    status_code=HTTPStatus.NO_CONTENT,
    responses=problems(HTTPStatus.NOT_FOUND),
)
def remove_upload(upload_id: PlainText, service: ServiceDep, caller: CallerDep) -> None:
    """Take a file back."""
    with service.database.write() as connection:
        delete_upload(connection, find_upload(connection, upload_id, caller).id)
