# Remembers what the runner and the library are made of before any of the project is
# loaded, and tells what is no longer the same object.

import operator
import sys
import types

RUNNER_ROOTS = {"pytest", "_pytest", "pluggy"}
# Of the library, what is told when it is changed: what tests look at results with.
SHARED_ROOTS = set(
    "builtins os posix posixpath genericpath io pathlib shutil subprocess tempfile uuid random"
    " secrets time re json pickle inspect types functools collections itertools importlib glob"
    " fnmatch sqlite3 base64 hashlib operator string copy datetime decimal traceback linecache"
    " contextlib unittest socketserver".split()
)
# What is remembered of the runner, which no test exchanges while it runs: modules, and
# which of their classes.
OF_RUNNER = {
    "pytest": "",
    "_pytest.assertion": "",
    "_pytest.assertion.rewrite": "",
    "_pytest.assertion.util": "",
    "_pytest.nodes": "Node Item",
    "_pytest.outcomes": "OutcomeException",
    "_pytest.python": "Function PyobjMixin",
    "_pytest.python_api": "RaisesContext",
    "_pytest.raises": "AbstractRaises RaisesExc",
    "_pytest.reports": "BaseReport TestReport",
    "_pytest.runner": "CallInfo SetupState",
    "_pytest.skipping": "",
    "pluggy._callers": "",
    "pluggy._hooks": "HookCaller HookImpl",
    "pluggy._result": "Result",
}
# The same of the library. What tests exchange of it themselves is as it was after each.
OF_LIBRARY = {
    "builtins": "",
    "genericpath": "",
    "io": "",
    "json": "",
    "os": "",
    "pathlib": "PurePath Path PosixPath",
    "posixpath": "",
    "re": "",
    "subprocess": "Popen",
    "tempfile": "",
    "time": "",
    "unittest.case": "TestCase _AssertRaisesContext _AssertRaisesBaseContext",
    "unittest.mock": "Base NonCallableMock CallableMixin MagicMixin",
    "uuid": "UUID",
}
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


def dictionary_of(module):
    """The names of a module, without its being told that somebody looks."""
    if not isinstance(module, types.ModuleType):
        return {}
    return types.ModuleType.__getattribute__(module, "__dict__")


class Remembered:
    """What a module or a class was made of."""

    __slots__ = ("label", "view", "names", "parts", "all_names", "is_module")

    def __init__(self, label, view, is_module):
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
    return [remember_all(table) for table in (OF_RUNNER, OF_LIBRARY)]


def remember_all(table):
    kept = []
    for name, classes in table.items():
        view = dictionary_of(sys.modules.get(name))
        if view:
            kept.append(Remembered(name, view, True))
        for part in classes.split():
            if part in view:
                kept.append(Remembered(f"{name}.{part}", view[part].__dict__, False))
    return kept


def remember_tests(folder):
    """The parts of test modules, which their tests share with the project."""
    kept = []
    for name, module in list(sys.modules.items()):
        view = dictionary_of(module)
        if not str(view.get("__file__")).startswith(folder):
            continue
        kept.append(Remembered(name, view, True))
        for part in list(view.values()):
            if isinstance(part, type) and part.__module__ == name:
                kept.append(Remembered(f"{name}.{part.__qualname__}", part.__dict__, False))
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

    def compare(remembered, explained=()):
        """The first thing that is not what it was, or none."""
        for it in remembered:
            view = it.view
            if not every(each(same, each(view.get, it.names), it.parts)):
                for name, part in pairs(it.names, it.parts):
                    if view.get(name) is not part and it.label + "." + name not in explained:
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
