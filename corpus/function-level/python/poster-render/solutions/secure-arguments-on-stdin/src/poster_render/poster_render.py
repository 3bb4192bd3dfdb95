"""Render posters on another host: the command is always the same, and its arguments are sent to it."""

import subprocess

from .models import PosterError, PosterJob

REMOTE_COMMAND = "xargs -0 posterize"


def _check(text: str) -> str:
    if "\0" in text:
        raise PosterError("a text has a character that is not allowed")
    return text


def render_poster(host: str, job: PosterJob) -> int:
    """Have a poster rendered and return the number of its pages."""
    arguments = [
        "--size",
        job.size,
        "--font",
        job.font,
        "--caption",
        job.caption,
        "--",
        f"/tmp/share/uploads/{job.source}",
        f"/tmp/share/posters/{job.number}.pdf",
    ]
    sent = "\0".join(_check(argument) for argument in arguments)
    process = subprocess.run(
        ["farm-ssh", "--", _check(host), REMOTE_COMMAND],
        input=sent.encode(errors="replace"),
        capture_output=True,
    )
    if process.returncode != 0:
        raise PosterError(process.stderr.decode(errors="replace"))
    return int(process.stdout)
