"""Object stores on this computer: S3 by moto, Azure by azurite, and a proxy between that misbehaves."""

import base64
import collections
import csv
import datetime
import gzip
import hashlib
import hmac
import http.client
import http.server
import io
import json
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
import urllib.parse
from pathlib import Path

import boto3
import conftest
import pyarrow
import pyarrow.parquet
import pytest
from conftest import CLEAR_MAILBOX, NOW
from moto.server import ThreadedMotoServer

import kql

KEYS = {"AWS_ACCESS_KEY_ID": "AKIDTEST", "AWS_SECRET_ACCESS_KEY": "very-secret-key"}


class Proxy:
    """Passes requests on, counts them, and does to them what `mood` says."""

    def __init__(self, target):
        self.target = target
        self.mood = None
        self.requests = []
        self.count = 0
        proxy = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def pass_on(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                proxy.count += 1
                number = proxy.count
                answer = proxy.mood and proxy.mood(number, self.command, self.path)
                if answer:
                    self.answer(*answer)
                    return
                connection = http.client.HTTPConnection(*proxy.target)
                connection.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
                for name, value in self.headers.items():
                    connection.putheader(name, value)
                connection.endheaders(body)
                got = connection.getresponse()
                content = got.read()
                headers = [(n, v) for n, v in got.getheaders() if n.lower() not in ("transfer-encoding", "connection")]
                if proxy.mood is cutting and number % 2 and len(content) > 1000:
                    self.answer(got.status, content[: len(content) // 2], headers, length=len(content))
                    self.close_connection = True
                    self.connection.shutdown(socket.SHUT_RDWR)
                    return
                self.answer(got.status, content, headers)

            def answer(self, status, content=b"", headers=(), length=None):
                proxy.requests.append((self.command, self.path, status))
                self.send_response_only(status)
                for name, value in headers:
                    if name.lower() != "content-length":
                        self.send_header(name, value)
                length = dict((n.lower(), v) for n, v in headers).get("content-length") if self.command == "HEAD" else length
                self.send_header("Content-Length", str(len(content) if length is None else length))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(content)

            do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = pass_on

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def reads(self):
        """The requests that have read objects."""
        return [path for command, path, status in self.requests if command == "GET" and status == 206]


def busy(number, *_):
    return (503, b"<Error><Code>SlowDown</Code></Error>") if number % 3 == 0 else None


def cutting(*_):
    return None


def denying(*_):
    return 403, b"<Error><Code>AccessDenied</Code><Message>no</Message></Error>"


def elsewhere(*_):
    return 400, b"<Error><Code>AuthorizationHeaderMalformed</Code><Region>eu-central-1</Region></Error>"


def redirecting(*_):
    return 301, b"<Error><Code>PermanentRedirect</Code></Error>"


def read_only(_, command, __):
    return (403, b"<Error><Code>AccessDenied</Code></Error>") if command in ("PUT", "POST") else None


@pytest.fixture(scope="module")
def moto():
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    yield server.get_host_and_port()
    server.stop()


@pytest.fixture
def proxy(moto):
    proxy = Proxy(moto)
    yield proxy
    proxy.server.shutdown()


@pytest.fixture
def environment(proxy, tmp_path):
    own = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "AZURE_", "GOOGLE_"))}
    own.update(KEYS, AWS_ENDPOINT_URL=proxy.url, AWS_REGION="us-east-1", XDG_CACHE_HOME=str(tmp_path / "cache"))
    own.update(HOME=str(tmp_path), NO_PROXY="127.0.0.1,localhost")
    return own


@pytest.fixture
def bucket(moto):
    """A new bucket."""
    host, port = moto
    client = boto3.client(
        "s3",
        endpoint_url=f"http://{host}:{port}",
        region_name="us-east-1",
        aws_access_key_id="x",
        aws_secret_access_key="y",
    )
    name = f"logs-{time.time_ns()}"
    client.create_bucket(Bucket=name)
    return client, name


