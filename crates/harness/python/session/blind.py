# Gives both suites the same neutral looks, so that nothing tells the project which of
# them runs, or that it is tested at all.
#
# Test modules lie in memory, under names that the host has drawn; on disk there are
# empty files. Their functions and classes get drawn names, their lines drawn numbers,
# and they have no documentation. What is shown of them has the real names again.

import ast
import builtins
import random
import re
import sys
import types

# Names that the language gives a meaning to.
SPECIAL = re.compile(r"<.*>|__\w+__")
IS_FUNCTION = 1
WITH_STATEMENTS = (ast.stmt, ast.Module, ast.ExceptHandler, ast.match_case)


class Suite:
    """The test modules of a suite, by the path that they have while they run."""

    def __init__(self, suite, project):
        modules = {f"{project}/{path}": it for path, it in suite["modules"].items()}
        self.sources = {path: text for path, (_, text) in modules.items()}
        self.paths = {path: real for path, (real, _) in modules.items()}
        self.tests = {f"{project}/{path}" for path in suite["tests"]}
        self.stems = {path.rpartition("/")[2].partition(".")[0] for path in modules}
        self.stems |= {path.split("/")[-2] for path in modules if path.endswith("/__init__.py")}
        self.project = project
        self.chance = random.SystemRandom()
        self.prefix = "".join(self.chance.choices("bcdfghklmnpqrstvwz", k=7))
        self.names, self.lines, self.shown, self.standing = {}, {}, {}, {}
        self.last = None
        self.trees = {f"{project}/{path}": tree for path, tree in suite["trees"].items()}
        self.nodes = {f"{project}/{path}": nodes for path, nodes in suite["nodes"].items()}
        self.words = set()
        for nodes in self.nodes.values():
            self.words |= words_of(nodes)

    def draw(self, name):
        """A neutral name, which stands for this one; one that is spoken of stays."""
        if SPECIAL.fullmatch(name) or name in self.words:
            return name
        while True:
            drawn = f"{self.prefix}{self.chance.randrange(1000, 10000)}"
            if drawn not in self.names:
                self.names[drawn] = name
                return drawn

    def compile(self, path, rewrite_asserts):
        """The code of a module."""
        tree, nodes = self.trees.pop(path), self.nodes.pop(path)
        # What is pickled by its name is looked for in what stands for the module.
        self.standing[path] = not mentions_name(nodes, "__name__") and not defers_types(tree)
        if "__doc__" not in self.words and not mentions_name(nodes, "__doc__"):
            remove_documentation(nodes)
        self.rename_classes(nodes)
        self.move_lines(path, tree)
        if rewrite_asserts:
            rewrite_asserts(tree, self.sources[path].encode())
        code = compile(tree, path, "exec", dont_inherit=True)
        return self.neutral(code, "")

    def rename_classes(self, nodes):
        """Gives classes drawn names, and lets the module know them by their own."""
        for node in nodes:
            # A class within a class stays, as its name would be one of the class's.
            if not isinstance(node, WITH_STATEMENTS) or isinstance(node, ast.ClassDef):
                continue
            for field in ("body", "orelse", "finalbody", "handlers"):
                statements = getattr(node, field, None)
                if not isinstance(statements, list):
                    continue
                named = []
                for statement in statements:
                    named.append(statement)
                    if isinstance(statement, ast.ClassDef):
                        named += self.rename_class(statement)
                statements[:] = named

    def rename_class(self, node):
        name = node.name
        # The runner finds classes of tests by their names, and shows them.
        parts = [name.lower(), *(getattr(it, "name", "") for it in node.body)]
        mangled = f"_{name.lstrip('_')}__"
        if any(it.startswith("test") for it in parts) or any(it.startswith(mangled) for it in self.words):
            return []
        drawn = self.draw(name)
        if drawn == name:
            return []
        node.name = drawn
        known = ast.Assign([ast.Name(name, ast.Store())], ast.Name(drawn, ast.Load()))
        return [ast.fix_missing_locations(ast.copy_location(known, node))]

    def move_lines(self, path, tree):
        """Puts the statements of a module in another order, each at a number that is drawn:
        so a line says neither where a test stands nor how many there are."""
        real, first, parts = self.sources[path].splitlines(), 1, []
        # A source without a statement has none that follows.
        for node, following in zip(tree.body, [*tree.body[1:], None], strict=False):
            last = start_of(following) - 1 if following else len(real)
            parts.append((node, first, max(first, last)))
            first = max(first, last) + 1
        lines, moved = {}, []
        number = self.chance.randrange(1, 2000)
        for node, first, last in self.chance.sample(parts, len(parts)):
            ast.increment_lineno(node, number - first)
            for it in range(first, min(last, len(real)) + 1):
                lines[number + it - first] = real[it - 1]
            moved.append((number, number - first))
            number += last - first + self.chance.randrange(2, 60)
        self.shown[path] = [lines.get(it, "") + "\n" for it in range(1, number)]
        self.lines[path] = sorted(moved)

    def neutral(self, code, scope):
        """The code under drawn names. What it is called by in its module stays."""
        parts = []
        for constant in code.co_consts:
            part = constant
            if isinstance(constant, types.CodeType):
                is_function = part.co_flags & IS_FUNCTION
                name = self.draw(part.co_name) if is_function else part.co_name
                known, place = part.co_qualname, scope + name
                # The methods of a class that the runner knows by its name do not tell it.
                is_known = is_function or name.startswith(self.prefix)
                inner = place if is_known else scope + self.draw(name)
                part = self.neutral(part, inner + (".<locals>." if is_function else "."))
                if not is_function:
                    kept = tuple(place if it == known else it for it in part.co_consts)
                    part = part.replace(co_consts=kept)
                part = part.replace(co_name=name, co_qualname=place)
            parts.append(part)
        return code.replace(co_consts=tuple(parts))

    def real(self, text):
        """A text with the real names, paths and numbers of lines."""
        if not isinstance(text, str):
            return text
        # The runner writes a path by itself, and then the number of the line.
        if self.last and (found := re.match(r":(\d+):", text)):
            text = f":{self.real_line(self.last, int(found[1]))}:" + text[found.end() :]
        self.last = next((path for path in self.paths if path.endswith(text) and len(text) > 5), None)
        for path, real in self.paths.items():
            near = path[len(self.project) + 1 :]
            if near in text:
                text = self.real_places(text, path, near, real).replace(near, real)
        if self.prefix in text:
            text = re.sub(self.prefix + r"\d{4}", lambda found: self.names.get(found[0], found[0]), text)
        return text

    def real_places(self, text, path, near, real):
        def place(found):
            return f"{real}{found[1]}{self.real_line(path, int(found[2]))}"

        return re.sub(re.escape(near) + r'(:|", line )(\d+)', place, text)

    def real_line(self, path, number):
        shift = 0
        for first, moved in self.lines.get(path, ()):
            if number < first:
                break
            shift = moved
        return number - shift


