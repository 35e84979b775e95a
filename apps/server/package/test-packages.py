#!/usr/bin/env python3
"""Installs the Debian packages into a clean Debian below a directory, and plays the operator and systemd there.

    test-packages.py PACKAGES DIRECTORY

PACKAGES has the packages of `just deb`. Below DIRECTORY a Debian is made by debootstrap, which is kept for the next time,
and a copy of it, in which the packages are installed, used, upgraded, removed and purged. Needs root, since it works in
that copy by chroot. The first check that fails ends it.
"""

import contextlib
import hashlib
import os
import pathlib
import re
import select
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request

DEADLINE = 30  # seconds, for whatever is waited for
RELEASE = "bookworm"
# What the packages need. It is installed before, so that only the packages' own files count as theirs.
INCLUDED = "systemd,libsqlite3-0,procps"
UNITS = ["hubbub-server.service", "hubbub-server.socket"]
STATE = "/var/lib/hubbub"
PAGE = "/usr/share/hubbub/web"
# Where others write whenever a package is installed, and the copies that useradd and its like make of what they change.
OTHERS = re.compile(r"/(dev|proc|run|sys|tmp|var/cache|var/lib/dpkg|var/log)(/|$)|/etc/(\w+-|\.pwd\.lock)$|/played(/|$)")


# What was started here and has not ended.
running = set()


def main(packages, directory):
    server, client = (newest(packages, name) for name in ("hubbub-server", "hubbub-client"))
    look_at(server, client)
    clean = debian(directory / "+".join([RELEASE, *INCLUDED.split(",")]))
    older = lower(server, directory)
    root = Root(clean, directory / "root")
    used_and_purged(root, older, server, client)
    purged_unused(root, server)
    print("the packages are as they should be")


