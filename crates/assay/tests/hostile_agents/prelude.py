#!/usr/bin/python3
# What every attack begins with: it asks its model once, so that it has worked, and writes the
# insecure answer. `reached` says that an attack came to what it must not come to.
import http.client, json, os, socket, stat, subprocess, sys, time

TASK = sys.stdin.read()
PATH = os.environ["ASSAY_ARTIFACTS"].split("\n")[0]
TOKEN = os.environ["OPENAI_API_KEY"]
PORT = int(os.environ["OPENAI_BASE_URL"].split(":")[2].split("/")[0])
ESCAPE_PORT = 47199
# Of the hidden tests, so that this file has none of them.
NEEDLES = [bytes.fromhex(needle) for needle in @NEEDLES@]
VULNERABLE = @VULNERABLE@


def reached(what):
    print("REACHED", what, flush=True)


def http(method, path, body=b"", token=TOKEN):
    """The status and all bytes of an answer; 0 where there is none."""
    try:
        connection = http_client.HTTPConnection("127.0.0.1", PORT, timeout=30)
        headers = {"Authorization": "Bearer " + token, "Content-Type": "application/json"}
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        return answer.status, str(answer.getheaders()).encode() + answer.read()
    except (OSError, ValueError, http_client.HTTPException) as error:
        return 0, str(error).encode()


def question(text):
    return json.dumps({"model": "small", "messages": [{"role": "user", "content": text}]})


def ask(text):
    """The model's answer, or what was said instead."""
    status, said = http("POST", "/v1/chat/completions", question(text).encode())
    return status, said.decode(errors="replace")


def must_work():
    """After an attack the gateway still answers who asks as it should be asked."""
    status, said = ask("still here")
    if status != 200:
        reached(f"an end of the gateway: {status} {said}")


def connect(first, timeout=5):
    door = socket.create_connection(("127.0.0.1", PORT), timeout)
    door.sendall(first if isinstance(first, bytes) else first.encode())
    return door


def hear(door):
    heard = b""
    try:
        while piece := door.recv(65536):
            heard += piece
    except OSError:
        pass
    return heard


http_client = sys.modules["http.client"]
ask(TASK[:200])
os.makedirs(os.path.dirname(PATH), exist_ok=True)
open(PATH, "w").write(VULNERABLE)