def command(environment, *arguments):
    return subprocess.run(
        [sys.executable, "-m", "kql", *map(str, arguments)], capture_output=True, text=True, env=environment, timeout=300
    )


def run(environment, *arguments):
    done = command(environment, *arguments)
    assert done.returncode == 0, done.stderr
    return done.stdout


def failed(environment, *arguments):
    """The one error of a command that prints no rows."""
    done = command(environment, *arguments)
    assert done.returncode != 0, done.stdout
    assert done.stdout == ""
    errors = [line for line in done.stderr.splitlines() if line.startswith("error")]
    assert len(errors) == 1, done.stderr
    assert "very-secret-key" not in done.stderr
    return errors[0]


def founding(environment, *arguments):
    """The rows of T1070.008, which leaves the order of rows with the same time open."""
    lines = run(environment, "run", CLEAR_MAILBOX / "query.kql", "--now", NOW, "--format", "csv", *arguments)
    rows = list(csv.reader(io.StringIO(lines)))
    return rows[0], sorted(rows[1:])


def rows_of(table):
    lines = (CLEAR_MAILBOX / "data" / f"{table}.ndjson").read_text("utf-8").splitlines()
    return [json.loads(line) for line in lines]


def ticks(text):
    whole, _, fraction = text.rstrip("Z").partition(".")
    seconds = datetime.datetime.fromisoformat(whole + "+00:00").timestamp()
    return int(seconds) * 10**9 + int(fraction.ljust(9, "0") or 0)


