"""A chat client as another student writes it, from the assignment alone, with a console for a window.

Each line that is typed is a message; the end of the input closes the window. Every text is shown on a line of its own,
the line ends in it as spaces and a bar.
"""

import argparse
import queue
import socket
import sys
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


def receive(connection, window):
    """The thread that receives: everything goes to the window's queue. The last entry is None."""
    stream = connection.makefile("rb")
    try:
        while True:
            received = read_message(stream)
            if received is None:
                break
            method, headers, payload = received
            if "Username" not in headers:
                continue
            if method == "JOIN":
                window.put("%s joined" % headers["Username"])
            elif method == "LEAVE":
                window.put("%s left" % headers["Username"])
            elif method == "TEXT" and payload:
                window.put("%s: %s" % (headers["Username"], " | ".join(payload.decode().split("\n"))))
    except (OSError, ValueError) as error:
        window.put("error: %s" % error)
    window.put(None)


def show(window):
    """The window: shows what is in its queue until there is no more."""
    for line in iter(window.get, None):
        print(line, flush=True)
    print("disconnected", flush=True)


def main():
    parser = argparse.ArgumentParser(description="A chat client.")
    parser.add_argument("--version", action="version", version="client.py 1.0")
    parser.add_argument("--target", default="localhost", help="IP or hostname of the server")
    parser.add_argument("--port", type=int, default=8765, help="port of the server")
    parser.add_argument("--username", required=True, help="name to use in the chat room")
    arguments = parser.parse_args()

    connection = socket.create_connection((arguments.target, arguments.port))
    window = queue.Queue()
    window.put("connected")
    connection.sendall(message("JOIN", arguments.username))
    threading.Thread(target=receive, args=(connection, window), daemon=True).start()
    shower = threading.Thread(target=show, args=(window,), daemon=True)
    shower.start()
    for line in sys.stdin:
        text = line.rstrip("\n")
        if text:
            window.put("%s: %s" % (arguments.username, text))
            connection.sendall(message("TEXT", arguments.username, text.encode()))
    connection.sendall(message("LEAVE", arguments.username))
    connection.shutdown(socket.SHUT_WR)
    shower.join()


if __name__ == "__main__":
    main()
