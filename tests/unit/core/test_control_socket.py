import socket
import stat
import threading
import time

import pytest

from hil.control_socket import AlreadyListening, Connection, Listener, ask, socket_path
from hil.core.errors import BadInput, HilError, Refused, TargetUnavailable

WAIT_S = 10.0


@pytest.fixture
def path(tmp_path):
    return tmp_path / "one.sock"


def answering(path, answer):
    listener = Listener(path, answer)
    listener.start()
    return listener


def raising(error):
    def answer(request):
        raise error

    return answer


def test_a_question_is_answered_and_a_connection_may_ask_again(path):
    listener = answering(path, lambda request: {"twice": 2 * request["number"]})
    connection = Connection(path)
    connection.open()
    assert [connection.ask({"number": n}, WAIT_S)["twice"] for n in range(3)] == [0, 2, 4]
    assert ask(path, {"number": 21}, WAIT_S) == {"twice": 42}
    connection.close()
    listener.close()


def test_a_listener_is_polled_inside_a_loop_of_ones_own(path):
    answers = []
    with Listener(path, lambda request: {"seen": request["n"]}) as listener:
        asking = threading.Thread(target=lambda: answers.append(ask(path, {"n": 1}, WAIT_S)))
        asking.start()
        deadline = time.monotonic() + WAIT_S
        while not answers and time.monotonic() < deadline:
            listener.poll(0.05)
        asking.join(WAIT_S)
    assert answers == [{"seen": 1}]


@pytest.mark.parametrize("kind", [HilError, BadInput, TargetUnavailable, Refused])
def test_an_error_is_raised_where_the_question_was_asked(path, kind):
    listener = answering(path, raising(kind("too windy", hint="wait")))
    with pytest.raises(kind, match="too windy") as told:
        ask(path, {}, WAIT_S)
    listener.close()
    assert (type(told.value), told.value.hint) == (kind, "wait")


def test_a_bug_in_the_answer_is_told_and_the_next_question_is_answered(path):
    listener = answering(path, lambda request: {"half": 1 / request["n"]})
    with pytest.raises(HilError, match="ZeroDivisionError"):
        ask(path, {"n": 0}, WAIT_S)
    assert ask(path, {"n": 2}, WAIT_S) == {"half": 0.5}
    listener.close()


@pytest.mark.parametrize("line", [b"{nonsense}\n", b"[1]\n", b"\xff\n", b"\n"])
def test_what_is_no_request_is_told_so(path, line):
    listener = answering(path, lambda request: {})
    with socket.socket(socket.AF_UNIX) as raw:
        raw.settimeout(WAIT_S)
        raw.connect(str(path))
        raw.sendall(line)
        assert b'"error"' in raw.recv(4096)
    listener.close()


def test_an_asker_that_hangs_up_early_does_no_harm(path):
    listener = answering(path, lambda request: {"rows": [0] * 10_000})
    with socket.socket(socket.AF_UNIX) as raw:
        raw.connect(str(path))
        raw.sendall(b'{"do": "much"}\n' * 50)
    assert len(ask(path, {}, WAIT_S)["rows"]) == 10_000
    listener.close()


def test_nobody_listening_is_told_at_once(path):
    with pytest.raises(TargetUnavailable, match=r"one\.sock"):
        ask(path, {}, WAIT_S)


def test_a_process_that_does_not_answer_is_given_up_at_the_deadline(path):
    with Listener(path, lambda request: {}), pytest.raises(TargetUnavailable, match=r"no answer within 0\.1 s"):
        ask(path, {}, 0.1)


def test_a_living_listener_keeps_its_name(path):
    listener = answering(path, lambda request: {"who": "first"})
    with pytest.raises(AlreadyListening, match=r"one\.sock"):
        Listener(path, lambda request: {"who": "second"}).open()
    assert ask(path, {}, WAIT_S) == {"who": "first"}
    listener.close()


def test_what_a_dead_process_left_is_replaced(path):
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(path))
    listener = answering(path, lambda request: {"who": "new"})
    assert ask(path, {}, WAIT_S) == {"who": "new"}
    listener.close()


def test_closing_twice_leaves_no_socket_and_no_thread(path):
    before = threading.active_count()
    listener = answering(path, lambda request: {})
    listener.close()
    listener.close()
    assert (path.exists(), threading.active_count()) == (False, before)


def test_closing_leaves_the_socket_of_a_successor(path):
    first = Listener(path, lambda request: {})
    first.open()
    path.unlink()
    with Listener(path, lambda request: {}):
        first.close()
        assert path.exists()


def test_a_path_too_long_for_a_socket_is_told_with_a_way_out(tmp_path):
    far = tmp_path / ("x" * 200 + ".sock")
    with pytest.raises(BadInput, match="cannot listen") as told:
        Listener(far, lambda request: {}).open()
    assert "XDG_RUNTIME_DIR" in told.value.hint


def test_sockets_lie_in_a_folder_of_this_user_alone(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    folder = socket_path("bench").parent
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    folder.chmod(0o777)
    with pytest.raises(BadInput, match="alone"):
        socket_path("bench")


@pytest.mark.parametrize("where", ["a file", "/proc/nowhere"])
def test_a_folder_that_cannot_be_is_told_with_a_way_out(tmp_path, monkeypatch, where):
    (tmp_path / "a file").touch()
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / where))
    with pytest.raises(BadInput, match="cannot be used") as told:
        socket_path("bench")
    assert "XDG_RUNTIME_DIR" in told.value.hint
