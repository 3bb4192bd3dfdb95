# Values that are equal to everything. A program may have a use for them; in the tests
# they are equal to nothing but themselves.

BASES = (int, str, bytes, float, list, tuple, dict, set, frozenset)


def is_equal_to_all(part):
    """Whether values of a class are equal to what they have never seen."""
    import types

    compares = (vars(base).get("__eq__") for base in part.__mro__)
    if not any(isinstance(it, types.FunctionType) for it in compares):
        return False
    base = next((it for it in part.__mro__ if it in BASES), object)
    stranger = object()
    try:
        value = base.__new__(part)
        return (value == stranger) is True or (value != stranger) is False
    except BaseException:
        return False


def makes_equal(sources, counts):
    """The classes of the project whose values are equal to everything: among those that
    its modules name, and those that have come to the built-in ones."""
    import sys

    for module in list(sys.modules.values()):
        names = dictionary_of(module)
        if not counts and str(names.get("__file__")).startswith(sources):
            for part in list(names.values()):
                if isinstance(part, type) and is_equal_to_all(part):
                    yield part
    for base in BASES:
        parts = type.__subclasses__(base)
        if len(parts) == counts.get(base):
            continue
        for part in parts[max(0, counts.get(base, 0) - 8) :] if base in counts else ():
            module = dictionary_of(sys.modules.get(part.__module__))
            if str(module.get("__file__")).startswith(sources) and is_equal_to_all(part):
                yield part
        counts[base] = len(parts)


def blunt(part, sources):
    """Lets values of a class be compared as ever by the project itself, and as objects by
    all others. Returns whether that could be done."""
    import sys

    def blunted(genuine):
        def compare(self, other):
            frame = sys._getframe(1)
            while frame is not None and not frame.f_code.co_filename.startswith(sources):
                if frame.f_code.co_filename.startswith(folder):
                    return NotImplemented
                frame = frame.f_back
            return NotImplemented if frame is None else genuine(self, other)

        return compare

    # Whatever else lies in the project's folder is its tests.
    folder = sources.removesuffix("src/")
    try:
        for name in ("__eq__", "__ne__"):
            genuine = getattr(part, name)
            type.__setattr__(part, name, blunted(genuine))
        return not is_equal_to_all(part)
    except BaseException:
        return False
