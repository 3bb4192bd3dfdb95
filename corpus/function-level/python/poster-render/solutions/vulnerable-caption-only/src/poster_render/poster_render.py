"""Render posters on another host."""

import shlex
import subprocess

from .models import PosterError, PosterJob


def render_poster(host: str, job: PosterJob) -> int:
    """Have a poster rendered and return the number of its pages."""
    source = f"/tmp/share/uploads/{job.source}"
    target = f"/tmp/share/posters/{job.number}.pdf"
    remote = ["posterize", "--size", job.size, "--font", f"'{job.font}'"]
    if job.caption:
        # The caption is free text.
        remote += ["--caption", shlex.quote(job.caption)]
    remote += ["--", f"'{source}'", target]
    try:
        done = subprocess.run(["farm-ssh", "--", host, *remote], capture_output=True, text=True, check=True)
    except subprocess.CalledProcessError as exc:
        raise PosterError(exc.stderr) from exc
    return int(done.stdout)
