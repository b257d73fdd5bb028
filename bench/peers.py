"""Who carries the bytes: nginx and curl in the clear, the same behind age, and Depesche.

A peer has `send` (source -> durable on the server) and `fetch` (server -> durable at the receiver); both
return what they cost. Every byte is on disk before a clock stops: the others by `sync` of the same bytes,
as they do not do it themselves; Depesche as it ships.
"""

import json
import os
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.request
from pathlib import Path

from measure import Failed, Server, run, status_bytes

NGINX = """
daemon off;
master_process off;
pid {dir}/nginx.pid;
error_log {dir}/error.log;
events {{ worker_connections 256; }}
http {{
  access_log off;
  sendfile on;
  tcp_nopush on;
  client_max_body_size 0;
  client_body_temp_path {dir}/body;
  proxy_temp_path {dir}/proxy;
  fastcgi_temp_path {dir}/fastcgi;
  uwsgi_temp_path {dir}/uwsgi;
  scgi_temp_path {dir}/scgi;
  server {{
    listen 127.0.0.1:{port};
    root {dir}/stored;
    location / {{ dav_methods PUT; }}
  }}
}}
"""


def bytes_below(folder):
    """Sizes of all files below a folder, added up."""
    return sum(path.stat().st_size for path in Path(folder).rglob("*") if path.is_file())


def free_port():
    """A port of the loopback interface that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def stop(process):
    """Ends a server that was started here."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


class Nginx:
    """One nginx that stores what is PUT and hands it out again."""

    def __init__(self, folder):
        self.folder = folder
        self.stored = folder / "stored"
        self.stored.mkdir(parents=True)
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        conf = folder / "nginx.conf"
        conf.write_text(NGINX.format(dir=folder, port=port))
        self.process = subprocess.Popen(
            ["nginx", "-p", str(folder), "-e", str(folder / "error.log"), "-c", str(conf)],
            env={**os.environ, "PATH": os.environ["PATH"] + ":/usr/sbin"},
            stderr=subprocess.DEVNULL,
        )
        self.server = Server(self.process.pid)
        deadline = time.monotonic() + 10
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                return
            except OSError as error:
                if self.process.poll() is not None or time.monotonic() > deadline:
                    stop(self.process)
                    log = folder / "error.log"
                    said = log.read_text() if log.exists() else ""
                    raise Failed(f"nginx does not start: {said}") from error
                time.sleep(0.01)

    def stop(self):
        """Ends it."""
        stop(self.process)


class Plain:
    """curl to nginx and back, in the clear; a folder travels as one tar."""

    name = "curl + nginx + sync, unencrypted"
    seal: list = []
    unseal: list = []

    def __init__(self, nginx, folder):
        self.nginx = nginx
        self.folder = folder
        self.stored = nginx.stored / type(self).__name__

    @property
    def url(self):
        """Where the object lies."""
        return f"{self.nginx.url}/{self.stored.name}"

    def send(self, source):
        """`source` is a file or a folder."""
        pipe = []
        if source.is_dir():
            pipe.append(["tar", "-C", source.parent, "-c", source.name])
        if self.seal:
            pipe.append([*self.seal, *([] if pipe else [source])])
        what = "-" if pipe else source
        pipe.append(["curl", "-sS", "--fail", "-T", what, self.url])
        sent, _ = run(self.nginx.server, *pipe)
        synced, _ = run(None, ["sync", self.stored])
        return sent + synced

    def fetch(self, source, out):
        """Into the folder `out`."""
        target = out / source.name
        if not self.unseal and not source.is_dir():
            pipe = [["curl", "-sS", "--fail", "-o", target, self.url]]
        else:
            pipe = [["curl", "-sS", "--fail", self.url]]
            if self.unseal:
                pipe.append([*self.unseal, *([] if source.is_dir() else ["-o", target])])
            if source.is_dir():
                pipe.append(["tar", "-C", out, "-x"])
        fetched, _ = run(self.nginx.server, *pipe)
        # Of a folder all files at once: one call, not one for each.
        synced, _ = run(None, ["sync", "-f", out] if source.is_dir() else ["sync", target])
        return fetched + synced

    def held(self):
        """Bytes that the server keeps."""
        return self.stored.stat().st_size

    def forget(self):
        """Makes room for the next."""
        self.stored.unlink(missing_ok=True)

    def stop(self):
        """nginx is shared, and stopped by whoever started it."""


