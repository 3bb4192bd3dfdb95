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
# Modules, and which of their classes, that nobody changes and changes back again: what
# runs tests, and what tests look at results with. (Pytest notes facts in some others.)
STEADY = {
    "pytest": "",
    "_pytest.outcomes": "OutcomeException",
    "_pytest.python_api": "RaisesContext",
    "_pytest.raises": "AbstractRaises RaisesExc",
    "_pytest.reports": "BaseReport TestReport",
    "_pytest.runner": "CallInfo SetupState",
    "pluggy._caller": "",
    "pluggy._callers": "",
    "pluggy._execution": "",
    "pluggy._hooks": "HookCaller HookImpl",
    "pluggy._result": "Result",
    "builtins": "",
    "genericpath": "",
    "io": "",
    "json": "",
    "os": "",
    "pathlib": "PurePath Path PosixPath",
    "posix": "",
    "posixpath": "",
    "re": "",
    "time": "",
    "unittest.case": "TestCase _AssertRaisesContext _AssertRaisesBaseContext",
    "unittest.mock": "Base NonCallableMock CallableMixin MagicMixin",
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


def make_version_of():
    """A function that gives a cell with a number for a dictionary, which grows with each
    change of it, also with one that is taken back; none where there is no such number."""
    import ctypes

    # After the count of references, the type and the count of items.
    offset = 3 * ctypes.sizeof(ctypes.c_void_p)
    cell_at = ctypes.c_uint64.from_address

    def cell_of(view):
        address = id(view)
        if isinstance(view, types.MappingProxyType):
            address = ctypes.c_void_p.from_address(id(view) + offset - ctypes.sizeof(ctypes.c_void_p)).value
        return cell_at(address + offset)

    class Tried:
        pass

    numbers = []
    for view in ({}, vars(types.ModuleType("tried")), Tried.__dict__):
        cell = cell_of(view)
        before = cell.value
        if isinstance(view, dict):
            view["name"] = 1
            changed = cell.value
            del view["name"]
        else:
            Tried.name = 1
            changed = cell.value
            del Tried.name
        numbers.append(len({before, changed, cell.value}) == 3)
    return cell_of if all(numbers) else None


class Remembered:
    """What a module or a class was made of."""

    __slots__ = ("all_names", "cell", "is_steady", "label", "module", "names", "parts", "version", "view")

    def __init__(self, label, view, module, version_of=None, is_steady=False):
        self.label = label
        # For a class there is none.
        self.module = module
        self.view = view
        if is_steady and module is not None:
            # Where a module has none, the first warning in it would be a change.
            view.setdefault("__warningregistry__", {})
        self.cell = version_of(view) if version_of else None
        self.is_steady = is_steady
        self.look()

    def look(self):
        view = self.view
        self.version = self.cell.value if self.cell else None
        parts = [(name, part) for name, part in view.items() if isinstance(part, PARTS)]
        self.names = tuple(name for name, _ in parts)
        self.parts = tuple(part for _, part in parts)
        self.all_names = frozenset(view)


def remember():
    """The runner's parts and the library's parts."""
    version_of = make_version_of()
    runner, shared, seen = [], [], set()
    for name, module in list(sys.modules.items()):
        root, view = name.split(".")[0], dictionary_of(module)
        kept = runner if root in RUNNER_ROOTS else shared if root in SHARED_ROOTS else None
        if kept is None or not view:
            continue
        kept.append(Remembered(name, view, module, version_of, name in STEADY))
        steady = STEADY.get(name, "").split()
        for part in list(view.values()):
            # Classes of C cannot be changed.
            if not isinstance(part, type) or part in seen or not part.__flags__ & 1 << 9:
                continue
            if part.__module__ == name or part.__name__ in steady:
                seen.add(part)
                label = f"{name}.{part.__qualname__}"
                is_steady = part.__name__ in steady
                kept.append(Remembered(label, part.__dict__, None, version_of, is_steady))
    if not version_of:
        # To look at everything after each test would take too long.
        runner, shared = ([it for it in kept if it.is_steady] for kept in (runner, shared))
    return runner, shared


def remember_tests(folder, known):
    """The parts of test modules, which their tests share with the project. Those that
    are known by name need not be what is found under it."""
    kept = []
    for name, module in list(sys.modules.items()):
        if not str(dictionary_of(module).get("__file__")).startswith(folder):
            continue
        view = dictionary_of(known.get(name, module))
        kept.append(Remembered(name, view, module))
        classes = [it for it in view.values() if isinstance(it, type) and it.__module__ == name]
        kept += [Remembered(f"{name}.{it.__qualname__}", it.__dict__, None) for it in classes]
    return kept


def make_compare():
    """Functions that use nothing which could be exchanged."""
    same, each, every = operator.is_, map, all
    builtin_names = frozenset(vars(sys.modules["builtins"]))
    length, pairs, late, frozen = len, zip, frozenset(LATE), frozenset
    kind_is, text_type, modules = type, str, sys.modules
    facts = frozenset({bool, int, str, float, tuple, list, dict, set, type(None)})

    def differs(it, explained):
        view = it.view
        if not every(each(same, each(view.get, it.names), it.parts)):
            for name, part in pairs(it.names, it.parts):
                if view.get(name) is not part and it.label + "." + name not in explained:
                    return it.label + "." + name
        if length(view) != length(it.all_names):
            # A module may get new names, but none that hides what it uses.
            added = frozen(view) - it.all_names - late
            if it.module is not None:
                added &= builtin_names
            for name in added:
                # The runner notes facts in its classes, but no functions.
                if kind_is(name) is text_type and kind_is(view.get(name)) not in facts:
                    return it.label + "." + name
        return None

    def compare(remembered, explained=(), excused=None):
        """The first thing that is not what it was, or none. `excused` are names of modules
        that tests have changed themselves; none of all is asked for, everything is."""
        for it in remembered:
            if it.module is not None and modules.get(it.label) is not it.module:
                return "the module " + it.label
            cell = it.cell
            if cell is not None:
                version = cell.value
                if version == it.version:
                    continue
                it.version = version
            changed = differs(it, explained)
            if changed:
                return "exchanged " + changed
            is_told = cell is not None and it.is_steady and excused is not None
            if is_told and it.label not in excused:
                return "exchanged something of " + it.label + " for a moment"
        return None

    def accept(remembered):
        """Takes what the runner itself has changed since, while nothing else has run."""
        for it in remembered:
            if (it.cell is None or it.cell.value != it.version) and differs(it, ()):
                it.look()
            elif it.cell is not None:
                it.version = it.cell.value

    return compare, accept
