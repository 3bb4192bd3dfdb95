"""Loads folders of `assay export --format sft` with LLaMA-Factory's own loader and with `datasets`,
and compares what they find with what the folders say; reads the recipes in them with LLaMA-Factory's
own parser.

    python3 -m venv venv && venv/bin/pip install llamafactory==0.9.5
    venv/bin/python scripts/load-training-data.py FOLDER...

Ends with 1 where a number differs or a file is not understood.
"""

import json
import os
import re
import sys
import tempfile
from pathlib import Path

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("HF_HOME", tempfile.mkdtemp())

import datasets
import yaml
from llamafactory.data.loader import _load_single_dataset as load_single_dataset
from llamafactory.data.parser import get_dataset_list
from llamafactory.hparams import get_train_args

datasets.disable_progress_bars()
# The recipes are for GPUs, which need not be here.
HERE = {"use_cpu": True, "bf16": False, "output_dir": tempfile.mkdtemp()}


def arguments(folder, name, stage):
    return get_train_args(
        {
            "model_name_or_path": "none",
            "stage": stage,
            "do_train": True,
            "finetuning_type": "lora",
            "dataset_dir": str(folder),
            "dataset": name,
            "template": "llama3",
            **HERE,
        }
    )


def stated(folder):
    """The numbers of the data card, by kind and side."""
    rows = re.findall(r"^\| ([a-z]+) \| [^|]+ \| (\d+) \| (\d+) \|", (folder / "README.md").read_text(), re.M)
    sides = [((kind, "train"), train) for kind, train, _ in rows] + [
        ((kind, "held_out"), held) for kind, _, held in rows
    ]
    return {place: int(number) for place, number in sides}


def by_llama_factory(folder, name, is_ranking):
    """How many examples LLaMA-Factory takes of a set: those it would skip have no prompt or answer."""
    [described] = get_dataset_list([name], str(folder))
    model, data, training, _, _ = arguments(folder, name, "rm" if is_ranking else "sft")
    if described.ranking != is_ranking:
        sys.exit(f"{folder}/{name}: ranking is {described.ranking}")
    loaded = load_single_dataset(described, model, data, training)
    answers = 2 if is_ranking else 1
    return sum(len(row["_prompt"]) == 1 and len(row["_response"]) == answers for row in loaded)


def by_datasets(folder, kind, side):
    """As the head of the data card describes the set."""
    return len(datasets.load_dataset(str(folder), kind, split=side))


def check(folder):
    wrong = 0
    counts = {place: number for place, number in stated(folder).items() if number}
    names = set(json.loads((folder / "dataset_info.json").read_text()))
    expected = {f"assay_{kind}_{side}" for kind, side in counts}
    if not expected <= names:
        sys.exit(f"{folder}: dataset_info.json lacks {sorted(expected - names)}")
    print(f"{folder}\n{'':16}{'side':10}{'stated':>8}{'LLaMA-Factory':>15}{'datasets':>10}")
    for (kind, side), number in counts.items():
        found = [
            by_llama_factory(folder, f"assay_{kind}_{side}", kind == "preference"),
            by_datasets(folder, kind, side),
        ]
        wrong += found != [number, number]
        remark = "" if found == [number, number] else "  differs"
        print(f"{kind:16}{side:10}{number:8}{found[0]:15}{found[1]:10}{remark}")
    for recipe in sorted(folder.glob("vc-judge-*.yaml")):
        told = yaml.safe_load(recipe.read_text())
        model, data, training, finetuning, _ = get_train_args({**told, "dataset_dir": str(folder), **HERE})
        if not set(data.dataset + (data.eval_dataset or [])) <= names:
            sys.exit(f"{recipe}: names a set that is not there")
        print(
            f"{recipe.name}: {finetuning.finetuning_type}, {model.model_name_or_path}, "
            f"bits {model.quantization_bit}, learning rate {training.learning_rate}, "
            f"epochs {training.num_train_epochs}"
        )
    return wrong


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    sys.exit(sum(check(Path(folder)) for folder in sys.argv[1:]) > 0)