def used_and_purged(root, older, server, client):
    step("installed: neither enabled nor started, and nothing kept yet")
    before = root.files()
    root.dpkg("--install", older)
    assert "/var/lib/hubbub" not in root.files(), "the state directory is the unit's to make"
    for unit in UNITS:
        assert root.output("systemctl", "is-enabled", unit, status=1) == "disabled\n", unit
    asked = root.asked()
    assert not re.search(r"^(start|restart|enable|preset)", asked, re.M), f"systemd was asked to {asked}"
    listens = root.unit("hubbub-server.socket")["ListenStream"]
    assert listens == ["127.0.0.1:8765"], f"it is not on loopback: {listens}"

    step("enabled and started by the unit's command line, with a socket that was passed")
    root.output("systemctl", "enable", "hubbub-server.service")
    root.write("/etc/hubbub/motd", "Welcome")
    given = {"HUBBUB_MOTD": "/etc/hubbub/motd", "HUBBUB_ADMIN": "/run/hubbub/admin", "HUBBUB_METRICS": "0"}
    given["HUBBUB_WEB"] = PAGE
    options = root.read("/etc/hubbub/server.env") + "".join(f"{name}={value}\n" for name, value in given.items())
    root.write("/etc/hubbub/server.env", options)
    service = Service(root)
    assert service.uid == int(root.output("id", "--user", "hubbub")), "it does not run as hubbub"

    step("talked to from inside and from outside, watched and reloaded")
    tail = Tail(root, service.port)
    members = root.output("hubbub", "admin", given["HUBBUB_ADMIN"], "who")
    assert members.startswith("listener"), members
    watched = service.wait_for(r"metrics are on .*\Waddress=(\S+)").group(1)
    with urllib.request.urlopen(f"http://{watched}/healthz", timeout=DEADLINE) as health:
        assert health.status == 200, health.status
    with urllib.request.urlopen(f"http://{watched}/metrics", timeout=DEADLINE) as metrics:
        assert "\nhubbub_members" in metrics.read().decode(), watched
    browse(root, service.port)
    root.say("from inside", service.port, inside=True)
    tail.wait_for("from inside")
    root.write("/etc/hubbub/motd", "Welcome again")
    service.reload()
    service.wait_for(r"message of the day")
    root.say("from outside", service.port, inside=False)
    tail.wait_for("from outside")
    with window(client, root.at.with_name("client"), service.port):
        root.wait_until_here("window", service.port)
    tail.end()
    service.stop()

    step("upgraded: options and messages stay, and only the service restarts")
    root.asked()
    root.dpkg("--install", server)
    asked = root.asked().splitlines()
    changing = [line for line in asked if re.match(r"(re|try-re)?(start|stop|load)", line)]
    assert changing == ["try-restart hubbub-server.service"], f"systemd was asked to {asked}"
    assert root.read("/etc/hubbub/server.env") == options, "the operator's options are gone"
    assert root.output("systemctl", "is-enabled", UNITS[0]) == "enabled\n"
    service = Service(root)
    tail = Tail(root, service.port, "--recent", "10")
    tail.wait_for("from inside")
    tail.wait_for("from outside")
    tail.end()
    service.stop()
    kept = root.files(STATE)
    assert any(name.endswith("history.db") for name in kept), kept
    # By root, whose files the service could not open.
    exported = root.output(*root.hubbub(True, "export", STATE)[2:])
    assert "from inside" in exported and "from outside" in exported, exported
    assert root.files(STATE) == kept, "looking at the history has changed it"

    step("removed and purged: the state stays, with its user, and nothing else")
    root.asked()
    root.dpkg("--remove", "hubbub-server")
    asked = root.asked()
    for unit in UNITS:
        assert re.search(rf"^stop .*{unit}", asked, re.M), f"{unit} was not stopped, but {asked}"
    assert root.read("/etc/hubbub/server.env") == options, "removing is not purging"
    os.remove(root.path("/etc/hubbub/motd"))
    root.dpkg("--purge", "hubbub-server")
    after = root.files()
    accounts = {"/etc/group", "/etc/gshadow", "/etc/passwd", "/etc/shadow"}
    differ = {name for name in before | after if before.get(name) != after.get(name)}
    left = {name for name in differ if not name.startswith(STATE)} - accounts
    assert not left, f"left or changed: {sorted(left)}"
    assert {name: after.get(name) for name in kept} == kept, "the state has changed"
    assert root.output("stat", "--format=%U", STATE) == "hubbub\n", "the state belongs to nobody"
    root.output("rm", "--recursive", STATE)
    root.output("userdel", "hubbub")


def purged_unused(root, server):
    step("installed and purged without use: nothing stays, not even the user")
    before = root.files()
    root.dpkg("--install", server)
    root.dpkg("--purge", "hubbub-server")
    after = root.files()
    differ = sorted(name for name in before | after if before.get(name) != after.get(name))
    assert not differ, f"left or changed: {differ}"


def look_at(server, client):
    step("looked at by lintian, and what they need and have")
    run("lintian", "--fail-on", "error,warning", server, client)
    needs = field(server, "Depends")
    assert "libsqlite3-0" in needs, needs
    needs = field(client, "Depends")
    assert "libwebkit2gtk-4.1-0" in needs and "libxdo3" in needs, needs
    assert "sqlite" not in needs, needs
    has = run("dpkg-deb", "--contents", client, capture=True)
    for file in (
        "/usr/bin/hubbub-client",
        "/usr/share/applications/hubbub-client.desktop",
        "/usr/share/icons/hicolor/scalable/apps/hubbub-client.svg",
        "/usr/share/man/man1/hubbub-client.1.gz",
        "/usr/share/metainfo/org.example.hubbub.metainfo.xml",
    ):
        assert f".{file}\n" in has, f"{client} has no {file}"


