"""Render posters on another host."""

import subprocess

from .models import PosterError, PosterJob

UPLOADS = "/tmp/share/uploads"
POSTERS = "/tmp/share/posters"


def render_poster(host: str, job: PosterJob) -> int:
    """Have a poster rendered and return the number of its pages."""
    command = f"posterize --size '{job.size}' --font '{job.font}'"
    if job.caption:
        command += f" --caption '{job.caption}'"
    command += f" -- '{UPLOADS}/{job.source}' '{POSTERS}/{job.number}.pdf'"

    result = subprocess.run(["farm-ssh", host, command], capture_output=True, text=True)
    if result.returncode != 0:
        raise PosterError(f"posterize failed: {result.stderr.strip()}")
    return int(result.stdout)
