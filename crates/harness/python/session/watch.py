# Watches over the process once the runner is loaded and before the project is.
#
# The interpreter tells of what it is asked to do (PEP 578), and no code can take the
# hook away again. The hook holds the report channel and the nonce: the runner reports
# through it, by an event, and it looks who the runner's caller is. What it uses it has
# from before, so that nothing which the project changes is part of it.

import _json
import cProfile
import os
import posix
import sys
import types


class Core:
    """What the rules share. Only cells hold it, to which nobody has a way."""

    __slots__ = (
        "abort any_mention asker betrayed excused explained file_of foreign found guarded"
        " harness here home is_ours is_subject kind_of kind_of_name leave library names_it"
        " origin own plain prefixes project say shield_codes sources subject tests tests_kind"
    ).split()

    def __init__(self, project, tests):
        self.project, self.tests, self.sources = project, tests, project + "/src/"
        self.library, self.tests_kind = "library", "tests"
        self.harness, self.subject = "harness", "subject"
        self.foreign = self.subject, self.library
        self.home, self.own, self.explained, self.excused = posix.getpid(), set(), set(), set()
        self.prefixes = (
            os.path.dirname(os.__file__) + "/",
            sys.prefix + "/",
            sys.base_prefix + "/lib",
            "/usr/lib",
            "/usr/local/lib",
        )
        self.betrayed, self.shield_codes = 70, SHIELD_CODES


def put_guards(namespace_of):
    """Puts the guards in place; returns what they stand before."""
    made = make_guards(namespace_of)
    genuine = posix._exit, posix.abort
    signals = sys.modules["_signal"]
    handling = signals.signal, signals.getsignal
    os._exit = posix._exit = made.leave
    os.abort = posix.abort = made.abort
    cProfile.Profile.enable, cProfile.Profile.disable = made.profiling
    # The signal module has functions of its own around these, which look them up.
    signals.signal, signals.getsignal = made.signal, made.getsignal
    for name, module in list(sys.modules.items()):
        root = name.split(".")[0]
        if type(module) is not types.ModuleType:
            continue
        # To be told of every look into all of them would take too long.
        if name in LOOKED_INTO:
            module.__class__ = made.runner
        elif (root in SHARED_ROOTS or root in RUNNER_ROOTS) and name != "_pytest.assertion.util":
            module.__class__ = made.shared
    hook_class = sys.modules["_pytest.assertion.rewrite"].AssertionRewritingHook
    for name, (getter, setter) in made.finders.items():
        for finder in sys.meta_path:
            if type(finder) is hook_class:
                setter(finder, finder.__dict__.pop(name))
        setattr(hook_class, name, property(getter, setter))
    return made, genuine, handling


class Probe(Exception):
    """What is raised to get a traceback."""


# What the next functions make uses only names of theirs: nothing that it looks up is where
# the project could put something else.


def add_kinds(core, namespace_of):
    """Whose code something is, by the file that it says it is of."""
    kinds = {SHIELD: core.harness, namespace_of: core.harness}
    library_kind, tests_kind, subject_kind = core.library, core.tests_kind, core.subject
    harness_kind, tests, prefixes = core.harness, core.tests + "/", ("<frozen ", *core.prefixes)
    text_type, kind_is, length, most = str, type, len, 10000

    def kind_of_name(name):
        if kind_is(name) is not text_type:
            return subject_kind
        kind = kinds.get(name)
        if kind is None:
            if name.startswith(prefixes):
                kind = library_kind
            elif name.startswith(tests):
                kind = tests_kind
            else:
                kind = subject_kind
            if length(kinds) < most:
                kinds[name] = kind
        return kind

    def kind_of(frame):
        return kind_of_name(frame.f_code.co_filename)

    def file_of(frame):
        # A text of a kind of its own could say anything of itself.
        name = frame.f_code.co_filename
        return name if kind_is(name) is text_type else ""

    def is_subject(frame):
        return frame is None or kind_of(frame) is subject_kind

    def is_ours(frame):
        return kind_of(frame) is harness_kind

    core.kind_of_name, core.kind_of, core.file_of = kind_of_name, kind_of, file_of
    core.is_subject, core.is_ours = is_subject, is_ours