class Root:
    """The copy of the clean Debian, and what is done in it."""

    def __init__(self, clean, at):
        shutil.rmtree(at, ignore_errors=True)
        run("cp", "--archive", "--reflink=auto", clean, at)
        self.at = at
        # With this directory, maintainer scripts think that systemd runs. What they ask it for is written down, and done as
        # far as it is done with files.
        self.path("/run/systemd/system").mkdir(parents=True)
        stand_in = self.path("/played/systemctl")
        self.write("/played/systemctl", "#!/bin/sh\necho \"$@\" >>/played/asked\nSYSTEMD_OFFLINE=1 exec /bin/systemctl \"$@\"\n")
        stand_in.chmod(0o755)
        self.write("/played/asked", "")

    def path(self, name):
        return self.at / name.lstrip("/")

    def read(self, name):
        return self.path(name).read_text()

    def write(self, name, text):
        self.path(name).parent.mkdir(exist_ok=True)
        self.path(name).write_text(text)

    def output(self, *command, status=0):
        # The real systemctl knows that nobody is there to be asked, and works on the files.
        return run("chroot", self.at, "env", "SYSTEMD_OFFLINE=1", *command, capture=True, status=status)

    def dpkg(self, action, package):
        if isinstance(package, pathlib.Path):
            shutil.copy(package, self.path("/played/package.deb"))
            package = "/played/package.deb"
        path = "PATH=/played:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
        run("chroot", self.at, "env", path, "DEBIAN_FRONTEND=noninteractive", "dpkg", action, package)

    def asked(self):
        """What systemctl was asked for since the last time, without its options."""
        asked = self.read("/played/asked")
        self.write("/played/asked", "")
        return re.sub(r"^(--\S+ )+", "", asked, flags=re.M)

    def files(self, below="/"):
        """Every path, and what is there: kind, mode, owner and contents."""
        found = {}
        for folder, folders, names in os.walk(self.path(below)):
            for name in folders + names:
                path = pathlib.Path(folder, name)
                shown = f"/{path.relative_to(self.at)}"
                if OTHERS.match(shown):
                    continue
                is_ = path.lstat()
                if path.is_symlink():
                    has = os.readlink(path)
                elif path.is_file():
                    has = hashlib.sha256(path.read_bytes()).hexdigest()
                else:
                    has = ""
                found[shown] = (is_.st_mode, is_.st_uid, is_.st_gid, has)
        return found

    def unit(self, name):
        """The settings of a unit: for each name, its values in order."""
        settings = {}
        for line in self.read(f"/usr/lib/systemd/system/{name}").splitlines():
            if line[:1] not in ("", "#", ";", "["):
                key, value = line.split("=", 1)
                settings.setdefault(key, []).append(value)
        return settings

    def hubbub(self, inside, *arguments):
        if inside:
            return ["chroot", str(self.at), "/usr/bin/hubbub", *arguments]
        return [str(self.path("/usr/bin/hubbub")), *arguments]

    def wait_until_here(self, name, port):
        until = time.monotonic() + DEADLINE
        who = self.hubbub(True, "who", "--username", "watcher", f"127.0.0.1:{port}")
        while name not in run(*who, capture=True).split("\n"):
            assert time.monotonic() < until, f"{name} does not get into the room"

    def say(self, text, port, inside):
        command = self.hubbub(inside, "send", "--username", "speaker", f"127.0.0.1:{port}")
        subprocess.run(command, input=text.encode(), check=True, timeout=DEADLINE)


def browse(root, port):
    """The page as a browser asks for it: every file of it, and the room itself."""
    files = [file for file in root.path(PAGE).rglob("*") if file.is_file()]
    named = [file for file in files if file.suffix not in (".br", ".gz")]
    for kind in (".html", ".js", ".css", ".wasm", ".webmanifest", ".svg", ".png"):
        assert any(file.suffix == kind for file in named), f"{PAGE} has no {kind}"
    for file in named:
        name = str(file.relative_to(root.path(PAGE)))
        at = f"http://127.0.0.1:{port}/{'' if name == 'index.html' else name}"
        asked = urllib.request.Request(at, headers={"Accept-Encoding": "gzip, br"})
        with urllib.request.urlopen(asked, timeout=DEADLINE) as answer:
            headers, body = answer.headers, answer.read()
        smaller = file.with_name(file.name + ".br")
        assert body == (smaller if smaller in files else file).read_bytes(), f"{at} is another file"
        assert headers.get("Content-Encoding") == ("br" if smaller in files else None), f"{at}: {headers}"
        assert headers["Content-Security-Policy"], f"{at}: {headers}"
        if file.suffix == ".wasm":
            assert headers.get_content_type() == "application/wasm", f"{at}: {headers}"
    upgrade = (
        f"GET /room HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nOrigin: http://127.0.0.1:{port}\r\nConnection: Upgrade\r\n"
        "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", port), DEADLINE) as visitor:
        visitor.sendall(upgrade.encode())
        answer = visitor.makefile("rb").readline()
    assert answer.startswith(b"HTTP/1.1 101 "), answer


