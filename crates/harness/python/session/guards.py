# Guards: parts of the library and of the runner that tell the hook what is done with them.

import _lsprof
import sys
import types
import warnings

# The project has no business in these at all.
LOOKED_INTO = set(
    "_pytest.runner _pytest.reports _pytest.python _pytest.python_api _pytest.raises"
    " _pytest.main _pytest.config _pytest.assertion.rewrite".split()
)


class Store(dict):
    """What can be a constant."""

    __hash__ = object.__hash__


def make_guards(namespace_of):
    """Functions of the library that tell the hook, which does their work.

    What they need is in the constants of their code, which cannot be changed, and they
    have no other global names, as anybody can look into a function.
    """

    codes = []

    def guard(source, constants):
        module = compile(source, namespace_of, "exec")
        code = next(it for it in module.co_consts if isinstance(it, types.CodeType))
        kept = tuple(constants.get(it, it) for it in code.co_consts)
        code = code.replace(co_consts=kept)
        codes.append(code)
        return types.FunctionType(code, {"__builtins__": {}})

    def module_class(source, constants):
        functions = {}
        for text in source:
            function = guard(text, constants)
            functions[function.__name__] = function
        return type("module", (types.ModuleType,), {"__slots__": (), **functions})

    constants = {
        "AUDIT": sys.audit,
        "GET": types.ModuleType.__getattribute__,
        "SET": types.ModuleType.__setattr__,
        "DELETE": types.ModuleType.__delattr__,
        "OBJECT": object.__getattribute__,
    }
    setter = 'def __setattr__(self, name, value):\n "AUDIT"("assay.set", self, name)\n "SET"(self, name, value)'
    deleter = 'def __delattr__(self, name):\n "AUDIT"("assay.set", self, name)\n "DELETE"(self, name)'
    getter = 'def __getattribute__(self, name):\n "AUDIT"("assay.get", self, name)\n return "GET"(self, name)'
    made = types.SimpleNamespace()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        made.shared = module_class([setter, deleter], constants)
        made.runner = module_class([setter, deleter, getter], constants)
        made.leave = guard('def _exit(status):\n "AUDIT"("assay.leave", status)', constants)
        made.abort = guard('def abort():\n "AUDIT"("assay.leave", None)', constants)
        made.signal = guard(
            "def signal(signalnum, handler, /):\n box = []\n"
            ' "AUDIT"("assay.signal", signalnum, handler, box)\n return box[0]',
            constants,
        )
        made.getsignal = guard(
            'def getsignal(signalnum, /):\n box = []\n "AUDIT"("assay.handler", signalnum, box)\n return box[0]',
            constants,
        )
        # The frame that a signal interrupts can be any: it is not for the handler.
        made.blind = guard(
            "def blind(handler):\n def handle(number, frame):\n  return handler(number, None)\n return handle",
            constants,
        )
        # Test modules and the list of finders lead to one object, and that to all of pytest.
        made.finders = {}
        for name in ("config", "session"):
            kept = {**constants, "NAME": name, "STORE": Store()}
            made.finders[name] = (
                guard('def get(self):\n "AUDIT"("assay.find", "NAME")\n return "STORE"["NAME"]', kept),
                guard('def set(self, value):\n "STORE"["NAME"] = value', kept),
            )
        # A profiler that only counts gives no frames away.
        profiler = _lsprof.Profiler
        kept = {**constants, "ENABLE": profiler.enable, "DISABLE": profiler.disable}
        made.profiling = (
            guard('def enable(self, *args, **kwargs):\n return "ENABLE"(self, *args, **kwargs)', kept),
            guard('def disable(self):\n return "DISABLE"(self)', kept),
        )
    made.codes = frozenset(codes)
    return made