class Age(Plain):
    """The best of those that exist: age in a pipe with curl."""

    name = "age \\| curl + nginx + sync"

    def __init__(self, nginx, folder):
        super().__init__(nginx, folder)
        folder.mkdir(parents=True)
        key = folder / "key"
        subprocess.run(["age-keygen", "-o", key], check=True, capture_output=True)
        public = subprocess.run(["age-keygen", "-y", key], check=True, capture_output=True, text=True)
        self.seal = ["age", "-r", public.stdout.strip()]
        self.unseal = ["age", "-d", "-i", key]


class Depesche:
    """A server as it ships (no demo mode), a member who is logged in, and level 1."""

    name = "depesche, level 1"
    member = "bench@example.test"
    password = "a password for the bench only"

    def __init__(self, program, folder):
        self.program = program
        self.folder = folder
        self.data = folder / "data"
        self.data.mkdir(parents=True)
        self.env = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "DEPESCHE_HOME": str(folder / "home"),
            "DEPESCHE_PASSWORD": self.password,
        }
        self.parcel = None
        self.log = open(folder / "server.log", "wb")
        self.process = subprocess.Popen(
            [program, "serve", "--json", "--data", self.data, "--listen", "127.0.0.1:0"],
            stdout=subprocess.PIPE,
            stderr=self.log,
            env=self.env,
            cwd=folder,
        )
        self.url = self._listening()
        self.server = Server(self.process.pid)
        with urllib.request.urlopen(f"{self.url}/readyz", timeout=10) as answer:
            answer.read()
        self.idle = {name: self.memory(name) for name in ("VmRSS", "RssAnon")}
        self._call("admin", "user", "add", self.member, "--data", self.data)
        self._call("login", self.member, "--server", self.url)

    def _listening(self):
        for line in self.process.stdout:
            try:
                event = json.loads(line)
            except ValueError:
                continue
            if event.get("event") == "listening":
                return event["url"].rstrip("/")
        said = (self.folder / "server.log").read_text()
        raise Failed(f"depesche serve does not listen:\n{said}")

    def memory(self, name):
        """A field of the server's /proc/PID/status, bytes."""
        return status_bytes(self.process.pid, name)

    def _call(self, *arguments):
        cost, out = run(None, [self.program, *arguments, "--json"], env=self.env)
        return cost, json.loads(out)

    def send(self, source):
        """`source` is a file or a folder."""
        arguments = ["send", source, "--to", "you@example.test", "--level", "1", "--no-mail", "--json"]
        cost, out = run(self.server, [self.program, *arguments], env=self.env)
        self.parcel = json.loads(out)
        return cost

    def fetch(self, source, out):
        """Into the folder `out`."""
        (link,) = self.parcel["links"].values()
        arguments = ["fetch", link, "--out", out, "--json"]
        cost, _ = run(self.server, [self.program, *arguments], env=self.env)
        if not (out / source.name).exists():
            raise Failed(f"fetch gave no {source.name}")
        return cost

    def held(self):
        """Bytes of sealed parts that the server keeps."""
        return bytes_below(self.data / "blobs")

    def forget(self):
        """Makes room for the next."""
        if self.parcel:
            self._call("withdraw", self.parcel["id"])
            self.parcel = None

    def stop(self):
        """Ends the server."""
        stop(self.process)
        self.log.close()


def one_job(peer, source, scratch, compare):
    """Send, fetch, look: (Cost of sending, Cost of fetching, bytes held).

    Fetched folders stay until the whole bench ends: ext4 goes around inodes that were freed in the last
    minutes one by one, and soon nothing but that would be measured.
    """
    # What others left unwritten is not this job's to wait for.
    subprocess.run(["sync"], check=True)
    out = Path(tempfile.mkdtemp(prefix="out-", dir=scratch))
    sent = peer.send(source)
    fetched = peer.fetch(source, out)
    held = peer.held()
    if compare:
        same = subprocess.run(["diff", "-rq", source, out / source.name], capture_output=True, text=True)
        if same.returncode != 0:
            raise Failed(f"{peer.name}: {same.stdout}{same.stderr}")
    peer.forget()
    if source.is_file():
        shutil.rmtree(out)
    return sent, fetched, held