class Lines:
    """What a process writes, line by line."""

    def __init__(self, stream):
        self.stream = stream
        self.seen = ""

    def wait_for(self, pattern):
        until = time.monotonic() + DEADLINE
        while not (found := re.search(pattern, self.seen)):
            left = until - time.monotonic()
            if left <= 0 or not select.select([self.stream], [], [], left)[0]:
                raise AssertionError(f"no {pattern!r} within {DEADLINE} s in:\n{self.seen}")
            more = os.read(self.stream.fileno(), 65536)
            assert more, f"it ended without {pattern!r}:\n{self.seen}"
            self.seen += more.decode()
        self.seen = self.seen[found.end():]
        return found


class Service:
    """The service as systemd starts it: the unit's command line, user, variables, state directory and passed socket."""

    def __init__(self, root):
        unit = root.unit("hubbub-server.service")
        command = shlex.split(unit["ExecStart"][-1])
        user = unit["User"][0]
        self.root = root
        self.reloads = shlex.split(unit["ExecReload"][-1])
        variables = {"USER": user, "PATH": "/usr/bin:/bin", "NOTIFY_SOCKET": "/run/played", "LISTEN_FDS": "1"}
        for line in unit.get("Environment", []):
            variables.update(word.split("=", 1) for word in shlex.split(line))
        for line in root.read(unit["EnvironmentFile"][0].lstrip("-")).splitlines():
            if line and not line.startswith("#"):
                variables.update([line.split("=", 1)])
        uid, gid = (int(root.output("id", kind, user)) for kind in ("--user", "--group"))
        for kind, parent in (("State", "/var/lib"), ("Runtime", "/run")):
            made = f"{parent}/{unit[f'{kind}Directory'][0]}"
            root.path(made).mkdir(mode=0o700, exist_ok=True)
            os.chown(root.path(made), uid, gid)
            variables[f"{kind.upper()}_DIRECTORY"] = made
        host = root.unit("hubbub-server.socket")["ListenStream"][-1].rsplit(":", 1)[0]
        self.notified = self.notify_socket(root)
        with socket.create_server((host, 0)) as listener:
            self.port = listener.getsockname()[1]
            reads, writes = os.pipe()
            self.pid = os.fork()
            if self.pid == 0:
                self.become(root.at, uid, gid, listener, writes, command, variables)
            os.close(writes)
        running.add(self.pid)
        self.log = Lines(os.fdopen(reads, "rb", 0))
        self.expect(rb"READY=1")
        self.uid = os.stat(f"/proc/{self.pid}").st_uid

    @staticmethod
    def notify_socket(root):
        path = root.path("/run/played")
        path.unlink(missing_ok=True)
        # A name that is short enough for a socket's address, however deep the root is.
        folder = os.open(path.parent, os.O_PATH)
        notified = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        notified.bind(f"/proc/self/fd/{folder}/{path.name}")
        os.close(folder)
        os.chmod(path, 0o666)
        notified.settimeout(DEADLINE)
        return notified

    @staticmethod
    def become(root, uid, gid, listener, log, command, variables):
        try:
            os.dup2(log, 2)
            os.dup2(log, 1)
            os.dup2(listener.fileno(), 3)
            os.set_inheritable(3, True)
            os.chroot(root)
            os.chdir("/")
            os.setgroups([])
            os.setgid(gid)
            os.setuid(uid)
            os.execve(command[0], command, variables | {"LISTEN_PID": str(os.getpid())})
        finally:
            os._exit(127)

    def expect(self, word):
        seen = []
        while not re.search(word, b"\n".join(seen)):
            seen.append(self.notified.recv(4096))

    def wait_for(self, pattern):
        return self.log.wait_for(pattern)

    def reload(self):
        self.root.output(*(word.replace("$MAINPID", str(self.pid)) for word in self.reloads))

    def stop(self):
        os.kill(self.pid, signal.SIGTERM)
        self.expect(rb"STOPPING=1")
        _, status = os.waitpid(self.pid, 0)
        running.remove(self.pid)
        assert status == 0, f"it ended with {status}:\n{self.log.seen}"
        self.notified.close()


