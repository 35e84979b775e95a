#!/usr/bin/env python3
"""Runs each query of the dashboard against a real Prometheus that scrapes a real server under a played load, and draws
what comes back: dashboard.py SERVER DASHBOARD SVG. Fails if a query is refused or returns nothing.

It draws with lines and numbers of its own. It is not Grafana.
"""

import json
import random
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse
import urllib.request
from html import escape

SECONDS = 150
# What Grafana puts in for this; Prometheus scrapes each second here.
VARIABLES = {"$__rate_interval": "10s", "$job": "hubbub", "$instance": ".*"}
COLOURS = ["#2f6fb5", "#c8641c", "#3b8f4a", "#a8388f", "#8a6d1d", "#5b5fc7", "#b03030", "#2a8c8c"]


def frame(method, name, text=None):
    head = f"CHAT/1.0 {method}\r\nUsername: {name}\r\n"
    if text is None:
        return (head + "\r\n").encode()
    return (head + f"Msg-len: {len(text)}\r\n\r\n{text}").encode()


def started(arguments, words, stderr=subprocess.PIPE):
    """Starts a program and waits for a line with each of the words. Returns it and the ports in the lines."""
    program = subprocess.Popen(arguments, stderr=stderr, text=True)
    ports = []
    for word in words:
        for line in program.stderr:
            if word in line:
                ports.append(int(re.search(r":(\d+)\D*$", line).group(1)))
                break
        else:
            sys.exit(f"dashboard: {arguments[0]} has ended without a line with {word!r}")
    threading.Thread(target=lambda: [None for _ in program.stderr], daemon=True).start()
    return program, ports


class Load:
    """A room as it may be: people who talk, come and go, and some who behave badly."""

    def __init__(self, port):
        self.port, self.over = port, threading.Event()
        jobs = [(self.member, (f"member {n}",)) for n in range(12)]
        jobs += [(self.visitor, ()), (self.stalled, ()), (self.stranger, ()), (self.flood, ()), (self.rude, ())]
        for work, arguments in jobs:
            threading.Thread(target=self.forever, args=(work, arguments), daemon=True).start()

    def forever(self, work, arguments):
        while not self.over.is_set():
            try:
                work(*arguments)
            except OSError:
                time.sleep(0.2)

    def connect(self, buffer=None):
        peer = socket.socket()
        if buffer:
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        peer.connect(("127.0.0.1", self.port))
        return peer

    def member(self, name):
        with self.connect() as peer:
            peer.sendall(frame("JOIN", name))
            reader = threading.Thread(target=self.read, args=(peer,), daemon=True)
            reader.start()
            while not self.over.wait(random.uniform(0.2, 2)):
                peer.sendall(frame("TEXT", name, "x" * random.randint(5, 200)))

    def read(self, peer):
        try:
            while peer.recv(65536):
                pass
        except OSError:
            pass

    def visitor(self):
        with self.connect() as peer:
            peer.sendall(frame("JOIN", "visitor"))
            time.sleep(random.uniform(1, 4))
            peer.sendall(frame("LEAVE", "visitor"))
            time.sleep(1)

    def stalled(self):
        time.sleep(random.uniform(5, 15))
        with self.connect(4096) as peer:
            peer.sendall(frame("JOIN", "stalled"))
            time.sleep(25)

    def flood(self):
        time.sleep(random.uniform(15, 25))
        with self.connect() as peer:
            threading.Thread(target=self.read, args=(peer,), daemon=True).start()
            peer.sendall(frame("JOIN", "flood"))
            for _ in range(400):
                peer.sendall(frame("TEXT", "flood", "y" * 10000))
                time.sleep(0.005)

    def stranger(self):
        with self.connect():
            time.sleep(random.uniform(1, 5))
        time.sleep(2)

    def rude(self):
        time.sleep(random.uniform(3, 8))
        with self.connect() as peer:
            peer.sendall(frame("JOIN", "member 1"))
            peer.recv(100)
        with self.connect() as peer:
            peer.sendall(b"z" * 5000)
        # More than there are places for.
        more = [self.connect() for _ in range(25)]
        time.sleep(1.5)
        for peer in more:
            peer.close()


