"""The confined process: what it cannot do, whatever reads there, and what it leaves: nothing."""

import json
import os
import resource
import select
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pyogrio
import pytest

from layers import UnreadableSource, read_geojson, read_source
from layers.errors import AmbiguousSource
from layers.sandbox import Limits, Sandbox

Write = Callable[..., Path]
Do = Callable[..., str]
MIB = 1 << 20
VRT = (
    "<OGRVRTDataSource><OGRVRTLayer name='layer'><SrcDataSource>{}</SrcDataSource>"
    "<SrcLayer>layer</SrcLayer></OGRVRTLayer></OGRVRTDataSource>"
)
SECRET = "nobody may read this"
POINT = b'{"type": "Point", "coordinates": [118.1, 24.5]}'


@pytest.fixture(scope="module")
def hostile() -> Iterator[Sandbox]:
    """A sandbox in which the hostile reader reads."""
    sandbox = Sandbox("tests.layers.hostile_reader")
    yield sandbox
    sandbox.close()


@pytest.fixture
def do(hostile: Sandbox, tmp_path: Path) -> Do:
    """Have the reader do a deed; what it says of it."""
    path = tmp_path / "delivered.shp"
    path.write_text("delivered")

    def deed(what: str, aim: object = "", limits: Limits | None = None) -> str:
        source = hostile.read_file(path, what, str(aim), limits or Limits())
        return source.notes[0]

    return deed


@pytest.fixture
def server() -> Iterator[tuple[str, list[str]]]:
    """A server on loopback that remembers what was asked of it."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(200)
            self.end_headers()
            self.wfile.write(POINT)

        do_HEAD = do_GET  # noqa: N815 - named by http.server

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as listening:
        thread = threading.Thread(target=listening.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{listening.server_address[1]}", asked
        listening.shutdown()
        thread.join()


@pytest.fixture
def secret(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file that GDAL reads and that was not delivered."""
    path = tmp_path_factory.mktemp("elsewhere") / "layer.geojson"
    feature = {"type": "Feature", "properties": {"name": SECRET}, "geometry": json.loads(POINT)}
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))
    return path


def test_gdal_left_alone_reads_other_files_and_calls_servers(
    tmp_path: Path, secret: Path, server: tuple[str, list[str]]
) -> None:
    url, asked = server
    (tmp_path / "a.geojson").write_text(VRT.format(secret))
    assert SECRET in str(pyogrio.read_arrow(tmp_path / "a.geojson")[1])
    (tmp_path / "b.geojson").write_text(VRT.format(f"/vsicurl/{url}/b.geojson"))
    with suppress(Exception):
        pyogrio.read_arrow(tmp_path / "b.geojson")
    assert asked


@pytest.mark.parametrize("deed", ["open_with_pyogrio", "open_with_fiona"])
def test_a_vrt_that_no_check_caught_reads_nothing(
    do: Do, tmp_path: Path, secret: Path, server: tuple[str, list[str]], deed: str
) -> None:
    url, asked = server
    for aim in (secret, f"/vsicurl/{url}/a.geojson", f"{url}/a.geojson"):
        (tmp_path / "delivered.shp").write_text(VRT.format(aim))
        with pytest.raises(UnreadableSource) as refusal:
            do(deed)
        assert SECRET not in str(refusal.value)
    assert asked == []


@pytest.mark.parametrize("deed", ["open_with_pyogrio", "open_with_fiona", "connect"])
@pytest.mark.parametrize("prefix", ["", "/vsicurl/", "/vsicurl_streaming/", "OAPIF:", "WFS:"])
def test_no_server_is_called(do: Do, server: tuple[str, list[str]], deed: str, prefix: str) -> None:
    url, asked = server
    with pytest.raises(UnreadableSource):
        do(deed, prefix + url + "/layer.geojson" if deed != "connect" else url)
    assert asked == []


@pytest.mark.parametrize("deed", ["open_with_pyogrio", "open_with_fiona", "look"])
def test_a_file_that_was_not_delivered_is_not_read(do: Do, secret: Path, deed: str) -> None:
    with pytest.raises(UnreadableSource) as refusal:
        do(deed, secret)
    assert SECRET not in str(refusal.value)


@pytest.mark.parametrize("place", ["/etc/passwd", "/proc/self/environ", "/proc/1/cmdline"])
def test_the_system_is_not_looked_at(do: Do, place: str) -> None:
    with pytest.raises(UnreadableSource, match="PermissionError"):
        do("look", place)


def test_the_delivered_file_itself_is_not_written_to(do: Do, tmp_path: Path) -> None:
    for place in (tmp_path / "delivered.shp", tmp_path / "new"):
        with pytest.raises(UnreadableSource, match="PermissionError"):
            do("write", place)
    assert [(p.name, p.read_text()) for p in tmp_path.iterdir()] == [("delivered.shp", "delivered")]


