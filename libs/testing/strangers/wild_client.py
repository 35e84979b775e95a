"""A chat client with one of the habits that programs of other people have. What they share: one recv for one message,
read by position.

    wild_client.py PORT NAME HABIT

Each line that is typed is a message; the end of the input closes the window. What the window shows is printed.
"""

import socket
import sys
import threading


def exact(name, text):
    return head(name, "Msg-len: %d" % len(text.encode())) + text.encode()


def counts_characters(name, text):
    return head(name, "Msg-len: %d" % len(text)) + text.encode()


def misspells_the_length(name, text):
    return head(name, "Mesg-len: %d" % len(text.encode())) + text.encode()


def puts_the_text_into_the_head(name, text):
    """The number is the size of a Python string of this length."""
    return head(name, "Msg-len: %d\r\n%s" % (49 + len(text), text))


def puts_the_length_first(name, text):
    return ("CHAT/1.0 TEXT\r\nMsg-len: %d\r\nUsername: %s\r\n\r\n%s" % (len(text.encode()), name, text)).encode()


def head(name, lines):
    return ("CHAT/1.0 TEXT\r\nUsername: %s\r\n%s\r\n\r\n" % (name, lines)).encode()


# How a text is written; all the other habits write it exactly.
FORMS = {
    "counts-characters": counts_characters,
    "misspells-the-length": misspells_the_length,
    "puts-the-text-into-the-head": puts_the_text_into_the_head,
    "puts-the-length-first": puts_the_length_first,
}
OTHER_HABITS = ("exact", "knows-ascii-only", "leaves-without-closing", "repeats-itself", "sends-prefilled-text")


def main():
    port, name, habit = int(sys.argv[1]), sys.argv[2], sys.argv[3]
    if habit not in FORMS and habit not in OTHER_HABITS:
        sys.exit("no such habit: %s" % habit)
    server = socket.create_connection(("localhost", port))
    times = 2 if habit == "repeats-itself" else 1
    for _ in range(times):
        send(server, b"CHAT/1.0 JOIN\r\nUsername: %s\r\n\r\n" % name.encode())
    show("joined")
    encoding = "ascii" if habit == "knows-ascii-only" else "utf-8"
    reader = threading.Thread(target=read, args=(server, encoding), daemon=True)
    reader.start()
    if not talk(server, name, habit, encoding):
        return
    if habit != "leaves-without-closing":
        close_window()
    for _ in range(times):
        send(server, b"CHAT/1.0 LEAVE\r\nUsername: %s\r\n\r\n" % name.encode())
    if habit == "leaves-without-closing":
        reader.join()


def talk(server, name, habit, encoding):
    """Sends what is typed. False when it died of a letter that it does not know: then nothing more is sent."""
    for line in sys.stdin:
        text = line.rstrip("\n")
        if habit == "sends-prefilled-text":
            text = text or "<Enter message>"
        try:
            text.encode(encoding)
        except UnicodeEncodeError:
            show("the sender died")
            sys.stdin.read()
            return False
        send(server, FORMS.get(habit, exact)(name, text))
    return True


def send(server, message):
    try:
        server.sendall(message)
    except OSError:
        show("cannot send")


def read(server, encoding):
    """One recv is one message: its name stands in the second line, its text behind the blank line."""
    try:
        while block := server.recv(4096):
            lines = block.decode(encoding).split("\r\n")
            method, name = lines[0].split(" ")[1], lines[1].split("Username: ")[1]
            if method == "TEXT":
                int(lines[2].split("Msg-len: ")[1])
                show("%s: %s" % (name, "\r\n".join(lines[4:])))
            else:
                show("%s %s" % (method, name))
        show("the server closed")
    except (IndexError, OSError, ValueError):
        show("the reader died")


window = threading.Lock()
is_open = True


def show(line):
    # Both threads may show something at the same time.
    with window:
        if is_open:
            sys.stdout.write(line + "\n")
            sys.stdout.flush()


def close_window():
    """From now on nothing is shown. The server may close the connection before or after this program has ended."""
    global is_open
    with window:
        is_open = False


if __name__ == "__main__":
    main()