def packed(rows, time_column, kind):
    """Rows as a file: its extension and its bytes."""
    columns = list(dict.fromkeys(name for row in rows for name in row))
    if kind == "ndjson.gz":
        return gzip.compress("".join(json.dumps(row) + "\n" for row in rows).encode())
    if kind == "csv":
        out = io.StringIO()
        writer = csv.DictWriter(out, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
        return out.getvalue().encode()
    arrays = {}
    for name in columns:
        values = [row.get(name) for row in rows]
        if name == time_column:
            values = [None if value is None else ticks(value) for value in values]
            arrays[name] = pyarrow.array(values, pyarrow.timestamp("ns", "UTC"))
        else:
            arrays[name] = pyarrow.array([None if value is None else str(value) for value in values], pyarrow.string())
    out = pyarrow.BufferOutputStream()
    pyarrow.parquet.write_table(pyarrow.table(arrays), out)
    return out.getvalue().to_pybytes()


def dated_folders(kind):
    """The founding data in folders of days: pairs of a key and its bytes."""
    for table, time_column in (("DeviceProcessEvents", "Timestamp"), ("OfficeActivity", "TimeGenerated")):
        days = collections.defaultdict(list)
        for row in rows_of(table):
            days[row.get(time_column, "2026-03-10")[:10]].append(row)
        for day, rows in days.items():
            year, month, date = day.split("-")
            yield f"{table}/y={year}/m={month}/d={date}/part.{kind}", packed(rows, time_column, kind)


@pytest.fixture(params=["parquet", "ndjson.gz", "csv"])
def dated(request, bucket):
    client, name = bucket
    for key, content in dated_folders(request.param):
        client.put_object(Bucket=name, Key=f"export/{key}", Body=content)
    return f"s3://{name}/export"


@pytest.fixture(scope="module")
def expected():
    rows = founding(dict(os.environ), "--data", CLEAR_MAILBOX / "data")
    assert len(rows[1]) == 26
    return rows


def test_founding_query(environment, dated, expected):
    assert founding(environment, "--data", dated) == expected
    assert founding(environment, "--data", dated, "--folder-dates", "event") == expected


def test_founding_query_on_a_cluster(environment, proxy, dated, expected):
    with conftest.cluster(env=environment) as address:
        assert founding(environment, "--data", dated, "--cluster", address) == expected
        for mood in (busy, cutting):
            proxy.mood = mood
            assert founding({**environment, "KQL_CACHE": "off"}, "--data", dated, "--cluster", address) == expected, mood


def test_throttled_and_cut_off(environment, proxy, dated, expected):
    for mood in (busy, cutting):
        proxy.mood = mood
        assert founding({**environment, "KQL_CACHE": "off"}, "--data", dated) == expected, mood


def test_second_run_reads_only_rows(environment, proxy, bucket):
    client, name = bucket
    for day in range(1, 21):
        row = {"TimeGenerated": f"2026-03-{day:02}T10:00:00Z", "n": day}
        client.put_object(Bucket=name, Key=f"T/date=2026-03-{day:02}/a.ndjson", Body=json.dumps(row) + "\n")
    question = ["run", "-q", "T | summarize count(), sum(n)", "--format", "csv", "--data", f"s3://{name}/T"]
    assert run(environment, *question) == "count_,sum_n\n20,210\n"
    proxy.requests.clear()
    assert run(environment, *question) == "count_,sum_n\n20,210\n"
    assert len(proxy.reads()) == 20
    # what is inspected is not read at all
    proxy.requests.clear()
    schema = run(environment, "schema", "T", "--data", f"s3://{name}/T")
    assert "TimeGenerated" in schema and proxy.reads() == []
    # a new object is seen, and one that was replaced is read again
    client.put_object(Bucket=name, Key="T/date=2026-03-21/a.ndjson", Body='{"n":1000,"new":"x"}\n')
    client.put_object(Bucket=name, Key="T/date=2026-03-01/a.ndjson", Body='{"n":100}\n')
    assert run(environment, *question) == "count_,sum_n\n21,1309\n"
    # damaged files of the cache are ignored
    kept = list(Path(environment["XDG_CACHE_HOME"]).rglob("*.zst"))
    assert kept
    for path in kept:
        path.write_bytes(b"nonsense")
    assert run(environment, *question) == "count_,sum_n\n21,1309\n"


def test_folders_outside_the_times_are_not_listed(environment, proxy, bucket):
    client, name = bucket
    for month in (1, 2, 3):
        for day in range(1, 29):
            row = {"TimeGenerated": f"2026-{month:02}-{day:02}T10:00:00Z", "n": day}
            key = f"T/y=2026/m={month:02}/d={day:02}/a.ndjson"
            client.put_object(Bucket=name, Key=key, Body=json.dumps(row) + "\n")
    question = "T | where TimeGenerated between (datetime(2026-02-10) .. datetime(2026-02-12)) | summarize count(), sum(n)"
    arguments = ["--format", "csv", "--data", f"s3://{name}/T", "--folder-dates", "event"]
    proxy.requests.clear()
    assert run(environment, "run", "-q", question, *arguments) == "count_,sum_n\n2,21\n"
    assert len(proxy.reads()) <= 12, proxy.reads()
    listed = [path for _, path, _ in proxy.requests if "list-type" in path]
    assert len(listed) <= 16, listed
    # a column that only the days of the query have changes what the samples have shown
    client.put_object(Bucket=name, Key="T/y=2026/m=02/d=10/b.ndjson", Body='{"TimeGenerated":"2026-02-10T11:00:00Z","n":"x"}\n')
    question = question.replace("sum(n)", "strcat_array(make_list(tostring(n)), '-')")
    assert sorted(run(environment, "run", "-q", question, *arguments).split("\n")[1].split(",")[1].split("-")) == ["10", "11", "x"]
    # without such a filter all folders are read
    whole = run(environment, "run", "-q", "T | count", *arguments)
    assert whole == "Count\n85\n"


def test_large_text_in_splits(environment, proxy, bucket):
    client, name = bucket
    lines = "".join(f'{{"n":{n},"text":"{"x" * 400}"}}\n' for n in range(120_000))
    client.put_object(Bucket=name, Key="T.ndjson", Body=lines)
    question = ["run", "-q", "T | summarize count(), sum(n)", "--format", "csv", "--data", f"s3://{name}/T.ndjson"]
    assert run(environment, *question) == "count_,sum_n\n120000,7199940000\n"
    proxy.mood = cutting
    assert run({**environment, "KQL_CACHE": "off"}, *question) == "count_,sum_n\n120000,7199940000\n"


def test_errors(environment, proxy, bucket):
    client, name = bucket
    client.put_object(Bucket=name, Key="T.csv", Body="n\n1\n")
    ask = ["run", "-q", "T", "--data"]
    assert "the bucket does not exist" in failed(environment, *ask, "s3://no-such-bucket/T.csv")
    assert "no object has this name" in failed(environment, *ask, f"s3://{name}/missing")
    assert "the bucket is missing" in failed(environment, *ask, "s3:///T.csv")
    assert "the scheme 'ftp' is not supported" in failed(environment, *ask, "ftp://host/T.csv")
    assert "there is no AWS profile 'nobody'" in failed(
        {k: v for k, v in environment.items() if k not in KEYS} | {"AWS_PROFILE": "nobody"}, *ask, f"s3://{name}/T.csv"
    )
    assert "is the store running there?" in failed(
        {**environment, "AWS_ENDPOINT_URL": "http://127.0.0.1:9"}, *ask, f"s3://{name}/T.csv"
    )
    assert "use https://" in failed({**environment, "AWS_ENDPOINT_URL": "http://store.example"}, *ask, f"s3://{name}/T.csv")
    proxy.mood = denying
    assert "access is denied" in failed(environment, *ask, f"s3://{name}/T.csv")
    proxy.mood = elsewhere
    assert "set AWS_REGION to eu-central-1" in failed(environment, *ask, f"s3://{name}/T.csv")
    proxy.mood = redirecting
    assert "set AWS_REGION to the region of the bucket" in failed(environment, *ask, f"s3://{name}/T.csv")


def test_profile_and_no_credentials(environment, bucket, tmp_path):
    client, name = bucket
    client.put_object(Bucket=name, Key="T.csv", Body="n\n1\n", ACL="public-read")
    client.put_object(Bucket=name, Key="private.csv", Body="n\n1\n")
    bare = {name: value for name, value in environment.items() if name not in KEYS}
    assert run(bare, "run", "-q", "T", "--format", "csv", "--data", f"s3://{name}/T.csv") == "n\n1\n"
    assert "access is denied to users without" in failed(bare, "run", "-q", "T", "--data", f"s3://{name}/private.csv")
    (tmp_path / ".aws").mkdir()
    (tmp_path / ".aws/credentials").write_text("[work]\naws_access_key_id = A\naws_secret_access_key = S\n")
    (tmp_path / ".aws/config").write_text("[profile work]\nregion = eu-west-1\n")
    bare["AWS_PROFILE"] = "work"
    assert run(bare, "run", "-q", "private", "--format", "csv", "--data", f"s3://{name}/private.csv") == "n\n1\n"


def test_convert(environment, proxy, dated, bucket, expected):
    client, name = bucket
    told = run(environment, "convert", dated, "-o", f"s3://{name}/parquet")
    assert f"in s3://{name}/parquet/DeviceProcessEvents.parquet" in told
    assert founding(environment, "--data", f"s3://{name}/parquet") == expected
    assert "already exists" in failed(environment, "convert", dated, "-o", f"s3://{name}/parquet")
    run(environment, "convert", dated, "-o", f"s3://{name}/parquet", "--force")
    proxy.mood = read_only
    assert "access is denied" in command(environment, "convert", dated, "-o", f"s3://{name}/other").stderr
    assert client.list_objects_v2(Bucket=name, Prefix="other/")["KeyCount"] == 0


def test_a_large_table_is_written_in_parts(environment, bucket):
    client, name = bucket
    query = "range n from 1 to 3000000 step 1 | extend text = hash_sha256(tostring(n)) | project n, text"
    run(environment, "run", "-q", query, "-o", f"s3://{name}/big.parquet")
    assert client.head_object(Bucket=name, Key="big.parquet")["ContentLength"] > 32 << 20
    counted = run(environment, "run", "-q", "big | summarize count(), sum(n)", "--format", "csv", "--data", f"s3://{name}/big.parquet")
    assert counted == "count_,sum_n\n3000000,4500001500000\n"
    # a query that fails leaves nothing
    failed(environment, "run", "-q", f"{query} | where n > 'x'", "-o", f"s3://{name}/none.parquet")
    assert client.list_objects_v2(Bucket=name, Prefix="none")["KeyCount"] == 0
    assert not client.list_multipart_uploads(Bucket=name).get("Uploads")


def test_engine(environment, dated, expected, monkeypatch):
    for variable, value in environment.items():
        monkeypatch.setenv(variable, value)
    engine = kql.Engine(data=dated, now=NOW)
    assert len(engine.query((CLEAR_MAILBOX / "query.kql").read_text("utf-8"))) == 26
    name = dated.split("/")[2]
    named = kql.Engine(data=f"T=s3://{name}/export/OfficeActivity")
    assert len(named.query("T")) == 20
    whole = kql.Engine(data=f"s3://{name}/export/OfficeActivity/y=2026")
    assert len(whole.query("OfficeActivity")) == 20


ACCOUNT = "devstoreaccount1"
# the key that every emulator has
KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="


def signed(text, key=KEY):
    return base64.b64encode(hmac.new(base64.b64decode(key), text.encode(), hashlib.sha256).digest()).decode()


class Azurite:
    def __init__(self, port):
        self.port = port
        self.endpoint = f"http://127.0.0.1:{port}/{ACCOUNT}"

    def put(self, path, body=b"", query=None, blob=False):
        now = datetime.datetime.now(datetime.timezone.utc).strftime("%a, %d %b %Y %H:%M:%S GMT")
        headers = {"x-ms-date": now, "x-ms-version": "2021-12-02"}
        if blob:
            headers["x-ms-blob-type"] = "BlockBlob"
        canonical = "".join(f"{name}:{value}\n" for name, value in sorted(headers.items()))
        resource = f"/{ACCOUNT}/{ACCOUNT}/{path}" + "".join(f"\n{k}:{v}" for k, v in sorted((query or {}).items()))
        length = str(len(body)) if body else ""
        text = f"PUT\n\n\n{length}\n\n\n\n\n\n\n\n\n{canonical}{resource}"
        headers["Authorization"] = f"SharedKey {ACCOUNT}:{signed(text)}"
        headers["Content-Length"] = str(len(body))
        connection = http.client.HTTPConnection("127.0.0.1", self.port)
        target = f"/{ACCOUNT}/{path}" + (f"?{urllib.parse.urlencode(query)}" if query else "")
        connection.request("PUT", target, body, headers)
        answer = connection.getresponse()
        content = answer.read()
        assert answer.status == 201, (answer.status, content)

    def token(self, until):
        """A signature for reading and listing."""
        version, start = "2021-12-02", "2020-01-01T00:00:00Z"
        text = "\n".join([ACCOUNT, "rl", "b", "sco", start, until, "", "https,http", version, "", ""])
        values = dict(sv=version, ss="b", srt="sco", sp="rl", st=start, se=until, spr="https,http", sig=signed(text))
        return urllib.parse.urlencode(values)


@pytest.fixture(scope="module")
def azurite(tmp_path_factory):
    program = os.environ.get("KQL_AZURITE") or shutil.which("azurite-blob")
    if not program or not shutil.which("node"):
        pytest.skip("azurite is not installed: npm install azurite, and KQL_AZURITE=node_modules/.bin/azurite-blob")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [program, "--silent", "--blobHost", "127.0.0.1", "--blobPort", str(port), "--skipApiVersionCheck", "--disableTelemetry"],
        cwd=tmp_path_factory.mktemp("azurite"),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    for _ in range(300):
        with socket.socket() as trial:
            if trial.connect_ex(("127.0.0.1", port)) == 0:
                break
        time.sleep(0.1)
    yield Azurite(port)
    process.terminate()
    process.wait()


@pytest.fixture
def azure(azurite, environment):
    environment = {name: value for name, value in environment.items() if not name.startswith("AWS_")}
    environment["AZURE_STORAGE_CONNECTION_STRING"] = (
        f"DefaultEndpointsProtocol=http;AccountName={ACCOUNT};AccountKey={KEY};BlobEndpoint={azurite.endpoint};"
    )
    container = f"logs{time.time_ns()}"
    azurite.put(container, query={"restype": "container"})
    return environment, container


@pytest.mark.parametrize("kind", ["parquet", "ndjson.gz", "csv"])
def test_azure_founding_query(azurite, azure, expected, kind):
    environment, container = azure
    for key, content in dated_folders(kind):
        azurite.put(f"{container}/export/{key}", content, blob=True)
    assert founding(environment, "--data", f"az://{container}/export") == expected
    assert founding(environment, "--data", f"abfss://{container}/export", "--folder-dates", "event") == expected
    # the account in the URL, a key in its own variable
    keyed = {**environment, "AZURE_STORAGE_ENDPOINT": azurite.endpoint, "AZURE_STORAGE_ACCOUNT": ACCOUNT}
    del keyed["AZURE_STORAGE_CONNECTION_STRING"]
    assert founding({**keyed, "AZURE_STORAGE_KEY": KEY}, "--data", f"abfss://{container}@{ACCOUNT}/export") == expected
    token = azurite.token("2100-01-01T00:00:00Z")
    assert founding({**keyed, "AZURE_STORAGE_SAS_TOKEN": token}, "--data", f"az://{container}/export") == expected
    assert founding(keyed, "--data", f"az://{container}/export?{token}") == expected


def test_azure_throttled_and_cut_off(azurite, azure, expected):
    environment, container = azure
    for key, content in dated_folders("ndjson.gz"):
        azurite.put(f"{container}/export/{key}", content, blob=True)
    proxy = Proxy(("127.0.0.1", azurite.port))
    through = environment["AZURE_STORAGE_CONNECTION_STRING"].replace(azurite.endpoint, f"{proxy.url}/{ACCOUNT}")
    environment = {**environment, "AZURE_STORAGE_CONNECTION_STRING": through, "KQL_CACHE": "off"}
    for mood in (busy, cutting):
        proxy.mood = mood
        assert founding(environment, "--data", f"az://{container}/export") == expected


def test_azure_convert_and_errors(azurite, azure, expected, tmp_path):
    environment, container = azure
    run(environment, "convert", CLEAR_MAILBOX / "data", "-o", f"az://{container}/parquet")
    assert founding(environment, "--data", f"az://{container}/parquet") == expected
    ask = ["run", "-q", "T", "--data"]
    assert "the container does not exist" in failed(environment, *ask, "az://nosuchcontainer/T.csv")
    assert "no object has this name" in failed(environment, *ask, f"az://{container}/missing")
    wrong = environment["AZURE_STORAGE_CONNECTION_STRING"].replace(KEY, base64.b64encode(b"wrong" * 12).decode())
    denied = failed({**environment, "AZURE_STORAGE_CONNECTION_STRING": wrong}, *ask, f"az://{container}/T.csv")
    assert "does not accept these credentials" in denied or "access is denied" in denied
    none = {name: value for name, value in environment.items() if not name.startswith("AZURE_")}
    assert "set AZURE_STORAGE_ACCOUNT" in failed(none, *ask, f"az://{container}/T.csv")
    keyed = {**none, "AZURE_STORAGE_ENDPOINT": azurite.endpoint, "AZURE_STORAGE_ACCOUNT": ACCOUNT}
    expired = azurite.token("2021-01-01T00:00:00Z")
    message = failed(keyed, *ask, f"az://{container}/parquet?{expired}")
    assert "sig=" not in message and ("expired" in message or "does not accept" in message)
    for path in tmp_path.rglob("*.zst"):
        assert KEY.encode() not in path.read_bytes()
