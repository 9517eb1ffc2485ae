# SPDX-License-Identifier: GPL-2.0-or-later
"""The control socket serves its clients, whatever other clients do."""

import json
import os
import socket

from mag_lite.system import control, sockets
from mag_lite.system.control import CONNECTIONS, PATIENCE, ControlServer, NoAnswer, ask
from mag_lite.system.loop import Loop

from own import Directory, write
from raises import raises

LONG = 250000  # bytes, more than a socket takes at once


class SlowLoop(Loop):
    """A loop whose clock can be put forward."""

    ahead = 0

    def now(self):
        return super().now() + self.ahead


class Serving:
    """`with Serving(handler) as serving:` a server, and clients that connect to it."""

    def __init__(self, handler=None):
        self.handler = handler or (lambda request: request)
        self.clients = []

    def __enter__(self):
        self.directory = Directory()
        self.path = self.directory.__enter__() + "/control"
        self.loop = SlowLoop()
        self.server = ControlServer(self.loop, self.path, self.handler)
        return self

    def __exit__(self, kind, error, traceback):
        for client in self.clients:
            client.close()
        self.server.close()
        self.directory.__exit__(kind, error, traceback)

    def client(self, data=b""):
        made = socket.socket(sockets.AF_UNIX, sockets.SOCK_STREAM, 0)
        made.connect(sockets.unix_address(self.path))
        made.setblocking(False)
        self.clients.append(made)
        if data:
            made.send(data)
        return made

    def run(self, on_error=None):
        """Let everything happen that can."""
        for _ in range(40):
            self.loop.at(0, self.loop.stop)
            self.loop.run(on_error)

    def said_to(self, client):
        self.run()
        return sockets.receive(client, 100000)


def test_a_line_is_answered_by_a_line():
    with Serving(lambda request: {"got": request}) as serving:
        client = serving.client(b'{"verb": "status", "name": "J\xc3\xbcrgen"}\n')
        answer = serving.said_to(client)
        assert answer.endswith(b"\n") and answer.count(b"\n") == 1
        assert json.loads(answer.decode()) == {"got": {"verb": "status", "name": "Jürgen"}}


def test_a_request_may_come_in_pieces_and_several_at_once():
    with Serving() as serving:
        client = serving.client(b'{"a"')
        assert serving.said_to(client) is None
        client.send(b': 1}\n{"a": 2}\n{"a": ')
        assert serving.said_to(client) == b'{"a": 1}\n{"a": 2}\n'
        client.send(b"3}\n")
        assert serving.said_to(client) == b'{"a": 3}\n'


def test_a_handlers_value_error_is_the_answer():
    def refuse(request):
        raise ValueError("unknown verb 'x'")

    with Serving(refuse) as serving:
        assert serving.said_to(serving.client(b"{}\n")) == b'{"error": "unknown verb \'x\'"}\n'


def test_garbage_is_answered_with_an_error_and_does_no_harm():
    with Serving() as serving:
        client = serving.client()
        for garbage in (b"hello", b"", b"[1]", b"1", b"\xff\xfe", b"[" * 2000, b'{"a":' * 500):
            client.send(garbage + b"\n")
            answer = serving.said_to(client)
            assert answer.startswith(b'{"error": "the request is'), (garbage, answer)
        client.send(b"{}\n")
        assert serving.said_to(client) == b"{}\n"


def test_an_endless_line_is_cut_off():
    with Serving() as serving:
        client = serving.client(b"x" * (control.LONGEST_REQUEST - 1))
        assert serving.said_to(client) is None
        client.send(b"x")
        assert serving.said_to(client) == b""


def test_the_longest_request_is_answered():
    with Serving(lambda request: {"length": len(request["a"])}) as serving:
        line = b'{"a": "' + b"x" * (control.LONGEST_REQUEST - 10) + b'"}\n'
        assert len(line) == control.LONGEST_REQUEST
        assert serving.said_to(serving.client(line)) == b'{"length": 4086}\n'


def test_an_answer_longer_than_the_sockets_buffer_arrives_when_it_is_read():
    with Serving(lambda request: {"text": "x" * LONG}) as serving:
        slow, quick = serving.client(b"{}\n{}\n"), serving.client()
        length = 0
        while length < 2 * (LONG + 13):
            length += len(serving.said_to(slow))
        assert length == 2 * (LONG + 13)
        quick.send(b"{}\n")
        assert serving.said_to(quick) is not None


