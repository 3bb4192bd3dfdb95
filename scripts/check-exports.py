"""Opens exports with other tools, and compares what they find: see check-exports.sh."""

import json
import os
import sys
from importlib.metadata import version
from pathlib import Path

import duckdb
import jsonschema
import pandas
import polars
import requests
from inspect_ai.log import list_eval_logs, read_eval_log
from junitparser import JUnitXml

folder = Path(sys.argv[1])
rows = [json.loads(line) for line in (folder / "run.jsonl").read_text().split("\n") if line]
verdicts = [row["verdict"] for row in rows]
print(f"{len(rows)} attempts as JSON lines")


def same(tool, found, expected):
    if found != expected:
        sys.exit(f"{tool}: found {found}, expected {expected}")


# Parquet, by three readers: every value is that of the JSON lines.
for tool, table in [
    ("pandas", pandas.read_parquet(folder / "run.parquet").astype(object)),
    ("polars", polars.read_parquet(folder / "run.parquet").to_pandas().astype(object)),
    ("duckdb", duckdb.sql(f"FROM '{folder}/run.parquet'").df().astype(object)),
]:
    same(tool, list(table.columns), list(rows[0]))
    for name in table.columns:
        found = [None if pandas.isna(value) else value for value in table[name]]
        same(f"{tool}, {name}", found, [row[name] for row in rows])
    print(f"parquet by {tool} {version(tool)}: {len(table)} rows, {len(table.columns)} columns")
[(turns,)] = duckdb.sql(f"SELECT count(*) FROM '{folder}/turns.parquet'").fetchall()
same("turns", turns, sum(row["turns"] for row in rows))
print(duckdb.sql(f"""
    SELECT subject, count(*) AS attempts, sum(secure::int) AS secure,
           sum(turns)::int AS turns, sum(output_tokens)::bigint AS output_tokens
    FROM '{folder}/run.parquet' GROUP BY subject ORDER BY secure DESC"""))

# CSV.
table = pandas.read_csv(folder / "run.csv")
same("csv by pandas", [None if pandas.isna(v) else v for v in table["verdict"]], verdicts)
found = duckdb.sql(f"SELECT verdict FROM read_csv('{folder}/run.csv', max_line_size=16000000)")
same("csv by duckdb", [value for (value,) in found.fetchall()], verdicts)
print(f"csv by pandas and duckdb: {len(table)} rows")

# JUnit.
suites = JUnitXml.fromfile(str(folder / "run.junit.xml"))
errored = [row for row in rows if row["verdict"] is None]
unjudged = [row for row in errored if row["error_class"] == "unjudged"]
same("junit", suites.tests, len(rows))
same("junit", suites.skipped, len(unjudged))
same("junit", suites.errors, len(errored) - len(unjudged))
same("junit", suites.failures, sum(v not in (None, "secure") for v in verdicts))
same("junit", sum(1 for suite in suites for _ in suite), len(rows))
print(f"junit by junitparser {version('junitparser')}: {suites.tests} tests, "
      f"{suites.failures} failures, {suites.errors} errors, {suites.skipped} skipped")

# SARIF.
log = json.loads((folder / "run.sarif").read_text())
copy = os.environ.get("SARIF_SCHEMA")
schema = json.loads(Path(copy).read_text()) if copy else requests.get(log["$schema"], timeout=60).json()
jsonschema.Draft4Validator.check_schema(schema)
jsonschema.Draft4Validator(schema, format_checker=jsonschema.FormatChecker()).validate(log)
results = sum(len(run["results"]) for run in log["runs"])
same("sarif", results, verdicts.count("insecure"))
print(f"sarif by jsonschema {version('jsonschema')} with {schema['id']}: valid, {results} results")

# Inspect.
logs = list_eval_logs(str(folder / "logs"))
samples = 0
for info in logs:
    header = read_eval_log(info, header_only=True)
    log = read_eval_log(info)
    same("inspect", log.status, header.status)
    own = {(row["case_id"] + "/" + row["scenario"], row["round"]): row
           for row in rows
           if (row["run_id"], row["subject"]) == (log.eval.metadata["run"], log.eval.model)}
    same("inspect", len(log.samples), log.results.total_samples)
    for sample in log.samples:
        row = own[(sample.id, sample.epoch)]
        score = (sample.scores or {}).get("verdict")
        same(f"inspect, {sample.id}", score.value if score else None, row["verdict"])
        # Built-in subjects answer in files, which the log has as one text.
        if row["answer"] is not None:
            same(f"inspect, {sample.id}", sample.output.completion, row["answer"])
        same(f"inspect, {sample.id}", len(sample.messages), 2 * row["turns"])
        same(f"inspect, {sample.id}", bool(sample.error),
             row["verdict"] is None and row["error_class"] != "unjudged")
    samples += len(log.samples)
    accuracy = log.results.scores[0].metrics.get("accuracy")
    print(f"  {log.eval.model!r}: {log.status}, {len(log.samples)} samples, "
          f"secure {accuracy.value if accuracy else None}, {log.eval.dataset.samples} tasks")
same("inspect", samples, len(rows))
print(f"inspect by inspect-ai {version('inspect-ai')}: {len(logs)} logs, {samples} samples")