def words_of(nodes):
    """The words of a module's texts, but for its documentation."""
    found, documentation = set(), set()
    for node in nodes:
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            documentation.add(node.value)
        elif isinstance(node, ast.Constant) and isinstance(node.value, (str, bytes)):
            if node not in documentation:
                text = node.value
                text = text if isinstance(text, str) else text.decode("latin-1")
                found.update(re.findall(r"\w+", text))
        elif isinstance(node, ast.Attribute) and "__" in node.attr:
            found.add(node.attr)
    return found


def mentions_name(nodes, name):
    """Whether a module uses one of its own names, but for asking whether it is run."""
    asked = set()
    for node in nodes:
        if isinstance(node, ast.Compare):
            others = node.comparators
            if len(others) == 1 and getattr(others[0], "value", None) == "__main__":
                asked.add(node.left)
        elif isinstance(node, ast.Name) and node.id == name and node not in asked:
            return True
    return False


def defers_types(tree):
    """Whether its annotations are texts, which are looked up in the module later."""
    imports = (node for node in tree.body if isinstance(node, ast.ImportFrom))
    return any(node.module == "__future__" for node in imports)


def remove_documentation(nodes):
    for node in nodes:
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
            text = ast.get_docstring(node, clean=False)
            if text is not None and "PYTEST_DONT_REWRITE" not in text:
                here = node.body.pop(0)
                if not node.body and not isinstance(node, ast.Module):
                    node.body.append(ast.copy_location(ast.Pass(), here))


def start_of(node):
    """The first line of a statement, its decorators included."""
    return min([node.lineno, *(it.lineno for it in getattr(node, "decorator_list", ()))])


def make_shield(namespace_of):
    """A function that calls another one so that its stack ends there: what is tested sees
    no caller but the tests. None where the interpreter keeps frames in another way."""
    import ctypes

    word = ctypes.c_size_t.from_address
    # A frame's object leads to the frame, and that to its object and to the frame before.
    at = 3 * ctypes.sizeof(ctypes.c_void_p)
    size = ctypes.sizeof(ctypes.c_void_p)

    class Probe(Exception):
        pass

    def caller():
        try:
            raise Probe
        except Probe as error:
            return error.__traceback__.tb_frame.f_back.f_back

    def place_of_previous():
        def inner():
            frame = caller()
            this, before = word(id(frame) + at).value, word(id(frame.f_back) + at).value
            places = [it for it in range(1, 12) if word(this + it * size).value == before]
            objects = [it for it in range(1, 12) if word(this + it * size).value == id(frame)]
            return places[0] if len(places) == 1 and len(objects) == 1 else None

        def outer():
            return inner()

        return outer()

    place = place_of_previous() if sys.implementation.name == "cpython" else None
    kept = {}

    def cut():
        frame = caller()
        if place is not None and frame.f_code is code:
            previous = word(word(id(frame) + at).value + place * size)
            kept[id(frame)] = previous, previous.value
            previous.value = 0

    def mend():
        frame = caller()
        if frame.f_code is code and id(frame) in kept:
            previous, value = kept.pop(id(frame))
            previous.value = value

    # Constants of the code are not looked up, so nothing can stand in their place.
    source = (
        "def _run_code(code, ordered, named):\n 'cut'()\n try:\n  return code(*ordered, **named)\n finally:\n  'mend'()"
    )
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        module = compile(source, SHIELD, "exec")
    code = next(it for it in module.co_consts if isinstance(it, types.CodeType))
    names = {"cut": cut, "mend": mend}
    code = code.replace(co_consts=tuple(names.get(it, it) if isinstance(it, str) else it for it in code.co_consts))
    SHIELD_CODES.add(code)
    return types.FunctionType(code, {"__name__": "runpy", "__builtins__": vars(builtins)})