def test_a_client_that_hangs_up_early_does_no_harm():
    with Serving(lambda request: {"text": "x" * LONG}) as serving:
        for data in (b"", b"{", b"{}\n", b"{}\n{}\n"):
            client = serving.client(data)
            serving.clients.remove(client)
            client.close()
            serving.run()
        client = serving.client(b"{}\n")
        serving.run()
        serving.clients.remove(client)
        client.close()
        assert serving.said_to(serving.client(b"{}\n")).startswith(b'{"text": "xxx')


def test_a_broken_handler_cuts_off_its_client_only():
    def handler(request):
        return {"result": 10 // request["by"]}

    with Serving(handler) as serving:
        errors = []
        broken, fine = serving.client(b'{"by": 0}\n'), serving.client(b'{"by": 5}\n')
        serving.run(errors.append)
        assert len(errors) == 1 and isinstance(errors[0], ZeroDivisionError)
        assert sockets.receive(broken, 100) == b""
        assert sockets.receive(fine, 100) == b'{"result": 2}\n'


def test_a_silent_client_may_stay_while_nobody_waits():
    with Serving() as serving:
        silent = serving.client()
        serving.run()
        serving.loop.ahead += 10 * PATIENCE
        assert serving.said_to(silent) is None
        silent.send(b"{}\n")
        assert serving.said_to(silent) == b"{}\n"


def test_the_client_idle_longest_is_cut_off_after_a_while_when_another_waits():
    with Serving() as serving:
        silent = [serving.client() for _ in range(CONNECTIONS)]
        serving.run()
        serving.loop.ahead += 1000
        silent[0].send(b"{}\n")
        assert serving.said_to(silent[0]) == b"{}\n"
        waiting = serving.client(b"{}\n")
        serving.loop.ahead += PATIENCE - 1500
        assert serving.said_to(waiting) is None
        serving.loop.ahead += 500
        assert serving.said_to(waiting) == b"{}\n"
        gone = [client for client in silent if sockets.receive(client, 1) == b""]
        assert len(gone) == 1 and gone[0] is not silent[0]


def test_a_client_that_does_not_read_its_answer_counts_as_silent():
    with Serving(lambda request: {"text": "x" * request["length"]}) as serving:
        deaf = serving.client(b'{"length": %d}\n' % LONG)
        others = [serving.client() for _ in range(CONNECTIONS - 1)]
        serving.run()
        serving.loop.ahead += PATIENCE
        for other in others:
            other.send(b'{"length": 1}\n')
            assert serving.said_to(other) == b'{"text": "x"}\n'
        waiting = serving.client(b'{"length": 2}\n')
        assert serving.said_to(waiting) == b'{"text": "xx"}\n'
        length, data = 0, sockets.receive(deaf, 100000)
        while data:
            length, data = length + len(data), sockets.receive(deaf, 100000)
        assert 0 < length < LONG and data == b""


def test_a_client_that_drips_bytes_counts_as_silent():
    with Serving() as serving:
        dripping = [serving.client(b"{") for _ in range(CONNECTIONS)]
        serving.run()
        serving.loop.ahead += PATIENCE - 100
        for client in dripping:
            client.send(b" ")
        serving.run()
        serving.loop.ahead += 100
        assert serving.said_to(serving.client(b"{}\n")) == b"{}\n"


def test_one_who_waits_is_served_as_soon_as_another_leaves():
    with Serving() as serving:
        held = [serving.client() for _ in range(CONNECTIONS)]
        serving.run()
        waiting = serving.client(b"{}\n")
        assert serving.said_to(waiting) is None
        serving.clients.remove(held[3])
        held[3].close()
        assert serving.said_to(waiting) == b"{}\n"


def test_the_server_can_close_while_somebody_waits():
    with Serving() as serving:
        held = [serving.client() for _ in range(CONNECTIONS)]
        serving.run()
        serving.client()
        serving.run()
        assert len(held) == CONNECTIONS


def test_a_second_daemon_is_refused_and_a_dead_ones_socket_replaced():
    with Serving() as serving:
        with raises(OSError) as caught:
            ControlServer(serving.loop, serving.path, None)
        assert caught.error.errno == sockets.EADDRINUSE
        assert "already running" in str(caught.error)
    with Directory() as directory:
        dead = socket.socket(sockets.AF_UNIX, sockets.SOCK_STREAM, 0)
        dead.bind(sockets.unix_address(directory + "/control"))
        dead.close()
        ControlServer(Loop(), directory + "/control", None).close()
        assert os.listdir(directory) == []


def test_asking_where_nobody_answers_says_so():
    with Directory() as directory:
        for prepare in (lambda: None, lambda: write(directory + "/control", "")):
            prepare()
            with raises(NoAnswer) as caught:
                ask(directory + "/control", {"verb": "status"})
            assert "is the service running?" in str(caught.error)
