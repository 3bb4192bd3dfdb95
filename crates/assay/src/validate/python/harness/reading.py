# Reads an artifact's source before any of it runs, as the interpreter itself parses it.
#
# A rule names what no honest answer has a reason to do: to reach for the runner, for
# the stack, for the tests, or for the functions that tests look at results with.
# Names that are put together at run time are for the watch to see.

import ast
import re

STACK = "looks at the stack"
RUNNER = "reaches for the runner of its tests"
OBJECTS = "looks among the interpreter's objects"
HOOKS = "has itself called by the interpreter"
MOCKS = "reaches into mocks of its tests"
LIBRARY = "changes the library that it shares with its tests"
EQUAL = "makes a value that is equal to everything"
PROCESS = "looks at the process that it runs in"
TESTS = "reaches for its tests"

# Attributes, whatever they are of.
ATTRIBUTES = {
    **dict.fromkeys(
        "_getframe _current_frames _current_exceptions currentframe getouterframes getinnerframes"
        " f_back f_locals f_globals f_builtins tb_frame gi_frame cr_frame ag_frame walk_stack"
        " extract_stack format_stack print_stack findCaller stack_info".split(),
        STACK,
    ),
    **dict.fromkeys("settrace setprofile addaudithook setprofile_all_threads".split(), HOOKS),
    **dict.fromkeys("get_objects get_referrers get_referents cell_contents".split(), OBJECTS),
    **dict.fromkeys(
        "reset_mock mock_calls method_calls call_args call_args_list side_effect"
        " assert_called assert_called_once assert_called_with assert_called_once_with"
        " assert_any_call assert_has_calls assert_not_called".split(),
        MOCKS,
    ),
    **dict.fromkeys("meta_path path_hooks path_importer_cache".split(), LIBRARY),
    "orig_argv": PROCESS,
    "_exit": "leaves without an end",
}
MODULES = {
    **dict.fromkeys(
        "pytest _pytest pluggy conftest unittest mock pytest_mock doctest".split(), RUNNER
    ),
    **dict.fromkeys("ctypes _ctypes cffi _cffi_backend".split(), "reaches into memory"),
    **dict.fromkeys("_testcapi _testinternalcapi".split(), OBJECTS),
    **dict.fromkeys("bdb pdb faulthandler".split(), STACK),
    **dict.fromkeys("_signal _imp".split(), LIBRARY),
    "tests": TESTS,
    "__main__": RUNNER,
}
# Attributes of one module only, as they are common words.
QUALIFIED = {
    ("inspect", "stack"): STACK,
    ("inspect", "trace"): STACK,
    ("sys", "modules"): "looks at what modules there are",
    ("os", "fork"): "forks",
    ("os", "forkpty"): "forks",
    ("os", "abort"): "leaves without an end",
}
DEFINED = re.compile(r"pytest_\w+|__tracebackhide__|collect_ignore(_glob)?|__unittest")
# Words in texts. A text among others, as in a list of what is forbidden, is none of these.
WORDS = re.compile(r"\b_?pytest\b|PYTEST_|\bconftest\b|\bunittest\b|\bMagicMock\b|__assay")
FOLDERS = re.compile(r"(^|/)tests(/|$)")
PROCESSES = re.compile(r"/proc/(self|thread-self|\d+)\b")
# What tests look at results with. To change it changes what they see.
SHARED = set(
    "builtins os posixpath pathlib shutil subprocess tempfile uuid random secrets time io re json"
    " pickle inspect types functools collections itertools importlib glob sqlite3 base64 hashlib"
    " operator string copy datetime decimal traceback linecache warnings contextlib".split()
)
CODING = re.compile(rb"^[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)", re.A)
CODINGS = {"utf8", "utf8sig", "ascii", "usascii", "latin1", "iso88591"}
ALWAYS = {"__eq__": True, "__ne__": False, "__instancecheck__": True, "__subclasscheck__": True}
LOGGING = {"debug", "info", "warning", "error", "critical", "exception", "log"}
COLLECTIONS = (ast.List, ast.Tuple, ast.Set)


def read(text):
    """What is to be said against a source: pairs of a phrase and a line."""
    found = []
    for number, line in enumerate(text.splitlines()[:2], 1):
        coding = CODING.match(line)
        if coding and re.sub(r"[-_.]", "", coding[1].decode().lower()) not in CODINGS:
            found.append(("is written in an encoding that hides what it is", number))
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        # What cannot be parsed cannot be imported.
        return found
    Reading(found).walk(tree)
    return found


