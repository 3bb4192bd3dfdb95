"""Runs the extractor of a checkout of SecCodeBench-V2 on answers.

Reads a JSON list of texts, and writes a list of what the extractor makes of each: the
code, or null where it gives the answer back as it is. Only the file with the extractor is
loaded; what it imports of the rest of the program has no part in extracting.
"""

import importlib.util
import json
import sys
import types
from pathlib import Path


class Anything(types.ModuleType):
    def __getattr__(self, name):
        return type(name, (), {"get_logger": staticmethod(lambda *_: Anything("logger"))})


PACKAGE = "sec_code_bench"
for name in ["evaluator", "evaluator.base", "utils", "utils.fdisk_utils", "utils.logger_utils"]:
    sys.modules[f"{PACKAGE}.{name}"] = Anything(name)
sys.modules[PACKAGE] = Anything(PACKAGE)

place = Path(sys.argv[1]) / PACKAGE / "utils" / "testcase.py"
spec = importlib.util.spec_from_file_location("official_testcase", place)
module = importlib.util.module_from_spec(spec)
sys.modules["official_testcase"] = module
spec.loader.exec_module(module)


class Case:
    generated_code = {}


def extracted(text):
    case = Case()
    case.generated_code = {}
    scenario = module.TestScenario.Generate
    module.Testcase.set_generated_code(case, 1, scenario, text)
    code = case.generated_code[1][scenario]
    return None if code == text else code


json.dump([extracted(text) for text in json.load(sys.stdin)], sys.stdout)