def ask(port, path, **arguments):
    url = f"http://127.0.0.1:{port}/api/v1/{path}?{urllib.parse.urlencode(arguments)}"
    try:
        with urllib.request.urlopen(url, timeout=30) as answer:
            return json.load(answer)["data"]["result"]
    except urllib.error.HTTPError as error:
        sys.exit(f"dashboard: {arguments}: {error.read().decode()}")


def series(port, panel, begin, end):
    """What each target of a panel returns, with its name."""
    for target in panel["targets"]:
        query = target["expr"]
        for name, value in VARIABLES.items():
            query = query.replace(name, value)
        found = ask(port, "query_range", query=query, start=begin, end=end, step=1)
        if not found:
            sys.exit(f"dashboard: nothing comes back for {query}")
        for one in found:
            name = re.sub(r"{{(\w+)}}", lambda label: one["metric"].get(label.group(1), ""), target["legendFormat"])
            points = [(float(at), float(value)) for at, value in one["values"]]
            yield name, [(at, value) for at, value in points if value == value]


def shown(value, unit):
    if unit == "percentunit":
        return f"{100 * value:.3g} %"
    if unit == "s":
        for least, name, factor in [(86400, "days", 1 / 86400), (1, "s", 1), (1e-3, "ms", 1e3), (0, "µs", 1e6)]:
            if value >= least or least == 0:
                return f"{value * factor:.3g} {name}"
    for least, name in [(2**30, "Gi"), (2**20, "Mi"), (2**10, "ki")]:
        if unit in ("bytes", "Bps") and value >= least:
            return f"{value / least:.3g} {name}B" + ("/s" if unit == "Bps" else "")
    end = {"bytes": " B", "Bps": " B/s", "cps": "/s"}.get(unit, "")
    return (f"{value:.0f}" if value >= 100 or value == int(value) else f"{value:.3g}") + end


def draw_panel(panel, found, begin, end):
    unit_x, unit_y = 50, 30
    grid = panel["gridPos"]
    x, y, w, h = grid["x"] * unit_x, grid["y"] * unit_y, grid["w"] * unit_x - 8, grid["h"] * unit_y - 8
    unit = panel["fieldConfig"]["defaults"]["unit"]
    out = [f'<g transform="translate({x},{y})"><rect width="{w}" height="{h}" fill="#fff" stroke="#ccc"/>']
    out.append(f'<text x="8" y="18" font-weight="bold">{escape(panel["title"])}</text>')
    if panel["type"] == "stat":
        name, points = found[0]
        text = name if name.startswith("1.") or "with" in name else shown(points[-1][1], unit)
        size = min(34, 1.6 * w / len(text))
        out.append(f'<text x="{w / 2}" y="{h / 2 + 22}" font-size="{size}" text-anchor="middle">{escape(text)}</text></g>')
        return "".join(out)
    left, top, right, bottom = 70, 30, w - 10, h - 44
    most = max((value for _, points in found for _, value in points), default=0) or 1
    for part in range(5):
        at = bottom - (bottom - top) * part / 4
        out.append(f'<path d="M{left} {at:.1f}H{right}" stroke="#e4e4e4"/>')
        label = escape(shown(most * part / 4, unit))
        out.append(f'<text x="{left - 6}" y="{at + 4:.1f}" font-size="11" text-anchor="end">{label}</text>')
    legend, row = left, bottom + 18
    for number, (name, points) in enumerate(found):
        colour = COLOURS[number % len(COLOURS)]
        path, last = [], None
        for at, value in points:
            px = left + (right - left) * (at - begin) / (end - begin)
            py = bottom - (bottom - top) * value / most
            path.append(f"{'L' if last is not None and at - last <= 1.5 else 'M'}{px:.1f} {py:.1f}")
            last = at
        out.append(f'<path d="{"".join(path)}" fill="none" stroke="{colour}" stroke-width="1.5"/>')
        width = 24 + 7.2 * len(name)
        if legend + width > w:
            legend, row = left, row + 15
        out.append(f'<rect x="{legend}" y="{row - 8}" width="10" height="3" fill="{colour}"/>')
        out.append(f'<text x="{legend + 14}" y="{row - 3}" font-size="11">{escape(name)}</text>')
        legend += width
    return "".join(out) + "</g>"


