# Reads an artifact's source before any of it runs, as the interpreter itself parses it.
#
# A finding is what has no honest purpose and aims at the tests or at what runs them.
# What is merely unusual is a note. Names that are put together at run time are for the
# watch to see.

import ast
import re

STACK = "looks into the variables or the code of its callers"
RUNNER = "reaches for the runner of its tests"
OBJECTS = "looks among the interpreter's objects"
HOOKS = "has itself called by the interpreter"
MOCKS = "reaches into mocks of its tests"
LIBRARY = "changes the library that it shares with its tests"
TESTED = "asks whether it is tested"

# Attributes, whatever they are of.
ATTRIBUTES = {
    **dict.fromkeys("f_locals f_globals f_builtins __globals__ co_consts".split(), STACK),
    **dict.fromkeys("settrace setprofile addaudithook setprofile_all_threads".split(), HOOKS),
    **dict.fromkeys("get_objects get_referrers get_referents cell_contents".split(), OBJECTS),
    **dict.fromkeys(
        "reset_mock mock_calls method_calls call_args call_args_list".split(),
        MOCKS,
    ),
}
# What else tells about code, where the source asks for frames too.
OF_CODE = set("co_names co_varnames co_freevars co_cellvars co_code co_lines co_positions".split())
GIVE_FRAMES = set(
    "_getframe currentframe getouterframes getinnerframes stack trace walk_stack walk_tb f_back"
    " tb_frame gi_frame cr_frame ag_frame".split()
)
MODULES = {
    **dict.fromkeys("_pytest pluggy conftest".split(), RUNNER),
    **dict.fromkeys("ctypes _ctypes cffi _cffi_backend".split(), "reaches into memory"),
    **dict.fromkeys("_testcapi _testinternalcapi".split(), OBJECTS),
    "_imp": LIBRARY,
}
NOTED_MODULES = set("pytest unittest mock pytest_mock doctest pdb bdb faulthandler".split())
NOTED = set("_getframe currentframe f_back tb_frame _exit fork abort meta_path path_hooks".split())
# Names of the runner, where something is compared with them or looked up by them.
WORDS = re.compile(r"\b_?pytest\b|PYTEST_|\bconftest\b|\bunittest\b|\b(Magic)?Mock\b")
LOOKUPS = set(
    "get pop setdefault __contains__ startswith endswith find index count search match fullmatch"
    " find_spec version distribution getenv".split()
)
# What tests look at results with. To change it changes what they see.
SHARED = set(
    "builtins os posixpath pathlib shutil subprocess tempfile uuid random secrets time io re json"
    " pickle inspect types functools collections itertools importlib glob sqlite3 base64 hashlib"
    " operator string copy datetime decimal contextlib unittest".split()
)
CODING = re.compile(rb"^[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)", re.A)
CODINGS = {"utf8", "utf8sig", "ascii", "usascii", "latin1", "iso88591"}
# Of a frame's global names, these say no more than its line does.
HARMLESS = {"__name__", "__file__", "__package__"}