def add_voice(core, nonce, channel):
    """What is said on the report channel."""
    write, leave, getpid, home, betrayed = posix.write, core.leave, posix.getpid, core.home, core.betrayed
    quote, text_type, length = _json.encode_basestring_ascii, str, len
    file_of, folder = core.file_of, core.project + "/"

    def say(body):
        if getpid() != home:
            # What was forked is not the process of the tests.
            leave(betrayed)
        text = ('{"nonce":"' + nonce + '",' + body + "}\n").encode()
        while text:
            text = text[write(channel, text) :]

    def plain(text):
        """A text that can be written, whatever it is."""
        return quote(text_type.encode(text, "utf-8", "replace").decode("utf-8", "replace"))

    def found(what, frame=None):
        place = ""
        if frame is not None:
            name = file_of(frame)
            if name:
                name = name[length(folder) :] if name.startswith(folder) else name
                place = ',"place":' + plain(name + ":" + text_type(frame.f_lineno))
        say('"tampered":' + plain(what) + place)
        leave(betrayed)

    core.say, core.plain, core.found = say, plain, found


def add_callers(core):
    """Who asks."""
    own, found, kind_of, shield_codes = core.own, core.found, core.kind_of, core.shield_codes
    harness_kind, library_kind = core.harness, core.library
    probe = Probe

    def here():
        """The frame of the caller. It is had from a traceback, because nothing else
        can be told from what the project does."""
        try:
            raise probe
        except probe as error:
            trace = error.__traceback__
        own.add(trace)
        frame = trace.tb_frame.f_back
        own.discard(trace)
        return frame

    def asker():
        """The innermost frame that is not of the harness, below a rule and the hook."""
        frame, last = here().f_back.f_back, None
        while frame is not None:
            last, frame = frame, frame.f_back
            if frame is None or kind_of(frame) is not harness_kind:
                break
        # The stack of a test ends with the harness.
        return last if frame is None and last.f_code in shield_codes else frame

    def guarded(guard_codes):
        """The innermost frame below a guard that is not of the harness. Only a guard
        may tell what a guard tells."""
        frame = here().f_back.f_back.f_back
        if frame is None or frame.f_code not in guard_codes:
            return found("speaks in the name of the harness", origin(frame))
        while frame is not None and kind_of(frame) is harness_kind and frame.f_code not in shield_codes:
            frame = frame.f_back
        return frame

    def origin(frame):
        """The innermost frame that is not of the library."""
        while frame is not None and kind_of(frame) is library_kind:
            frame = frame.f_back
        return frame

    core.here, core.asker, core.guarded, core.origin = here, asker, guarded, origin


def add_words(core):
    """What code and names say."""

    def names_it(frame, name):
        """Whether code calls something by its name, which is in it as it is written."""
        code = frame.f_code
        for it in code.co_names:
            if name in it:
                return True
        return name in code.co_consts

    def any_mention(names, words):
        for word in words:
            for it in names:
                if word in it:
                    return True
        return False

    core.names_it, core.any_mention = names_it, any_mention


def make_watch(namespace_of, run_code, plugin_codes):
    """Puts the guards in place; returns what starts the watch."""
    made, (leave, abort), handling = put_guards(namespace_of)
    debugger = sys.modules["_pytest.debugging"]
    (compare, again), (runner_parts, shared_parts) = make_compare(), remember()
    parts = runner_parts, shared_parts, compare, again, debugger, made.shared

    def start(nonce, channel, places):
        core = Core(*places)
        core.leave, core.abort = leave, abort
        add_kinds(core, namespace_of)
        add_voice(core, nonce, channel)
        add_callers(core)
        add_words(core)
        rules = {
            **make_rules(core, (made.codes, made.blind, *handling)),
            **make_place_rules(core),
            **make_session_rules(core, parts, (run_code, plugin_codes)),
        }
        rule_of = rules.get

        def hook(event, arguments):
            rule = rule_of(event)
            if rule is not None:
                rule(event, arguments)

        sys.addaudithook(hook)

    return start
