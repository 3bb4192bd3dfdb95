"""Says of each file below a folder where it does not parse, and whether it has any code."""

import json
import pathlib
import sys

import tree_sitter
import tree_sitter_c
import tree_sitter_cpp
import tree_sitter_go
import tree_sitter_java
import tree_sitter_javascript
import tree_sitter_python
import tree_sitter_ruby

# The grammars of an ending, the likeliest first. A header may be of C or of C++.
GRAMMARS = {
    ".c": [tree_sitter_c],
    ".h": [tree_sitter_c, tree_sitter_cpp],
    ".cpp": [tree_sitter_cpp],
    ".hpp": [tree_sitter_cpp],
    ".go": [tree_sitter_go],
    ".java": [tree_sitter_java],
    ".js": [tree_sitter_javascript],
    ".py": [tree_sitter_python],
    ".rb": [tree_sitter_ruby],
}

# So many places of a file are told.
MOST = 20


def broken_lines(root):
    """The lines of the outermost nodes that are wrong or missing, in order, each once."""
    lines = []
    open_nodes = [root]
    while open_nodes and len(lines) < MOST:
        node = open_nodes.pop()
        if node.is_error or node.is_missing:
            line = node.start_point[0] + 1
            if line not in lines:
                lines.append(line)
        elif node.has_error:
            open_nodes.extend(reversed(node.children))
    return lines


def is_empty(root):
    return all(child.type == "comment" for child in root.named_children) and not root.has_error


def parse(grammar, text):
    parser = tree_sitter.Parser(tree_sitter.Language(grammar.language()))
    root = parser.parse(text).root_node
    return {"broken": broken_lines(root), "empty": is_empty(root)}


def look(path):
    """What the first grammar says that the file parses by; what the first of all says if none."""
    text = path.read_bytes()
    said = [parse(grammar, text) for grammar in GRAMMARS[path.suffix]]
    return next((one for one in said if not one["broken"]), said[0])


def main():
    folder = pathlib.Path(sys.argv[1])
    paths = sorted(path for path in folder.rglob("*") if path.suffix in GRAMMARS)
    json.dump({str(path): look(path) for path in paths}, sys.stdout)


main()
