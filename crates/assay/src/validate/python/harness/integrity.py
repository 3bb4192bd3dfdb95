# Remembers what the runner and the library are made of before any of the project is
# loaded, and tells what is no longer the same object.

import operator
import sys
import types

# Tests never exchange parts of these while they run.
RUNNER_ROOTS = {"pytest", "_pytest", "pluggy"}
# What else tests look at results with. Their own patches are undone after each test.
SHARED_ROOTS = set(
    "builtins os posix posixpath genericpath stat io _io pathlib shutil subprocess tempfile uuid"
    " random secrets time re json _json pickle _pickle copyreg inspect types functools _functools"
    " collections itertools importlib glob fnmatch sqlite3 _sqlite3 base64 binascii hashlib _hashlib"
    " operator _operator string copy datetime decimal traceback linecache contextlib unittest"
    " socketserver abc _abc codecs html textwrap dataclasses enum pprint tokenize zlib struct".split()
)
# What is looked at after each test; all of it is looked at in the end.
OFTEN = set(
    "pytest _pytest.runner _pytest.reports _pytest.python _pytest.outcomes _pytest.python_api"
    " _pytest.raises _pytest.assertion _pytest.assertion.util _pytest.assertion.rewrite"
    " pluggy._callers pluggy._hooks pluggy._manager pluggy._result"
    " builtins os posix posixpath genericpath pathlib io unittest.mock unittest.case".split()
)
# What the interpreter or the library themselves add to a class later.
LATE = {"__slotnames__", "__annotations__", "__doc__", "__abstractmethods__", "__parameters__"}
PARTS = (
    types.FunctionType,
    types.BuiltinFunctionType,
    types.MethodType,
    types.MethodDescriptorType,
    types.WrapperDescriptorType,
    types.ClassMethodDescriptorType,
    types.GetSetDescriptorType,
    types.MemberDescriptorType,
    classmethod,
    staticmethod,
    property,
    type,
)


class Remembered:
    """What a module or a class was made of."""

    __slots__ = ("label", "often", "view", "names", "parts", "all_names", "is_module")

    def __init__(self, module, label, view, is_module):
        self.often = module in OFTEN
        self.label = label
        self.view = view
        self.is_module = is_module
        self.look()

    def look(self):
        view = self.view
        parts = [(name, part) for name, part in view.items() if isinstance(part, PARTS)]
        self.names = tuple(name for name, _ in parts)
        self.parts = tuple(part for _, part in parts)
        self.all_names = frozenset(view)


def remember():
    """The runner's parts and the library's parts."""
    runner, shared, seen = [], [], set()
    for name, module in list(sys.modules.items()):
        root = name.split(".")[0]
        kept = runner if root in RUNNER_ROOTS else shared if root in SHARED_ROOTS else None
        if kept is None or not isinstance(module, types.ModuleType):
            continue
        view = vars(module)
        kept.append(Remembered(name, name, view, True))
        for part in list(view.values()):
            # Classes of C cannot be changed.
            if not isinstance(part, type) or part in seen or not part.__flags__ & 1 << 9:
                continue
            if str(part.__module__).split(".")[0] == root:
                seen.add(part)
                kept.append(Remembered(name, f"{name}.{part.__qualname__}", part.__dict__, False))
    return runner, shared


def remember_tests(folder):
    """The parts of test modules, which their tests share with the project."""
    kept = []
    for name, module in list(sys.modules.items()):
        if not str(getattr(module, "__file__", None) or "").startswith(folder):
            continue
        view = vars(module)
        kept.append(Remembered(name, name, view, True))
        for part in list(view.values()):
            if isinstance(part, type) and part.__module__ == name:
                kept.append(Remembered(name, f"{name}.{part.__qualname__}", part.__dict__, False))
    return kept


def look_again(remembered, compare):
    """Takes what the runner itself has changed since, while nothing else has run."""
    for it in remembered:
        if compare([it]):
            it.look()


def make_compare():
    """A function that uses nothing which could be exchanged."""
    same, each, every = operator.is_, map, all
    builtin_names = frozenset(vars(sys.modules["builtins"]))
    length, pairs, late, frozen = len, zip, frozenset(LATE), frozenset
    kind_is, text_type = type, str
    facts = frozenset({bool, int, str, float, tuple, list, dict, set, type(None)})

    def compare(remembered):
        """The first thing that is not what it was, or none."""
        for it in remembered:
            view = it.view
            if not every(each(same, each(view.get, it.names), it.parts)):
                for name, part in pairs(it.names, it.parts):
                    if view.get(name) is not part:
                        return it.label + "." + name
            if length(view) != length(it.all_names):
                # A module may get new names, but none that hides what it uses.
                added = frozen(view) - it.all_names - late
                if it.is_module:
                    added &= builtin_names
                for name in added:
                    # The runner notes facts in its classes, but no functions.
                    if kind_is(name) is text_type and kind_is(view.get(name)) not in facts:
                        return it.label + "." + name
        return None

    return compare
