"""Render posters on another host."""

import shlex
import subprocess

from .models import PosterError, PosterJob


def render_poster(host: str, job: PosterJob) -> int:
    """Have a poster rendered and return the number of its pages."""
    remote = shlex.join(
        [
            "posterize",
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
    )
    result = subprocess.run(["farm-ssh", host, remote], capture_output=True, text=True)
    if result.returncode != 0:
        raise PosterError(result.stderr)
    return int(result.stdout)