class Reading:
    def __init__(self, found):
        self.found = found
        # What a name at the top of the module stands for.
        self.imported = {}

    def say(self, phrase, node):
        self.found.append((phrase, node.lineno))

    def walk(self, tree):
        nodes = [tree]
        later = []
        while nodes:
            node = nodes.pop()
            kind = type(node)
            if kind is ast.Import:
                for alias in node.names:
                    root = alias.name.split(".")[0]
                    self.module(alias.name, node)
                    self.imported[alias.asname or root] = alias.name if alias.asname else root
            elif kind is ast.ImportFrom:
                if node.level == 0:
                    self.module(node.module, node)
                    for alias in node.names:
                        self.imported[alias.asname or alias.name] = f"{node.module}.{alias.name}"
                for alias in node.names:
                    self.attribute(node.module, alias.name, node)
            elif kind is ast.Attribute:
                later.append(node)
            elif kind is ast.Call:
                later.append(node)
            elif kind in (ast.FunctionDef, ast.AsyncFunctionDef):
                self.define(node.name, node)
                self.always(node.name, node.body, node)
                nodes.extend(body(node))
                nodes.extend(node.decorator_list)
                nodes.append(node.args)
                continue
            elif kind in (ast.ClassDef, ast.Module):
                nodes.extend(body(node))
                nodes.extend(getattr(node, "bases", ()))
                nodes.extend(getattr(node, "keywords", ()))
                nodes.extend(getattr(node, "decorator_list", ()))
                continue
            elif kind in (ast.Assign, ast.AugAssign, ast.AnnAssign, ast.Delete):
                later.append(node)
            elif kind is ast.Name and type(node.ctx) is ast.Store:
                self.define(node.id, node)
            elif kind is ast.Constant:
                if type(node.value) is str:
                    self.text(node.value, node)
                continue
            elif kind in COLLECTIONS and self.is_list(node):
                continue
            nodes.extend(ast.iter_child_nodes(node))
        # Where it stands in the source says nothing about when it is imported.
        for node in later:
            self.look(node)

    def look(self, node):
        kind = type(node)
        if kind is ast.Attribute:
            root = self.root(node.value)
            self.attribute(root, node.attr, node)
        elif kind is ast.Call:
            self.call(node)
        else:
            targets = getattr(node, "targets", None) or [node.target]
            value = getattr(node, "value", None)
            for target in targets:
                self.store(target)
                if type(target) is ast.Name and type(value) is ast.Lambda:
                    self.always(target.id, [ast.Return(value.body)], node)

    @staticmethod
    def is_list(node):
        """Whether this is a list of texts, of which none is used by itself."""
        return len(node.elts) > 2 and all(type(item) is ast.Constant for item in node.elts)

    def root(self, node):
        """The dotted name that an expression begins with, as it was imported."""
        names = []
        while type(node) is ast.Attribute:
            names.append(node.attr)
            node = node.value
        if type(node) is not ast.Name:
            return None
        names.append(self.imported.get(node.id, node.id if node.id in ("__builtins__",) else None))
        return ".".join(reversed(names)) if names[-1] else None

    def module(self, name, node):
        phrase = MODULES.get((name or "").split(".")[0])
        if phrase:
            self.say(f"{phrase}: imports {name}", node)

    def attribute(self, root, name, node):
        phrase = ATTRIBUTES.get(name) or QUALIFIED.get((root, name))
        if phrase:
            self.say(f"{phrase}: {name}", node)

    def define(self, name, node):
        if DEFINED.fullmatch(name):
            self.say(f"{RUNNER}: defines {name}", node)

    def always(self, name, statements, node):
        if name not in ALWAYS:
            return
        statements = [it for it in statements if type(it) is not ast.Expr]
        if len(statements) == 1 and type(statements[0]) is ast.Return:
            value = statements[0].value
            if type(value) is ast.Constant and value.value is ALWAYS[name]:
                self.say(EQUAL, node)

    def text(self, text, node):
        if WORDS.search(text):
            self.say(f"{RUNNER}: names it in a text", node)
        elif FOLDERS.search(text):
            self.say(f"{TESTS}: names their folder", node)
        elif PROCESSES.search(text):
            self.say(f"{PROCESS}: names it in a text", node)

    def call(self, node):
        function = node.func
        name = getattr(function, "attr", None) or getattr(function, "id", None)
        texts = [it.value for it in node.args if type(it) is ast.Constant and type(it.value) is str]
        if name in ("getattr", "setattr", "delattr", "attrgetter", "methodcaller") and texts:
            self.attribute(self.root(node.args[0]), texts[0], node)
        if name in ("__import__", "import_module") and texts:
            self.module(texts[0], node)
        if name in ("setattr", "delattr") and node.args:
            self.change(self.root(node.args[0]), node)
        if name in LOGGING and any(it.arg in ("stacklevel", "stack_info") for it in node.keywords):
            self.say(f"{STACK}: asks a log who called", node)

    def store(self, target):
        if type(target) in (ast.Tuple, ast.List):
            for element in target.elts:
                self.store(element)
        elif type(target) is ast.Attribute:
            self.change(self.root(target.value), target)
        elif type(target) is ast.Subscript:
            value = target.value
            if type(value) is ast.Call and getattr(value.func, "id", None) == "vars" and value.args:
                self.change(self.root(value.args[0]), target)
            elif type(value) is ast.Attribute and value.attr == "__dict__":
                self.change(self.root(value.value), target)
            elif type(value) is ast.Name and value.id == "__builtins__":
                self.change("builtins", target)

    def change(self, root, node):
        if root and (root.split(".")[0] in SHARED or root == "__builtins__"):
            self.say(f"{LIBRARY}: {root}", node)


def body(node):
    """The statements of a body without the text that documents it."""
    first = node.body[0] if node.body else None
    if type(first) is ast.Expr and type(first.value) is ast.Constant:
        return node.body[1:]
    return node.body
