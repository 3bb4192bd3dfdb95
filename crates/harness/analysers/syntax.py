"""Says of each file below a folder where it does not parse, and whether it has any code."""

import json
import pathlib
import sys

import tree_sitter
import tree_sitter_c
import tree_sitter_go
import tree_sitter_java
import tree_sitter_javascript
import tree_sitter_python

GRAMMARS = {
    ".c": tree_sitter_c,
    ".h": tree_sitter_c,
    ".go": tree_sitter_go,
    ".java": tree_sitter_java,
    ".js": tree_sitter_javascript,
    ".py": tree_sitter_python,
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


def look(path):
    parser = tree_sitter.Parser(tree_sitter.Language(GRAMMARS[path.suffix].language()))
    root = parser.parse(path.read_bytes()).root_node
    return {"broken": broken_lines(root), "empty": is_empty(root)}


def main():
    folder = pathlib.Path(sys.argv[1])
    paths = sorted(path for path in folder.rglob("*") if path.suffix in GRAMMARS)
    json.dump({str(path): look(path) for path in paths}, sys.stdout)


main()
