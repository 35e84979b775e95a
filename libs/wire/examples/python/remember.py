#!/usr/bin/env python3
"""A client for CHAT/1.0 and its extension that needs nothing but Python 3, as an example for other languages.

    remember.py HOST PORT NAME

It reads commands, one a line: `say TEXT`, `earlier` (what is older than the oldest message), `cut` (end the
connection as a broken cable does, and stay away), `connect` (come back), `quit`. It writes one line for each event:
a word and its values in JSON. A connection that ends without `cut` is made again by itself.
"""

import random
import secrets
import sys
import time

from chat import Item, Line, Loop, Lost, Text, encode, tell

RECENT, PAGE = 200, 200
GRANT_WITHIN, STANDS_AFTER, LEAVE_WITHIN = 5, 3, 5
PAUSE, LONGEST_PAUSE = 0.5, 30


class Client(Loop):
    def __init__(self, host, port, name):
        super().__init__()
        self.address, self.name = (host, port), name
        self.session, self.secret, self.attempt = secrets.token_hex(8), secrets.token_hex(16), 0
        self.line, self.pause = None, PAUSE
        self.waiting, self.count, self.most = [], 0, None
        self.seen, self.oldest, self.recent = None, None, RECENT  # (room, Seq), Seq
        self.wants_earlier = self.leaving = self.has_left = False
        self.has_granted = self.is_plain = self.try_plain = False  # what is known of this address

    # The connection

    def connect(self):
        self.attempt += 1
        self.line = Line(not (self.is_plain or self.try_plain), self.seen)
        tell("connecting", self.attempt)
        self.start_reading(self.line, self.address)

    def opened(self, line):
        if line is not self.line:
            return line.close()
        line.began = time.monotonic()
        offer = [("Offer", f"1 {line.nonce}"), ("Session", f"{self.session} {self.attempt}"), ("Resume", self.secret)]
        offer += [("Since", " ".join(line.since))] if line.since else []
        offer += [("Recent", self.recent)]
        line.send(encode("JOIN", self.name) + (encode("TEXT", self.name, offer) if line.offered else b""))
        self.after(GRANT_WITHIN if line.offered else STANDS_AFTER, self.no_grant)

    def no_grant(self):
        """The server is a plain one."""
        self.is_plain = self.is_plain or not self.line.offered
        self.line.queue, self.line.ready, self.pause = None, True, PAUSE
        tell("plain")
        self.doubt(None)
        self.send_texts()

    def got(self, line, data):
        try:
            for frame in line.decoder.feed(data):
                if line is not self.line:
                    return
                self.take(line, frame)
        except Lost:
            line.close()

    def ended(self, line):
        if line is not self.line:
            return
        self.line = None
        self.timers.clear()
        tell("ended")
        if self.leaving or self.has_left:
            self.finish()
        elif line.final:
            tell("stays away", line.final)  # until the command `connect`
        else:
            early = line.began and time.monotonic() - line.began < STANDS_AFTER
            self.try_plain = bool(line.offered and early and not line.room and not self.has_granted)
            self.after(self.pause * random.uniform(0.5, 1), self.connect)
            self.pause = min(self.pause * 2, LONGEST_PAUSE)

    def command(self, line):
        word, _, rest = line.partition(" ")
        if word == "say" and rest:
            self.waiting.append(Text(rest.encode()))
            self.send_texts()
        elif word == "earlier":
            self.wants_earlier = True
            self.ask_earlier()
        elif word == "cut" and self.line:
            self.line.final = "cut"
            self.line.close()
        elif word == "connect" and not self.line:
            self.timers.pop(self.connect, None)
            self.connect()
        elif word == "quit":
            self.leaving = True
            self.after(LEAVE_WITHIN, self.leave)

    def rest(self):
        if self.leaving and not self.waiting:
            self.leave()

    def leave(self):
        if not self.line or not self.line.began:
            self.finish()
        self.leaving, self.has_left = False, True
        self.timers.pop(self.leave, None)
        self.line.send(encode("LEAVE", self.name))
        self.after(LEAVE_WITHIN, self.finish)

    def finish(self):
        for text in self.waiting:
            tell("may not have arrived", text.text.decode())
        tell("left")
        sys.exit()

    # Frames

    def take(self, line, frame):
        try:
            if line.room and frame.method in ("TEXT", "JOIN", "LEAVE", "ACK", "PRESENT", "REPLAYED", "NOTICE"):
                getattr(self, "on_" + frame.method.lower())(line, frame)
            elif frame.method == "NOTICE":
                self.on_notice(line, frame)  # a refusal
            elif frame.method == "TEXT" and not frame.payload and "grant" in frame.headers:
                self.on_grant(line, frame)
            elif frame.method in ("TEXT", "JOIN", "LEAVE"):
                self.on_plain(line, frame)
        except ValueError:
            pass  # a header that it needs is missing or cannot be read

    def on_plain(self, line, frame):
        words = {"TEXT": "said", "JOIN": "joined", "LEAVE": "left"}
        if frame.method != "TEXT" or frame.payload:
            if frame.method == "TEXT" and frame.name != "server":
                self.seen, self.oldest, self.recent = None, None, 0  # a replay might bring it again
            line.final = frame.text if frame.name == "server" and not line.ready else None
            tell(words[frame.method], frame.name, *([frame.text] if frame.method == "TEXT" else []))

    def on_grant(self, line, frame):
        version, nonce = frame.value("grant", r"[0-9]+ [0-9a-fA-F]{16}").split()
        room, arrived = frame.value("room", r"[0-9a-fA-F]{32}").lower(), frame.number("arrived")
        most, kept = frame.number("max-payload"), frame.value("kept", r"memory|[0-9]+[dhms]")
        if frame.name != self.name or version != "1" or nonce.lower() != line.nonce:
            return
        if self.timers.pop(self.no_grant, None) is None:
            return line.close()  # too late: what has been said went out without an Id
        line.room, line.final, self.most = room, None, most
        self.has_granted, self.pause = True, PAUSE
        tell("granted", room, kept)
        if self.seen and self.seen[0] != room:
            self.seen = self.oldest = None
        self.doubt(room)
        self.arrived(arrived)
        self.count = arrived

    def on_text(self, line, frame):
        if not frame.payload:
            return
        try:
            identity, seq, past = frame.token("id"), frame.token("seq"), frame.flag("past")
            frame.value("time", r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?[Zz]")
        except ValueError:
            return self.show(Item("said", frame.name, frame.text))
        if past and line.asked:
            line.answer.append(Item("past", frame.name, frame.text, identity, seq))
        else:
            self.show(Item("past" if past else "said", frame.name, frame.text, identity, seq))

    def on_join(self, line, frame):
        line.present.add(frame.name)
        self.show(Item("joined", frame.name))

    def on_leave(self, line, frame):
        line.present.discard(frame.name)
        self.show(Item("left", frame.name))

    def on_present(self, line, frame):
        line.present.update(frame.text.split("\n"))

    def on_ack(self, line, frame):
        session, count = frame.value("id", r"[0-9a-fA-F]{16}-[0-9]{1,20}").split("-")
        seq = frame.token("seq")
        if session.lower() == self.session:
            self.arrived(int(count))
            self.show(Item(seq=seq))

    def on_notice(self, line, frame):
        code = frame.token("code")
        tell("notice", code, frame.text)
        if not line.room:
            line.final = frame.text
        elif code in ("replaced", "kicked"):
            line.final = code

    def on_replayed(self, line, frame):
        last, more, lost = frame.token("last"), frame.flag("more"), frame.flag("lost")
        before = frame.token("before") if "before" in frame.headers else None
        if before is None and not line.ready:
            tell("present", sorted(line.present))
            hole = line.queue and self.seen
            line.last, line.ready = last, True
            self.show(Item(seq=last))
            self.send_texts()
            self.close_hole(line, hole, more, lost)
        elif before and before == line.asked:
            answer, line.asked, line.answer = line.answer, None, []
            if line.queue is None:
                return self.show_earlier(answer, more, lost)
            found = [at for at, item in enumerate(answer) if item.seq == self.seen[1]]
            line.queue[:0] = answer[found[0] + 1 :] if found else answer
            self.close_hole(line, answer and not found, more, lost and not found)

    # What was said

    def close_hole(self, line, hole, more, lost):
        """Asks for what is missing before the queue, or shows the queue."""
        if hole and more and not lost:
            return self.ask(line, line.queue[0].seq)
        items, line.queue = line.queue, None
        if lost and self.seen:
            tell("gap")
        for item in items:
            self.show(item)
        tell("caught up")
        self.ask_earlier()

    def show(self, item):
        if self.line.queue is not None:
            return self.line.queue.append(item)
        if item.word:
            self.tell_unless_own(item.word, item)
        if item.seq:
            self.seen = (self.line.room, item.seq)
            self.oldest = self.oldest or (item.word and item.seq)

    def tell_unless_own(self, word, item):
        """What this run of the program said is on its screen already."""
        if not (item.id or "").lower().startswith(self.session + "-"):
            tell(word, item.name, *([] if item.text is None else [item.text]))

    def ask(self, line, before):
        line.asked, line.answer = before, []
        line.send(encode("EARLIER", self.name, [("Before", before), ("Count", PAGE)]))

    def ask_earlier(self):
        line = self.line
        if self.wants_earlier and line and line.room and line.queue is None and not line.asked:
            self.wants_earlier = False
            self.ask(line, self.oldest or line.last)

    def show_earlier(self, answer, more, lost):
        for item in answer:
            self.tell_unless_own("earlier", item)
        self.oldest = answer[0].seq if answer else self.oldest
        tell("that was earlier", "lost" if lost else "more" if more else "all")
        self.ask_earlier()

    # What this client says

    def send_texts(self):
        """Sends all that has not been sent on this connection, in order."""
        line = self.line
        for text in list(self.waiting) if line and line.ready else []:
            if line.room is None:
                line.send(encode("TEXT", self.name, payload=text.text))
                self.waiting.remove(text)
                tell("sent", text.text.decode())
            elif len(text.text) > self.most:
                self.waiting.remove(text)
                tell("too long", len(text.text), self.most)
            elif text.line is not line:
                self.count += 1
                text.count, text.room, text.line = self.count, line.room, line
                line.send(encode("TEXT", self.name, [("Id", f"{self.session}-{text.count}")], text.text))

    def doubt(self, room):
        """Gives up what was sent to another room: nobody knows whether it arrived."""
        for text in [text for text in self.waiting if text.room not in (None, room)]:
            self.waiting.remove(text)
            tell("may not have arrived", text.text.decode())

    def arrived(self, count):
        while self.waiting and self.waiting[0].count is not None and self.waiting[0].count <= count:
            tell("arrived", self.waiting.pop(0).text.decode())


if __name__ == "__main__":
    sys.stdin.reconfigure(encoding="utf-8")
    sys.stdout.reconfigure(encoding="utf-8")
    Client(sys.argv[1], int(sys.argv[2]), sys.argv[3]).run()