# A name that says nothing, and that only the interpreter's own code may have.
SHIELD = "<frozen runpy>"
SHIELD_CODES = set()


def make_blind(namespace_of):
    """Puts the runner's ways to load and to call tests under the shield. Returns the
    shield, and what takes a suite."""
    import inspect
    import linecache
    import unittest

    import _pytest._io.terminalwriter
    import _pytest.assertion.rewrite
    import _pytest.fixtures
    import _pytest.tmpdir

    shield = make_shield(namespace_of)
    rewriting = _pytest.assertion.rewrite
    hook, writer = rewriting.AssertionRewritingHook, _pytest._io.terminalwriter.TerminalWriter
    load, bails, should, write = hook.exec_module, hook._early_rewrite_bailout, hook._should_rewrite, writer.write
    suites = []

    def exec_module(self, module):
        path = module.__spec__.origin
        suite = suites[0] if suites else None
        if suite is None or path not in suite.trees:
            return load(self, module)
        is_test = path in suite.tests or path.endswith("/conftest.py")

        def rewrite(tree, source):
            rewriting.rewrite_asserts(tree, source, path, self.config)

        code = suite.compile(path, rewrite if is_test else None)
        self._rewritten_names[module.__name__] = rewriting.Path(path)
        name, modules = module.__name__, sys.modules
        # What executes code otherwise gives it the built-in names of the shield: none.
        module.__dict__["__builtins__"] = vars(builtins)
        if suite.standing[path] and path in suite.tests:
            modules[name] = stand_in(module)
        try:
            shield(exec, (code, module.__dict__), {})
        finally:
            if name in modules:
                modules[name] = module

    def _early_rewrite_bailout(self, name, state):
        if suites and name.rpartition(".")[2] in suites[0].stems:
            return False
        return bails(self, name, state)

    def _should_rewrite(self, name, fn, state):
        if suites and fn in suites[0].trees:
            return True
        return should(self, name, fn, state)

    def write_real(self, msg, *args, **kwargs):
        return write(self, suites[0].real(msg) if suites else msg, *args, **kwargs)

    def _mk_tmp(request, factory):
        return factory.mktemp("data", numbered=True)

    def call_fixture_func(fixturefunc, request, kwargs):
        if not inspect.isgeneratorfunction(fixturefunc):
            return shield(fixturefunc, (), kwargs)
        generator = fixturefunc(**kwargs)
        try:
            result = shield(next, (generator,), {})
        except StopIteration:
            raise ValueError(f"{request.fixturename} did not yield a value") from None

        def finish():
            try:
                shield(next, (generator,), {})
            except StopIteration:
                return
            _pytest.fixtures.fail_fixturefunc(fixturefunc, "fixture function has more than one 'yield'")

        request.addfinalizer(finish)
        return result

    hook.exec_module = exec_module
    hook._early_rewrite_bailout = _early_rewrite_bailout
    hook._should_rewrite = _should_rewrite
    writer.write = write_real
    _pytest.tmpdir._mk_tmp = _mk_tmp
    _pytest.fixtures.call_fixture_func = call_fixture_func
    unittest.TestCase._callTestMethod = lambda self, method: shield(method, (), {}) and None
    unittest.TestCase._callSetUp = lambda self: shield(self.setUp, (), {})
    unittest.TestCase._callTearDown = lambda self: shield(self.tearDown, (), {})

    def show():
        """Lets the runner see the lines of the tests, which it shows with a failure."""
        for path, lines in suites[0].shown.items():
            linecache.cache[path] = (1, None, lines, path)

    def hide():
        for path in suites[0].shown:
            linecache.cache.pop(path, None)

    return shield, suites.append, show, hide


def stand_in(module):
    """What is found in the place of a test module: it knows what the module has made by
    the names that these have of themselves, and lists none of them."""
    names = types.ModuleType.__getattribute__(module, "__dict__")
    name = names["__name__"]
    made = types.ModuleType(name)

    def __getattr__(wanted):
        for part in list(names.values()):
            # A module that is guarded would tell of being asked for its class.
            is_made = issubclass(type(part), (type, types.FunctionType)) and part.__module__ == name
            if is_made and part.__qualname__ == wanted:
                return part
        raise AttributeError(f"module {name!r} has no attribute {wanted!r}")

    for kept in ("__file__", "__spec__", "__loader__", "__package__"):
        made.__dict__[kept] = names.get(kept)
    made.__dict__["__getattr__"] = __getattr__
    return made