def certificate(directory):
    """The options for a certificate that ends in 80 days."""
    cert, key = f"{directory}/cert.pem", f"{directory}/key.pem"
    make = "openssl req -x509 -nodes -newkey ec -pkeyopt ec_paramgen_curve:P-256 -subj /CN=room".split()
    subprocess.run([*make, "-days", "80", "-keyout", key, "-out", cert], check=True, capture_output=True)
    return ["--tls-cert", cert, "--tls-key", key]


def check_page(port):
    """Debian's own reader must have nothing to say about the page."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=30) as page:
        checked = subprocess.run(["promtool", "check", "metrics"], input=page.read(), capture_output=True, check=False)
    if checked.returncode or checked.stdout or checked.stderr:
        sys.exit(f"dashboard: promtool says: {checked.stdout.decode()}{checked.stderr.decode()}")
    print("dashboard: promtool has nothing to say about the page")


def draw(port, dashboard, begin, end):
    panels = [(panel, list(series(port, panel, begin, end))) for panel in dashboard["panels"]]
    height = max(panel["gridPos"]["y"] + panel["gridPos"]["h"] for panel, _ in panels) * 30 + 30
    queries = sum(len(panel["targets"]) for panel, _ in panels)
    print(f"dashboard: {len(panels)} panels, {queries} queries, all with data")
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1200 {height}" font-family="sans-serif" font-size="13">'
    note = (
        f"The queries of grafana.json, answered by a real Prometheus that scraped a room under a played load for "
        f"{end - begin:.0f} s. Drawn by a script, not by Grafana."
    )
    body = "".join(draw_panel(panel, found, begin, end) for panel, found in panels)
    foot = f'<text x="4" y="{height - 10}" font-size="12" fill="#555">{escape(note)}</text>'
    return f'{head}<rect width="1200" height="{height}" fill="#f4f5f7"/>{body}{foot}</svg>\n'


def main(server, file, picture):
    with open(file, encoding="utf-8") as text:
        dashboard = json.load(text)
    running = []
    with tempfile.TemporaryDirectory() as directory:
        try:
            options = ["--port", "0", "--listen", "127.0.0.1", "--metrics", "0", "--max-peers", "30"]
            options += ["--history", f"{directory}/room", "--max-payload", "64KiB", "--outbox", "1MiB"]
            options += ["--tls", "--also-plain", *certificate(directory)]
            program, [metrics, port] = started([server, *options], ["metrics are on", "listening"])
            running.append(program)
            config = f"{directory}/prometheus.yml"
            with open(config, "w", encoding="utf-8") as text:
                text.write(
                    "global: {scrape_interval: 1s}\nscrape_configs:\n  - job_name: hubbub\n"
                    f"    static_configs: [{{targets: ['127.0.0.1:{metrics}']}}]\n"
                )
            # It does not say which port it got, so it is told a free one.
            with socket.socket() as free:
                free.bind(("127.0.0.1", 0))
                watch = free.getsockname()[1]
            arguments = [f"--config.file={config}", f"--storage.tsdb.path={directory}/data"]
            arguments.append(f"--web.listen-address=127.0.0.1:{watch}")
            running.append(subprocess.Popen(["prometheus", *arguments], stderr=subprocess.DEVNULL))
            load, begin = Load(port), time.time() + 12
            time.sleep(SECONDS)
            check_page(metrics)
            svg = draw(watch, dashboard, begin, time.time())
            load.over.set()
        finally:
            for program in running:
                program.send_signal(signal.SIGTERM)
            for program in running:
                program.wait(timeout=30)
    with open(picture, "w", encoding="utf-8") as out:
        out.write(svg)
    print(f"dashboard: {picture}")


if __name__ == "__main__":
    main(*sys.argv[1:])
