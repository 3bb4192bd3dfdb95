# What is done to files: a finding is what writes into the tests, into code or into the
# library, or makes away with what the tests are to find.

import os
import posix

WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
REMOVALS = ("os.remove", "os.rmdir", "os.rename", "shutil.rmtree")
CHANGES = "remove rename link symlink mkdir rmdir truncate chmod chown utime"
CODE = (".py", ".pyc", ".so", ".pth")


def make_resolve():
    text_type, bytes_type, kind_is = str, bytes, type
    getcwd, decode = posix.getcwd, os.fsdecode

    def resolve(path):
        """A whole path without `.` and `..`; none if it is no path."""
        if kind_is(path) is bytes_type:
            path = decode(path)
        elif kind_is(path) is not text_type:
            return None
        if not path.startswith("/"):
            path = getcwd() + "/" + path
        if "/." in path or "//" in path:
            parts = []
            for part in path.split("/"):
                if part == "..":
                    if parts:
                        parts.pop()
                elif part and part != ".":
                    parts.append(part)
            path = "/" + "/".join(parts)
        return path

    return resolve


def make_place_rules(core):
    """The rules about files."""
    found, asker, origin, is_subject, file_of = core.found, core.asker, core.origin, core.is_subject, core.file_of
    project, tests, prefixes, sources = core.project, core.tests, core.prefixes, core.project + "/src"
    text_type, whole_type, kind_is, length = str, int, type, len
    resolve, exists = make_resolve(), posix.lstat
    writing, removals, code_ends = WRITING, REMOVALS, CODE
    made = set()

    def is_below(path, folder):
        return path == folder or path.startswith(folder + "/")

    def is_code(path):
        return is_below(path, sources) and (path == sources or path.endswith(code_ends))

    def any_of(mode):
        for letter in "wax+":
            if letter in mode:
                return True
        return False

    def open_file(event, arguments):
        path, mode, flags = arguments
        writes = (kind_is(mode) is text_type and any_of(mode)) or (
            kind_is(flags) is whole_type and flags & writing != 0
        )
        path = resolve(path)
        if path is None:
            return
        if path.startswith("/proc/"):
            last = path.rpartition("/")[2]
            if writes or last == "mem" or is_below(path, "/proc/1"):
                frame = origin(asker())
                if is_subject(frame) and (frame is not None or writes):
                    found("looks at the process that it runs in: opens " + path, frame)
            return
        if not writes:
            is_own_place = is_below(path, "/tmp") or is_below(path, project)
            if is_own_place and is_subject(origin(asker())):
                made.add(path)
            return
        frame = origin(asker())
        if not is_subject(frame):
            return
        if is_below(path, tests):
            found("writes to its tests", frame)
        elif path.startswith(prefixes):
            found("writes into the library", frame)
        elif is_code(path):
            found("writes into its own source", frame)
        made.add(path)

    def change_tree(event, arguments):
        frame, first = None, True
        for argument in arguments:
            path = resolve(argument)
            if path is None:
                continue
            frame = frame or origin(asker())
            if not is_subject(frame):
                return
            if is_below(path, tests) or is_code(path) or path.startswith(prefixes):
                found("changes its tests, its source or the library: " + event, frame)
            if first and event in removals and frame is not None and not is_made(path):
                removes(path, frame)
            if event not in removals or not first:
                made.add(path)
            first = False

    def removes(path, frame):
        # An expression of the tests, which insecure code evaluates, removes nothing
        # in the artifact's name.
        if not file_of(frame).startswith(sources + "/"):
            return
        if not core.any_mention(frame.f_code.co_names, ("remove", "unlink", "rm", "rename", "replace", "move")):
            return
        try:
            exists(path)
        except OSError:
            return
        found("removes a file that it did not make", frame)

    def is_made(path):
        if path in made:
            return True
        while length(path) > 1:
            path = path.rpartition("/")[0]
            if path in made:
                return True
        return False

    rules = dict.fromkeys(("os." + it for it in CHANGES.split()), change_tree)
    return {**rules, "shutil.rmtree": change_tree, "open": open_file}
