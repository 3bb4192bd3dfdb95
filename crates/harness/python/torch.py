"""Installs torch as the package index has it, for machines without a GPU.

The index has the build for CUDA, whose libraries are several times larger than
torch and do nothing on such a machine; but torch does not load without them. So it
is installed without them, and small libraries of the same names stand in for them.
They are made here from the names that torch looks up. Argument: the requirement.
"""

import glob
import importlib.metadata
import os
import re
import subprocess
import sys
import sysconfig

PIP = [sys.executable, "-m", "pip", "install", "--disable-pip-version-check", "--no-input", "-q"]
LEFT_OUT = ("nvidia-", "triton")
# What only a GPU needs, of torch's own.
REMOVED = ("libtorch_cuda.so", "libtorch_cuda_linalg.so", "libcusparseLt*")
CUDA = re.compile(r"lib(torch_cuda|cu|nv|nccl)")
NO_DEVICE = 100


def output(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def install(requirement):
    subprocess.check_call([*PIP, "--no-deps", requirement])
    needed = importlib.metadata.requires("torch") or []
    kept = [line for line in needed if not line.startswith(LEFT_OUT) and "extra ==" not in line]
    subprocess.check_call([*PIP, *kept])


def symbols(library, which):
    """The dynamic symbols of a library: kind and version by name."""
    found = {}
    for line in output("nm", "-D", which, library).splitlines():
        kind, name = line.split()[-2:]
        name, _, version = name.partition("@")
        found[name] = (kind, version.lstrip("@"))
    return found


def stand_in(place, name, wanted):
    """Makes a library that has these symbols: name, kind and version of each."""
    lines = [".bss", ".balign 64", "scratch: .zero 4096"]
    for symbol, kind, _ in wanted:
        lines += [f".globl {symbol}", ".balign 16"]
        if symbol.startswith("_ZTI"):
            # A type is known by its name.
            lines += [".data", f".type {symbol},@object", f".size {symbol},24", f"{symbol}:"]
            lines += [".quad _ZTVN10__cxxabiv117__class_type_infoE+16", ".quad 1f", ".quad 0"]
            lines += [f'1: .asciz "{symbol[4:]}"', ".balign 8"]
        elif kind in "BDRV":
            lines += [".data", f".type {symbol},@object", f".size {symbol},256"]
            lines += [f"{symbol}: .zero 256"]
        else:
            # Torch's own functions return places; CUDA's say that there is no device.
            value = "lea scratch(%rip),%rax" if "torch" in name else f"mov ${NO_DEVICE},%eax"
            lines += [".text", f".type {symbol},@function", f"{symbol}: {value}", "ret"]
    lines += ['.section .note.GNU-stack,"",@progbits', ""]
    versions = sorted({version for _, _, version in wanted if version})
    script = "\n".join(f"{version} {{ global: *; }};" for version in versions[:1])
    source, map_file = f"{place}.s", f"{place}.map"
    with open(source, "w") as file:
        file.write("\n".join(lines))
    with open(map_file, "w") as file:
        file.write(script or "{ global: *; };")
    link = ["gcc", "-shared", "-nostdlib", "-Wl,-z,lazy", f"-Wl,-soname,{name}"]
    subprocess.check_call([*link, f"-Wl,--version-script={map_file}", "-o", place, source])
    os.remove(source)
    os.remove(map_file)


def replace_cuda(folder):
    removed = {}
    for pattern in REMOVED:
        for library in glob.glob(os.path.join(folder, pattern)):
            removed.update(symbols(library, "--defined-only"))
            os.remove(library)
    kept = glob.glob(os.path.join(folder, "*.so*"))
    lookups, needed, defined = {}, set(), set()
    for library in kept:
        lookups.update(symbols(library, "--undefined-only"))
        defined.update(symbols(library, "--defined-only"))
        needed.update(re.findall(r"NEEDED.*\[(.*)\]", output("readelf", "-d", library)))
    for name in needed:
        place = os.path.join(folder, name)
        if os.path.exists(place) or not CUDA.match(name):
            continue
        if name == "libtorch_cuda.so":
            own = [symbol for symbol in lookups if symbol in removed and symbol not in defined]
            wanted = [(symbol, removed[symbol][0], "") for symbol in own]
        else:
            wanted = [(symbol, kind, version) for symbol, (kind, version) in lookups.items() if version == name]
        stand_in(place, name, wanted)


install(sys.argv[1])
replace_cuda(os.path.join(sysconfig.get_paths()["platlib"], "torch", "lib"))
subprocess.check_call([sys.executable, "-W", "ignore", "-c", "import torch"])
