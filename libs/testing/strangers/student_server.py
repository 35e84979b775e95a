"""A chat server as another student writes it, from the assignment alone: two threads for each socket, one that
receives and one that sends, so that a slow client keeps nobody waiting. Prints the port, and every message it forwards.
"""

import argparse
import queue
import socket
import threading


def read_message(stream):
    """Reads one message: its method, its headers and its payload; or nothing when the stream has ended."""
    start = stream.readline()
    if not start.endswith(b"\r\n"):
        return None
    version, method = start.decode().split()
    if version != "CHAT/1.0":
        raise ValueError("not CHAT/1.0: %r" % start)
    headers = {}
    line = stream.readline()
    while line != b"\r\n":
        if not line.endswith(b"\r\n"):
            return None
        name, value = line.decode().split(":", 1)
        headers[name.strip()] = value.strip()
        line = stream.readline()
    length = int(headers.get("Msg-len", 0))
    payload = stream.read(length)
    if len(payload) < length:
        return None
    return method, headers, payload


def message(method, username, payload=b""):
    head = "CHAT/1.0 %s\r\nUsername: %s\r\n" % (method, username)
    if payload:
        head += "Msg-len: %d\r\n" % len(payload)
    return head.encode() + b"\r\n" + payload


class Room:
    """All connected clients: for each its queue of messages to send."""

    def __init__(self):
        self.lock = threading.Lock()
        self.outgoing = {}

    def enter(self, connection):
        with self.lock:
            self.outgoing[connection] = queue.Queue()
        return self.outgoing[connection]

    def leave(self, connection):
        with self.lock:
            self.outgoing.pop(connection).put(None)

    def forward(self, sender, method, username, payload=b""):
        with self.lock:
            for connection, outgoing in self.outgoing.items():
                if connection is not sender:
                    outgoing.put(message(method, username, payload))
            print(method, username, flush=True)


def send(connection, outgoing):
    """The thread that sends to one client, and closes its connection at the end of the queue."""
    try:
        for data in iter(outgoing.get, None):
            connection.sendall(data)
    except OSError:
        pass
    connection.close()


def receive(connection, room):
    """The thread that receives from one client."""
    username = None
    try:
        stream = connection.makefile("rb")
        while True:
            received = read_message(stream)
            if received is None:
                break
            method, headers, payload = received
            if "Username" not in headers or (method == "TEXT" and not payload):
                continue
            if method not in ("JOIN", "LEAVE", "TEXT"):
                continue
            room.forward(connection, method, headers["Username"], payload if method == "TEXT" else b"")
            username = headers["Username"]
            if method == "LEAVE":
                username = None
                break
    except (OSError, ValueError):
        pass
    if username is not None:
        room.forward(connection, "LEAVE", username)
    room.leave(connection)


def main():
    parser = argparse.ArgumentParser(description="A chat server.")
    parser.add_argument("--version", action="version", version="server.py 1.0")
    parser.add_argument("--port", type=int, default=8765, help="port to listen on")
    listener = socket.create_server(("localhost", parser.parse_args().port))
    print("listening", listener.getsockname()[1], flush=True)
    room = Room()
    while True:
        connection, _ = listener.accept()
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        outgoing = room.enter(connection)
        threading.Thread(target=send, args=(connection, outgoing), daemon=True).start()
        threading.Thread(target=receive, args=(connection, room), daemon=True).start()


if __name__ == "__main__":
    main()
