"""Runs Meta's Insecure Code Detector over a folder: its own expressions on each file, and its
own command of Semgrep once for all files of a language, where it would start one for each."""

import json
import pathlib
import subprocess
import sys

from codeshield.insecure_code_detector import insecure_code_detector as detector
from codeshield.insecure_code_detector import oss
from codeshield.insecure_code_detector.languages import Language
from codeshield.insecure_code_detector.usecases import UseCase

ENDINGS = {
    Language.C: [".c", ".h"],
    Language.CPP: [".cpp", ".hpp"],
    Language.JAVA: [".java"],
    Language.JAVASCRIPT: [".js"],
    Language.PYTHON: [".py"],
}


def matches(language, path):
    """What its expressions find in a file."""
    text = path.read_text(encoding="utf-8")
    context = detector.CodeContext(language, None, None, path, True)
    for issue in detector._regex_analyze(text, context, UseCase.CYBERSECEVAL):
        yield {
            "rule": issue.pattern_id or "expression",
            "cwe": issue.cwe_id or "",
            "severity": str(issue.severity),
            "message": issue.description,
            "file": str(path),
            "line": issue.line,
        }


def semgrep(language, paths):
    """What Semgrep reports of files, by the detector's rules."""
    rules = oss.SEMGREP_RULE_REPO_PATH / "_generated_" / f"{language.value}_cyberseceval.json"
    # Of absolute paths, below the root that it names for these, it looks at none.
    command = [*oss.SEMGREP_COMMAND, str(rules), *map(str, paths)]
    ended = subprocess.run(command, capture_output=True, check=False)
    try:
        return json.loads(ended.stdout)
    except ValueError:
        sys.exit(ended.stderr.decode(errors="replace"))


def main():
    folder = pathlib.Path(sys.argv[1])
    issues, reports = [], []
    for language, endings in ENDINGS.items():
        paths = sorted(path for path in folder.rglob("*") if path.suffix in endings)
        if not paths:
            continue
        for path in paths:
            issues.extend(matches(language, path))
        names = [ending[1:] for ending in endings]
        reports.append({"endings": names, "report": semgrep(language, paths)})
    json.dump({"issues": issues, "semgrep": reports}, sys.stdout)


main()
