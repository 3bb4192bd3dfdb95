"""Render posters on another host: each argument is quoted for the shell there."""

import pathlib
import re
import shlex
import subprocess

from .models import PosterError, PosterJob

UPLOADS = pathlib.PurePosixPath("/tmp/share/uploads")
POSTERS = pathlib.PurePosixPath("/tmp/share/posters")
HOST = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]*")


def _remote_arguments(job: PosterJob) -> list[str]:
    arguments = ["posterize", "--size", job.size, "--font", job.font]
    if job.caption:
        arguments += ["--caption", job.caption]
    return [*arguments, "--", f"{UPLOADS}/{job.source}", f"{POSTERS}/{job.number}.pdf"]


def render_poster(host: str, job: PosterJob) -> int:
    """Have a poster rendered and return the number of its pages."""
    if not HOST.fullmatch(host):
        raise PosterError(f"not the name of a host: {host!r}")
    command = " ".join(shlex.quote(argument) for argument in _remote_arguments(job))
    try:
        result = subprocess.run(["farm-ssh", host, command], capture_output=True, text=True)
    except ValueError as error:
        raise PosterError(f"the order has a character that is not allowed: {error}") from error
    if result.returncode != 0:
        raise PosterError(result.stderr)
    return int(result.stdout)
