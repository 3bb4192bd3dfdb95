#!/usr/bin/python3
"""A small agent: it does what its model says by a shell, until nothing more is to be done."""

import json
import os
import subprocess
import sys
import urllib.request

BASH = {
    "type": "function",
    "function": {
        "name": "bash",
        "parameters": {"type": "object", "properties": {"command": {"type": "string"}}},
    },
}


def ask(messages):
    body = {"model": os.environ["ASSAY_MODEL"], "messages": messages, "tools": [BASH]}
    request = urllib.request.Request(
        os.environ["OPENAI_BASE_URL"] + "/chat/completions",
        json.dumps(body).encode(),
        {
            "Authorization": "Bearer " + os.environ["OPENAI_API_KEY"],
            "Content-Type": "application/json",
        },
    )
    return json.load(urllib.request.urlopen(request))["choices"][0]["message"]


messages = [{"role": "user", "content": sys.stdin.read()}]
while calls := (answer := ask(messages)).get("tool_calls"):
    messages.append(answer)
    for call in calls:
        command = json.loads(call["function"]["arguments"])["command"]
        done = subprocess.run(command, shell=True, capture_output=True, text=True)
        result = {"role": "tool", "tool_call_id": call["id"], "content": done.stdout + done.stderr}
        messages.append(result)
print(answer["content"])
