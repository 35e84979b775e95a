"""What `remember.py` stands on: the frames of CHAT/1.0 and its extension, a connection, and a loop over all that happens."""

import collections
import json
import queue
import re
import secrets
import socket
import sys
import threading
import time

MOST_NAME, MOST_HEAD = 64, 4096


# One line of the screen in the order of the log. One without a word only moves the place that was seen.
Item = collections.namedtuple("Item", "word name text id seq", defaults=(None,) * 5)


class Worthless(ValueError):
    """A header is missing or cannot be read."""


class Lost(Exception):
    """The next frame cannot be found."""


class Frame:
    def __init__(self, method, headers, payload):
        self.method, self.headers, self.payload = method, headers, payload
        self.name, self.text = self.value("username", r"[^\x00-\x1f\x7f-\x9f]+"), payload.decode("utf-8", "replace")
        if len(self.name.encode()) > MOST_NAME:
            raise Worthless("username")

    def value(self, header, form):
        """The value of a header, if it has one value and this form."""
        values = [value.decode() for value in self.headers.get(header, ())]
        if len(values) != 1 or not re.fullmatch(form, values[0]):
            raise Worthless(header)
        return values[0]

    def token(self, header):
        return self.value(header, r"[!-~]{1,64}")

    def number(self, header):
        return int(self.value(header, r"[0-9]{1,20}"))

    def flag(self, header):
        return header in self.headers and bool(self.value(header, "yes"))


class Decoder:
    """Bytes in any pieces go in, frames come out. What cannot be understood is passed over."""

    def __init__(self):
        self.rest = b""

    def feed(self, data):
        """The frames that are complete now."""
        self.rest += data
        while True:
            self.rest = self.rest.lstrip(b"\r\n")
            line, line_end, after = self.rest.partition(b"\n")
            if line_end and not line.startswith(b"CHAT/1."):
                self.rest = after
                continue
            head = re.search(rb"\r?\n\r?\n", self.rest)
            if not head:
                if len(self.rest) > MOST_HEAD:
                    raise Lost("a head without an end")
                return
            start, *lines = self.rest[: head.start()].split(b"\n")
            headers = collections.defaultdict(set)
            for key, colon, value in (line.partition(b":") for line in lines):
                headers[key.strip().lower().decode("latin-1") if colon else None].add(value.strip())
            length = headers.get("msg-len", {b"0"})
            if len(length) > 1 or not re.fullmatch(rb"[0-9]{1,20}", min(length)):
                raise Lost("a length that cannot be read")
            is_whole = None not in headers  # else there is a line without a colon, and what follows is noise
            end = head.end() + (int(min(length)) if is_whole else 0)
            if len(self.rest) < end:
                return
            payload, self.rest = self.rest[head.end() : end], self.rest[end:]
            try:
                frame = Frame(start.strip().partition(b" ")[2].decode("latin-1"), headers, payload)
            except ValueError:
                continue  # nobody knows who sent it
            if is_whole:
                yield frame


def encode(method, name, headers=(), payload=b""):
    """The bytes of a frame, with its headers in this order."""
    length = [("Msg-len", len(payload))] if method == "TEXT" else []
    head = [f"{key}: {value}" for key, value in [("Username", name), *length, *headers]]
    return "\r\n".join([f"CHAT/1.0 {method}", *head, "", ""]).encode() + payload


class Line:
    """A connection, and what is known as long as it lasts."""

    def __init__(self, offered, since):
        self.offered, self.since, self.nonce = offered, since, secrets.token_hex(8)
        self.socket, self.began, self.decoder = None, None, Decoder()
        self.room = None  # of the grant
        self.ready = False  # texts may be sent
        self.final = None  # why the client does not connect again by itself
        self.queue = []  # what waits until the past is complete; None: all is live
        self.present, self.last = set(), None
        self.asked, self.answer = None, []  # the Before of an EARLIER, and what came for it

    def open(self, address):
        self.socket = socket.create_connection(address, 10)
        self.socket.settimeout(None)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)

    def send(self, data):
        try:
            self.socket.sendall(data)
        except OSError:
            pass  # who reads notices it too

    def close(self):
        try:
            self.socket.shutdown(socket.SHUT_RDWR)
        except (OSError, AttributeError):
            pass  # it is closed, or not yet open


class Text:
    """Something that this client says, until it has arrived: its latest count, and where it was sent last."""

    def __init__(self, text):
        self.text, self.count, self.room, self.line = text, None, None, None


class Loop:
    """Does one thing after the other: commands, bytes that came, and what is due. Other threads only put that in."""

    def __init__(self):
        self.inbox, self.timers = queue.Queue(), {}

    def run(self):
        threading.Thread(target=self.read_commands, daemon=True).start()
        self.connect()
        while True:
            self.rest()
            now = time.monotonic()
            for action in [action for action, at in self.timers.items() if at <= now]:
                if self.timers.pop(action, None):
                    action()
            try:
                soonest = min(self.timers.values(), default=now + 60)
                action, *values = self.inbox.get(timeout=max(soonest - now, 0))
            except queue.Empty:
                continue
            action(*values)

    def after(self, seconds, action):
        self.timers[action] = time.monotonic() + seconds

    def read_commands(self):
        for line in sys.stdin:
            self.inbox.put((self.command, line.rstrip("\n")))
        self.inbox.put((self.command, "quit"))

    def start_reading(self, line, address):
        threading.Thread(target=self.read, args=(line, address), daemon=True).start()

    def read(self, line, address):
        try:
            line.open(address)
            self.inbox.put((self.opened, line))
            while data := line.socket.recv(65536):
                self.inbox.put((self.got, line, data))
        except OSError:
            pass
        self.inbox.put((self.ended, line))


def tell(word, *values):
    """Writes a line with a word and values in JSON."""
    print(word, *(json.dumps(value, ensure_ascii=False) for value in values), flush=True)