def test_what_one_read_leaves_in_its_folder_the_next_does_not_find(do: Do) -> None:
    assert do("keep_for_later", "first") == "['first']"
    assert do("keep_for_later", "second") == "['second']"


def test_no_process_is_made_run_or_killed(do: Do) -> None:
    before = do("who")
    with pytest.raises(UnreadableSource, match="PermissionError"):
        do("start_a_program", "echo")
    with pytest.raises(UnreadableSource, match="PermissionError"):
        do("multiply")
    for victim in (before, os.getpid(), 0, -1):
        with pytest.raises(UnreadableSource, match="PermissionError"):
            do("kill", victim)
    assert do("who") == before


def test_too_much_memory_is_refused(do: Do) -> None:
    with pytest.raises(UnreadableSource, match=r"limits of memory, time or size.*memory ran out"):
        do("take_memory", limits=Limits(memory_bytes=256 * MIB))


def test_too_much_computing_is_refused(do: Do) -> None:
    with pytest.raises(UnreadableSource, match="limits of memory, time or size"):
        do("think_forever", limits=Limits(cpu_seconds=1))


def test_too_long_a_wait_is_refused(do: Do) -> None:
    with pytest.raises(UnreadableSource, match="time ran out"):
        do("sleep_forever", limits=Limits(wall_seconds=0.3))


def test_too_large_a_result_is_refused(do: Do) -> None:
    with pytest.raises(UnreadableSource, match="file size ran out"):
        do("write_forever", limits=Limits(file_bytes=8 * MIB))


@pytest.mark.parametrize(("deed", "aim"), [("crash", ""), ("give_up", "0"), ("give_up", "7")])
def test_a_reader_that_dies_is_a_refusal_and_the_next_read_goes_well(
    do: Do, deed: str, aim: str
) -> None:
    with pytest.raises(UnreadableSource, match=r"^delivered\.shp: could not be read"):
        do(deed, aim)
    assert do("rows", "well") == "well"


def test_rows_without_an_answer_are_no_rows(do: Do) -> None:
    with pytest.raises(UnreadableSource, match="could not be read"):
        do("send_no_geometry")


def test_a_mistake_of_a_reader_is_a_refusal_in_one_line(do: Do) -> None:
    with pytest.raises(UnreadableSource, match="its reader failed") as refusal:
        do("stumble", "several\nlines\x1b[31m" + "and more" * 1000)
    assert str(refusal.value).isprintable()
    assert len(str(refusal.value)) < 2000


def test_a_refusal_keeps_its_kind(do: Do) -> None:
    with pytest.raises(AmbiguousSource, match=r"^two layers$"):
        do("refuse", "two layers")


def test_what_a_reader_prints_goes_nowhere(do: Do, capfd: pytest.CaptureFixture[str]) -> None:
    assert do("shout", "loud") == "loud"
    assert capfd.readouterr() == ("", "")


def test_eight_reads_at_once_each_get_their_own_rows(hostile: Sandbox, tmp_path: Path) -> None:
    path = tmp_path / "delivered.shp"
    path.touch()
    aims = [str(n) for n in range(24)]
    with ThreadPoolExecutor(8) as pool:
        sources = list(pool.map(lambda aim: hostile.read_file(path, "rows", aim), aims))
    assert [source.rows.column("said").to_pylist() for source in sources] == [[a] for a in aims]


def test_a_process_that_was_killed_is_started_again(do: Do) -> None:
    before = do("who")
    os.kill(int(before), signal.SIGKILL)
    assert do("who") != before


def test_a_read_during_which_the_process_is_killed_is_read_again(
    hostile: Sandbox, tmp_path: Path
) -> None:
    path = tmp_path / "delivered.shp"
    path.write_text("wait")
    zygote = int(hostile.read_file(path, "who").notes[0])
    children = Path(f"/proc/{zygote}/task/{zygote}/children")
    with ThreadPoolExecutor(1) as pool:
        reading = pool.submit(hostile.read_file, path, "wait_for_word")
        while not children.read_text():
            pass
        os.kill(zygote, signal.SIGKILL)
        path.write_text("go")
        assert reading.result().notes == ("went",)


def test_a_fork_of_the_service_reads_by_a_process_of_its_own(do: Do) -> None:
    before = do("who")
    receiver, sender = os.pipe()
    pid = os.fork()
    if pid == 0:
        with suppress(BaseException):
            os.write(sender, do("who").encode())
        with suppress(BaseException):
            sandbox_of(do).close()
        os._exit(0)
    os.close(sender)
    with os.fdopen(receiver) as answer:
        other = answer.read()
    os.waitpid(pid, 0)
    assert other.isdigit()
    assert other != before
    assert do("who") == before