def read(text):
    """What is to be said of a source: triples of a kind, a phrase and a line."""
    found = []
    for number, line in enumerate(text.splitlines()[:2], 1):
        coding = CODING.match(line)
        if coding and re.sub(r"[-_.]", "", coding[1].decode().lower()) not in CODINGS:
            found.append(("tampered", "is written in an encoding that hides what it is", number))
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
        # Whether frames are asked for anywhere, and what of them is harmless.
        self.has_frames = False
        self.harmless = set()

    def say(self, phrase, node):
        self.found.append(("tampered", phrase, node.lineno))

    def note(self, phrase, node):
        self.found.append(("note", phrase, node.lineno))

    def walk(self, tree):
        nodes, later = [tree], []
        while nodes:
            node = nodes.pop()
            kind = type(node)
            if kind is ast.If and is_main(node.test):
                # It runs where the file is the program, which it is not here.
                nodes.extend(node.orelse)
                continue
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
                later.append(node)
            elif kind is ast.Attribute:
                self.has_frames = self.has_frames or node.attr in GIVE_FRAMES
                later.append(node)
            elif kind in (ast.Call, ast.Compare, ast.Subscript):
                self.spare(node)
                later.append(node)
            elif kind in (ast.Assign, ast.AugAssign, ast.AnnAssign, ast.Delete):
                later.append(node)
            nodes.extend(ast.iter_child_nodes(node))
        # Where it stands in the source says nothing about when it is imported.
        for node in later:
            self.look(node)

    def spare(self, node):
        """Remembers what is asked of frames that says nothing about the tests."""
        value = None
        if type(node) is ast.Subscript and text_in(node.slice) in HARMLESS:
            value = node.value
        elif type(node) is ast.Call and type(node.func) is ast.Attribute and node.func.attr == "get":
            value = node.func.value if node.args and text_in(node.args[0]) in HARMLESS else None
        if type(value) is ast.Attribute and value.attr == "f_globals":
            self.harmless.add(value)

    def look(self, node):
        kind = type(node)
        if kind is ast.Attribute:
            # The frame that asks is the artifact's own.
            is_own = type(node.value) is ast.Call and not node.value.args
            if node not in self.harmless and not (is_own and node.attr.startswith("f_")):
                self.attribute(node.attr, node)
        elif kind is ast.ImportFrom:
            for alias in node.names:
                self.attribute(alias.name, node)
        elif kind is ast.Call:
            self.call(node)
        elif kind is ast.Compare:
            sides = [node.left, *node.comparators]
            texts = [text_in(side) for side in sides]
            if any(text and WORDS.search(text) for text in texts):
                self.say(TESTED, node)
        elif kind is ast.Subscript:
            text = text_in(node.slice)
            if text and WORDS.search(text) and self.root(node.value) in ("sys.modules", "os.environ"):
                self.say(TESTED, node)
        else:
            for target in getattr(node, "targets", None) or [node.target]:
                self.store(target)

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
        root = (name or "").split(".")[0]
        if phrase := MODULES.get(root):
            self.say(f"{phrase}: imports {name}", node)
        elif root in NOTED_MODULES:
            self.note(f"imports {name}", node)

    def attribute(self, name, node):
        phrase = ATTRIBUTES.get(name)
        if name in OF_CODE and self.has_frames:
            phrase = STACK
        if phrase:
            self.say(f"{phrase}: {name}", node)
        elif name in NOTED:
            self.note(f"uses {name}", node)

    def call(self, node):
        function = node.func
        name = getattr(function, "attr", None) or getattr(function, "id", None)
        texts = [text for text in map(text_in, node.args) if text]
        if name in ("getattr", "setattr", "delattr", "attrgetter", "methodcaller"):
            for text in texts:
                self.attribute(text, node)
            asks = self.has_frames and name == "getattr" and len(node.args) > 1
            if asks and type(node.args[1]) in (ast.BinOp, ast.JoinedStr, ast.Call):
                self.say(f"{STACK}, without saying so", node)
        if name in ("__import__", "import_module") and texts:
            self.module(texts[0], node)
        if name in ("setattr", "delattr") and node.args:
            self.change(self.root(node.args[0]), node)
        if name in LOOKUPS and any(WORDS.search(text) for text in texts):
            self.say(TESTED, node)

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


def text_in(node):
    """The text that an expression is; none if it is another."""
    return node.value if type(node) is ast.Constant and type(node.value) is str else None


def is_main(test):
    """Whether a condition holds only where the file is the program."""
    if type(test) is not ast.Compare or len(test.ops) != 1 or type(test.ops[0]) is not ast.Eq:
        return False
    sides = [test.left, test.comparators[0]]
    names = [it.id for it in sides if type(it) is ast.Name]
    return names == ["__name__"] and "__main__" in map(text_in, sides)
