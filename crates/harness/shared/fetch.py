"""Fetches a URL and prints what it answers."""

import sys
import urllib.error
import urllib.request

BODY_BYTES = 4096

try:
    answer = urllib.request.urlopen(sys.argv[1], timeout=10)
except urllib.error.HTTPError as error:
    answer = error
except (OSError, ValueError) as error:
    sys.exit(f"failed: {error}")
print(answer.status, answer.reason, "from", answer.url)
for name, value in answer.headers.items():
    print(f"{name}: {value}")
print()
print(answer.read(BODY_BYTES).decode(errors="replace"))