def sandbox_of(do: Do) -> Sandbox:
    found = next(
        c.cell_contents for c in do.__closure__ or () if isinstance(c.cell_contents, Sandbox)
    )
    assert isinstance(found, Sandbox)
    return found


def test_nothing_is_left_once_it_is_closed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    sandbox = Sandbox("tests.layers.hostile_reader")
    path = tmp_path / "delivered.shp"
    path.touch()
    process = os.pidfd_open(int(sandbox.read_file(path, "who").notes[0]))
    with pytest.raises(UnreadableSource):
        sandbox.read_file(path, "crash")
    (folder,) = (tmp_path / "temporary").iterdir()
    assert list(folder.iterdir()) == []
    sandbox.close()
    assert list((tmp_path / "temporary").iterdir()) == []
    with pytest.raises(ProcessLookupError):
        signal.pidfd_send_signal(process, 0)
    os.close(process)


def test_the_process_ends_with_a_service_that_is_killed(tmp_path: Path) -> None:
    (tmp_path / "layer.geojson").write_bytes(POINT)
    script = (
        "import sys, pathlib; from layers.sandbox import sandbox\n"
        "sandbox.read_file(pathlib.Path(sys.argv[1]))\n"
        "print(sandbox._zygote.process.pid, flush=True); sys.stdin.read()"
    )
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    with subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path / "layer.geojson")],
        env={**os.environ, "TMPDIR": str(temporary)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as service:
        assert service.stdout is not None
        process = os.pidfd_open(int(service.stdout.readline()))
        service.kill()
        ended = select.poll()  # select() knows no descriptor beyond 1023
        ended.register(process, select.POLLIN)
        assert ended.poll(60_000)
    os.close(process)
    assert list(temporary.iterdir()) == []


def test_rows_outlive_the_file_and_the_process(tmp_path: Path) -> None:
    sandbox = Sandbox("tests.layers.hostile_reader")
    path = tmp_path / "delivered.shp"
    path.touch()
    source = sandbox.read_file(path, "rows", "kept")
    sandbox.close()
    path.unlink()
    assert source.rows.column("said").to_pylist() == ["kept"]


def test_a_link_in_a_filegdb_that_leads_elsewhere_is_refused(
    write_layers: Write, secret: Path
) -> None:
    path = write_layers("plan.gdb", "永农")
    (path / "a00000099.gdbtable").symlink_to(secret)
    with pytest.raises(UnreadableSource, match=r"plan\.gdb: a00000099\.gdbtable is a link"):
        read_source(path)


def test_a_pipe_in_a_filegdb_is_refused_rather_than_waited_for(write_layers: Write) -> None:
    path = write_layers("plan.gdb", "永农")
    os.mkfifo(path / "a00000099.gdbtable")
    with pytest.raises(UnreadableSource, match="is no file"):
        read_source(path)


def test_a_pipe_in_place_of_a_file_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "layer.geojson")
    with pytest.raises(UnreadableSource, match="is not a file"):
        read_source(tmp_path / "layer.geojson")


def test_a_companion_that_is_a_link_to_elsewhere_is_refused(
    write_shapefile: Write, secret: Path
) -> None:
    path = write_shapefile(["a"])
    path.with_suffix(".prj").unlink()
    path.with_suffix(".prj").symlink_to(secret)
    with pytest.raises(UnreadableSource, match=r"layer\.prj is a link"):
        read_source(path)


def test_a_file_that_the_caller_names_by_a_link_is_read(write_geojson: Write) -> None:
    path = write_geojson({"type": "Feature", "properties": {}, "geometry": json.loads(POINT)})
    link = path.with_name("newest.geojson")
    link.symlink_to(path)
    assert read_source(link).rows.num_rows == 1


def test_a_name_in_any_bytes_is_read_or_refused_like_any_other(tmp_path: Path) -> None:
    path = Path(os.fsdecode(os.fsencode(tmp_path) + "/基本农田.geojson".encode("gbk")))
    path.write_bytes(POINT)
    with suppress(UnreadableSource):
        assert read_source(path).rows.num_rows == 1


def test_a_document_over_the_wire_may_take_less(hostile: Sandbox) -> None:
    assert hostile.read_document(b"{}", "body").rows.column("said").to_pylist() == ["document"]
    nested = b'{"type": "Feature", "properties": ' + b'{"a":' * 20_000 + b"1" + b"}" * 20_001
    with pytest.raises(UnreadableSource, match=r"^body: "):
        read_geojson(nested, "body")


def test_a_service_with_thousands_of_open_files_reads_all_the_same() -> None:
    few, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    held = [os.open(os.devnull, os.O_RDONLY) for _ in range(1100)]
    try:
        assert max(held) > 1024
        assert read_geojson(POINT, "document").rows.num_rows == 1
    finally:
        for one in held:
            os.close(one)
        resource.setrlimit(resource.RLIMIT_NOFILE, (few, most))