class Tail:
    """`hubbub tail` inside, from when it is in the room."""

    def __init__(self, root, port, *options):
        command = root.hubbub(True, "tail", "--username", "listener", *options, f"127.0.0.1:{port}")
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE)
        running.add(self.process.pid)
        self.lines = Lines(self.process.stdout)
        root.wait_until_here("listener", port)

    def wait_for(self, text):
        self.lines.wait_for(re.escape(text))

    def end(self):
        self.process.terminate()
        self.process.wait(DEADLINE)
        running.remove(self.process.pid)


@contextlib.contextmanager
def window(client, files, port):
    """The packaged window on a screen in memory of this machine, in the room."""
    shutil.rmtree(files, ignore_errors=True)
    run("dpkg-deb", "--extract", client, files)
    command = ["xvfb-run", "--auto-servernum", files / "usr/bin/hubbub-client", "--username", "window"]
    at_home = os.environ | {"HOME": str(files), "GDK_BACKEND": "x11", "NO_AT_BRIDGE": "1"}
    process = subprocess.Popen([*command, f"chat://127.0.0.1:{port}"], env=at_home, start_new_session=True)
    try:
        yield
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(DEADLINE)


def debian(at):
    """A clean Debian, made once, with the mirror that this machine uses."""
    if at.exists():
        return at
    step("a clean Debian is made")
    targets = run("apt-get", "indextargets", "--format", "$(REPO_URI) $(CODENAME)", "Created-By: Packages", capture=True)
    mirrors = [line.split()[0] for line in targets.splitlines() if line.split()[1:] == [RELEASE]]
    assert mirrors, f"this machine's apt has no source of {RELEASE}"
    unfinished = at.with_name("unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.parent.mkdir(parents=True, exist_ok=True)
    run("debootstrap", "--variant=minbase", f"--include={INCLUDED}", RELEASE, unfinished, mirrors[0])
    unfinished.rename(at)
    return at


def lower(package, directory):
    """The same package with a lower version, which stands for an older one."""
    files = directory / "older"
    shutil.rmtree(files, ignore_errors=True)
    run("dpkg-deb", "--raw-extract", package, files)
    control = files / "DEBIAN/control"
    control.write_text(re.sub(r"(?m)^Version: .*", "Version: 0.9.0-1", control.read_text()))
    older = directory / "older.deb"
    run("dpkg-deb", "-Zgzip", "-z1", "--root-owner-group", "--build", files, older)
    return older


def newest(packages, name):
    found = sorted(packages.glob(f"{name}_*.deb"), key=lambda file: file.stat().st_mtime)
    assert found, f"there is no {name} in {packages}: run `just deb`"
    return found[-1]


def field(package, name):
    return run("dpkg-deb", "--field", package, name, capture=True)


def run(*command, capture=False, status=0):
    print("+", *command, flush=True)
    ended = subprocess.run(command, stdout=subprocess.PIPE if capture else None, text=True, check=False)
    assert ended.returncode == status, f"{command[0]} ended with {ended.returncode}"
    return ended.stdout


def step(what):
    print(f"== {what}", flush=True)


if __name__ == "__main__":
    try:
        main(*(pathlib.Path(argument).resolve() for argument in sys.argv[1:]))
    finally:
        for process in running:
            os.kill(process, signal.SIGKILL)
