#!/usr/bin/env python3
"""What `kql serve` does under load: many connections, heavy queries, clients that break off, slow heads, endless bodies.

    cargo build --release -p kql-cli
    cargo run --release -p bench-events -- EVENTS 2000000
    python3 benches/server_load.py target/release/kql EVENTS/parquet-40-2000000 [--seconds 30] [--connections 200]

Starts the server on a free port and prints, for each part, the number of answers by status, the times in milliseconds (median and
99th percentile), and the resident memory of the server. Needs nothing but Python.
"""
import argparse
import asyncio
import collections
import json
import re
import statistics
import subprocess
import sys
import time

SMALL = ["print 1", "range x from 1 to 10 step 1 | summarize sum(x)", "DeviceProcessEvents | take 1 | project Timestamp"]
HEAVY = "DeviceProcessEvents | summarize make_set(FileName), dcount(SHA256) by DeviceId | count"


def request(text, head=""):
    body = json.dumps({"db": "NetDefaultDB", "csl": text}).encode()
    lines = f"POST /v2/rest/query HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n{head}\r\n"
    return lines.encode() + body


async def answer(reader):
    """The status and the body of an answer."""
    head = await reader.readuntil(b"\r\n\r\n")
    status = int(head.split(b" ", 2)[1])
    length = re.search(rb"(?i)content-length: (\d+)", head)
    if length:
        return status, await reader.readexactly(int(length[1]))
    body = b""
    while True:
        size = int(await reader.readline(), 16)
        part = await reader.readexactly(size + 2)
        if size == 0:
            return status, body
        body += part[:-2]


def milliseconds(times):
    if not times:
        return "no answer"
    times = sorted(times)
    return f"p50 {statistics.median(times) * 1000:.1f} ms, p99 {times[int(len(times) * 0.99)] * 1000:.1f} ms"


class Load:
    def __init__(self, port, process):
        self.port, self.process = port, process
        self.statuses = collections.Counter()
        self.times = []

    async def connect(self):
        return await asyncio.open_connection("127.0.0.1", self.port)

    async def client(self, texts, until, most=None):
        """One connection that asks again as soon as it has an answer."""
        reader = writer = None
        number = 0
        while time.monotonic() < until and (most is None or number < most):
            try:
                if writer is None:
                    reader, writer = await self.connect()
                begin = time.monotonic()
                writer.write(request(texts[number % len(texts)]))
                await writer.drain()
                status, body = await answer(reader)
                if status == 200 and (not body.startswith(b"[") or b'"HasErrors":true' in body):
                    status = "an error in 200"
                self.statuses[status] += 1
                if status == 200:
                    self.times.append(time.monotonic() - begin)
                elif status == 429:
                    await asyncio.sleep(0.2)
            except (OSError, asyncio.IncompleteReadError, ValueError) as error:
                self.statuses[type(error).__name__] += 1
                writer = None
                await asyncio.sleep(0.05)
            number += 1
        if writer:
            writer.close()

    def memory(self, what="VmRSS"):
        with open(f"/proc/{self.process.pid}/status") as status:
            return int(re.search(rf"{what}:\s+(\d+)", status.read())[1]) // 1024

    def told(self, part):
        print(f"{part:34} {dict(self.statuses)}; {milliseconds(self.times)}; {self.memory()} MB", flush=True)
        self.statuses, self.times = collections.Counter(), []


