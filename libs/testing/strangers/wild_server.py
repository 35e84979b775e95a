"""A chat server with one of the habits that programs of other people have. What they share: each block goes on as it
was read, nobody is told of a client that vanished, and the server says nothing of its own.

    wild_server.py HABIT [BLOCK]

Prints its port, and then what happens on each connection, numbered from 1.
"""

import socket
import sys
import threading

HABITS = (
    "forwards-blocks",
    "echoes-to-the-sender",
    "splits",
    "never-announces",
    "closes-after-leave",
    "closes-on-torn-utf-8",
    "repeats-the-last-block-after-a-reset",
)
PIECE = 5  # bytes of one send of the server that splits

habit = sys.argv[1]
block_size = int(sys.argv[2]) if len(sys.argv) > 2 else 4096  # bytes of one recv
clients = {}
lock = threading.Lock()


def main():
    if habit not in HABITS:
        sys.exit("no such habit: %s" % habit)
    listener = socket.create_server(("localhost", 0))
    show("listening", listener.getsockname()[1])
    for number in range(1, 1000):
        client, _ = listener.accept()
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with lock:
            clients[number] = client
        threading.Thread(target=serve, args=(number, client), daemon=True).start()


def serve(number, client):
    block = b""
    try:
        while received := client.recv(block_size):
            block = received
            if habit == "closes-on-torn-utf-8":
                block.decode()
            forward(number, block)
            first_line = block.split(b"\r\n")[0][:40]
            show(number, "sent", len(block), "bytes:", first_line.decode(errors="replace"))
            if habit == "closes-after-leave" and block.startswith(b"CHAT/1.0 LEAVE"):
                break
    except OSError:
        if habit == "repeats-the-last-block-after-a-reset":
            forward(number, block)
    except UnicodeDecodeError:
        pass
    with lock:
        del clients[number]
    client.close()
    show(number, "ended")


def forward(sender, block):
    if habit == "never-announces" and block.startswith((b"CHAT/1.0 JOIN", b"CHAT/1.0 LEAVE")):
        return
    piece = PIECE if habit == "splits" else len(block)
    with lock:
        for number, client in clients.items():
            if number != sender or habit == "echoes-to-the-sender":
                for start in range(0, len(block), piece):
                    send(client, block[start : start + piece])


def send(client, bytes_):
    try:
        client.sendall(bytes_)
    except OSError:
        pass  # Its own thread finds out.


def show(*words):
    # One write: the threads of two clients may show something at the same time.
    sys.stdout.write(" ".join(map(str, words)) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
