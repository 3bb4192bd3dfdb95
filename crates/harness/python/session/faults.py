# Looks for what is wrong with a suite whatever the artifact is: it does not parse, names
# a test twice, or imports what is not there. That is the case's fault.

import ast
import importlib
import importlib.util
import os

AGAIN = ("setter", "getter", "deleter", "overload", "register")


def fault_of_suite(suite, places):
    """What is wrong and where; none if nothing is. The project is not to be imported.
    Leaves the modules' trees and all their nodes in the suite."""
    suite["trees"], suite["nodes"] = {}, {}
    for path, (real, text) in suite["modules"].items():
        try:
            tree = ast.parse(text)
        except SyntaxError as error:
            return f"{error.msg}; mend the test file", f"{real}:{error.lineno or 1}"
        suite["trees"][path], suite["nodes"][path] = tree, list(ast.walk(tree))
        found = path in suite["tests"] and named_twice(tree)
        found = found or imports_nothing(path, suite, places)
        if found:
            what, line = found
            return what, f"{real}:{line}"
    return None


def named_twice(tree):
    for part in [tree, *(it for it in tree.body if isinstance(it, ast.ClassDef))]:
        names = {}
        for node in part.body:
            name = getattr(node, "name", "")
            is_second = name.lower().startswith("test") and name in names
            # A setter or an overload is written so.
            if is_second and not any(part in ast.unparse(it) for it in node.decorator_list for part in AGAIN):
                return (
                    f"{name} is defined a second time (first in line {names[name]}), which"
                    " hides the first; give it another name",
                    node.lineno,
                )
            names[name] = getattr(node, "lineno", 0)
    return None


def imports_nothing(path, suite, places):
    """The first import at the top of a module that leads nowhere. Where a module changes
    the path of its imports, they cannot be told."""
    for it in suite["nodes"][path]:
        if type(it) is ast.Attribute and it.attr == "path" and getattr(it.value, "id", None) == "sys":
            return None
    for node in suite["trees"][path].body:
        if isinstance(node, ast.Import):
            wanted = [(alias.name, None) for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            wanted = [(node.module, alias.name) for alias in node.names if alias.name != "*"]
        else:
            continue
        for module, name in wanted:
            if what := leads_nowhere(module, name, suite, places):
                return what, node.lineno
    return None


def leads_nowhere(module, name, suite, places):
    root = module.split(".")[0]
    folders = ["src", ".", *{path.rpartition("/")[0] for path in suite["modules"]}]
    if any(os.path.exists(f"{it}/{root}") or os.path.exists(f"{it}/{root}.py") for it in folders):
        return leads_nowhere_in_project(module, name, folders, places)
    if any(place.removeprefix("src/").split("/")[0] in (root, root + ".py") for place in places):
        return None
    try:
        found = importlib.import_module(module)
    except ImportError as error:
        return f"imports {module}: {error}; add its package to requirements.txt"
    except BaseException:
        return None
    if name is None or hasattr(found, name):
        return None
    try:
        if importlib.util.find_spec(f"{module}.{name}"):
            return None
    except (ImportError, ValueError):
        pass
    return f"imports {name} from {module}, which has no such name; mend the test file"


def leads_nowhere_in_project(module, name, folders, places):
    near = module.replace(".", "/")
    ends = [near + ".py", near + "/__init__.py", near]
    if any(place == f"src/{end}" or place == end for place in places for end in ends):
        return None
    for folder in folders:
        for end in ends[:2]:
            path = os.path.normpath(f"{folder}/{end}")
            if not os.path.exists(path):
                continue
            if path in places or name is None or defines(path, name):
                return None
            beside = f"{folder}/{near}/{name}"
            below = [place for place in places if place.startswith(f"src/{near}/{name}")]
            if os.path.exists(beside) or os.path.exists(beside + ".py") or below:
                return None
            return f"imports {name} from {module}, which does not define it; mend the test file"
        if os.path.isdir(f"{folder}/{near}"):
            return None
    return f"imports {module}, which the project does not have; add it to the template"


def defines(path, name):
    """Whether a file may define a name; where that cannot be told, it may."""
    try:
        with open(path, "rb") as file:
            tree = ast.parse(file.read())
    except (OSError, SyntaxError, ValueError):
        return True
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Store):
            return True
        known = {getattr(node, "name", None), getattr(node, "asname", None)}
        if name in known or "*" in known or "__getattr__" in known:
            return True
        if isinstance(node, ast.Call) and getattr(node.func, "id", None) in ("globals", "exec", "setattr"):
            return True
    return False