async def metric(load, name):
    reader, writer = await load.connect()
    writer.write(b"GET /metrics HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
    text = (await reader.read()).decode()
    writer.close()
    found = re.search(rf"(?m)^{name}\S* ([\d.]+)$", text)
    return float(found[1]) if found else None


async def break_off(load):
    """A client that asks for much work and goes away."""
    try:
        _, writer = await load.connect()
        writer.write(request(HEAVY))
        await writer.drain()
        await asyncio.sleep(0.01)
        writer.transport.abort()
        load.statuses["broken off"] += 1
    except OSError as error:
        load.statuses[type(error).__name__] += 1


async def slow_head(load, until):
    """A client that sends its head byte by byte; the server closes the connection."""
    begin = time.monotonic()
    try:
        reader, writer = await load.connect()
        closed = asyncio.ensure_future(reader.read(1))
        for byte in request("print 1", "X-Slow: " + "a" * 1000):
            if closed.done() or time.monotonic() > until:
                break
            writer.write(bytes([byte]))
            await writer.drain()
            await asyncio.wait({closed}, timeout=1)
        load.statuses["closed by the server" if closed.done() else "still open"] += 1
        load.times.append(time.monotonic() - begin)
        closed.cancel()
        writer.close()
    except OSError:
        load.statuses["closed by the server"] += 1


async def endless_body(load, head):
    """A body of 1 GB."""
    reader, writer = await load.connect()
    writer.write(b"POST /v2/rest/query HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n" + head + b"\r\n")
    part, sent = b"a" * 65536, 0
    chunked = b"chunked" in head
    got = asyncio.ensure_future(reader.readuntil(b"\r\n\r\n"))
    try:
        while sent < 1 << 30 and not got.done():
            writer.write(b"10000\r\n" + part + b"\r\n" if chunked else part)
            await writer.drain()
            await asyncio.sleep(0)
            sent += len(part)
    except OSError:
        pass
    try:
        status = int((await asyncio.wait_for(got, 10)).split(b" ", 2)[1])
    except (OSError, asyncio.IncompleteReadError):
        status = "closed"
    load.statuses[f"{status} after {sent >> 20} MB"] += 1
    writer.transport.abort()


async def run(load, arguments):
    now = time.monotonic
    await load.client(SMALL, now() + 5)
    load.told("one client, small queries, to warm")
    await load.client(["print 1"], now() + 5)
    load.told("one client, print 1")
    end = now() + arguments.seconds
    await asyncio.gather(*(load.client(SMALL, end) for _ in range(arguments.connections)))
    load.told(f"{arguments.connections} connections, small queries")
    small, heavy = Load(load.port, load.process), Load(load.port, load.process)
    end = now() + arguments.seconds
    await asyncio.gather(
        *(small.client(SMALL, end) for _ in range(arguments.connections)), *(heavy.client([HEAVY], end) for _ in range(20))
    )
    small.told("the same beside 20 heavy clients")
    heavy.told("  the heavy ones")
    for begin in range(0, 1000, 100):
        await asyncio.gather(*(break_off(load) for _ in range(begin, begin + 100)))
    await asyncio.sleep(3)
    load.told("1,000 clients that break off")
    print(f"  queries that still run: {await metric(load, 'kql_queries_running')}")
    until = now() + 50
    slow = Load(load.port, load.process)
    await asyncio.gather(*(slow_head(slow, until) for _ in range(300)), load.client(["print 1"], now() + 10))
    slow.told("300 heads sent byte by byte")
    load.told("  print 1 beside them")
    await endless_body(load, b"Content-Length: 1073741824\r\n")
    await endless_body(load, b"Transfer-Encoding: chunked\r\n")
    load.told("bodies of 1 GB")
    await load.client(["print 1"], now() + 2)
    load.told("one client, print 1")
    print(f"peak of resident memory: {load.memory('VmHWM')} MB")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kql")
    parser.add_argument("data")
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--connections", type=int, default=200)
    arguments = parser.parse_args()
    command = [arguments.kql, "serve", arguments.data, "--listen", "127.0.0.1:0", "--memory", "1GB"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        port = int(process.stdout.readline().rsplit(":", 1)[1])
        asyncio.run(run(Load(port, process), arguments))
    finally:
        process.terminate()
        process.wait()
    if process.returncode != 0:
        sys.exit(f"the server ended with {process.returncode}")


if __name__ == "__main__":
    main()
