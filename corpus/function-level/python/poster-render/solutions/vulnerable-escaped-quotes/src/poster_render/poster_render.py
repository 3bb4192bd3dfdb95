"""Render posters on another host."""

import shlex
import subprocess

from .models import PosterError, PosterJob

UPLOADS = "/tmp/share/uploads/"
POSTERS = "/tmp/share/posters/"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def render_poster(host: str, job: PosterJob) -> int:
    """Have a poster rendered and return the number of its pages."""
    remote = " ".join(
        [
            "posterize",
            f"--size {_quoted(job.size)}",
            f"--font {_quoted(job.font)}",
            f"--caption {_quoted(job.caption)}",
            _quoted(UPLOADS + job.source),
            _quoted(f"{POSTERS}{job.number}.pdf"),
        ]
    )
    command = f"farm-ssh {host} {shlex.quote(remote)}"
    result = subprocess.run(command, shell=True, capture_output=True, text=True)
    if result.returncode:
        raise PosterError(result.stderr)
    return int(result.stdout.strip())
