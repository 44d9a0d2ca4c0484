"""A YAML file as plain data, with the line of every key. Every way a file can be broken is a ScenarioError.

Stricter than YAML: no anchors and aliases, no tags, no merge keys, no duplicate keys, text keys only, and numbers in
plain decimal, so that nothing means something else than what it looks like.
"""

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from hil.core.errors import ScenarioError

MAX_BYTES = 1_000_000
_DECIMAL = re.compile(r"[-+]?(0|[1-9][0-9]*)")
_DECIMAL_POINT = re.compile(r"[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_TAG = "tag:yaml.org,2002:"


@dataclass(slots=True)
class Document:
    """Plain data, and by dotted key its line and, for scalars, the text as written."""

    data: Any = None
    lines: dict[str, int] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)


class _Loader(yaml.SafeLoader):
    def compose_node(self, parent: Any, index: Any) -> Any:
        event = self.peek_event()  # type: ignore[no-untyped-call]
        if getattr(event, "anchor", None) is not None:
            raise yaml.composer.ComposerError(
                None, None, "anchors and aliases (&, *) are not supported: write the value out", event.start_mark
            )
        return super().compose_node(parent, index)


def read(path: Path) -> Document:
    """The document in a file. Raises ScenarioError."""
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise ScenarioError("no such file", file=path, line=None, key="") from None
    except IsADirectoryError:
        raise ScenarioError("is a folder, not a scenario file", file=path, line=None, key="") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise ScenarioError(f"cannot be read: {reason}", file=path, line=None, key="") from error
    if len(raw) > MAX_BYTES:
        raise ScenarioError(f"larger than {MAX_BYTES} bytes", file=path, line=None, key="")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise ScenarioError("not UTF-8 text", file=path, line=line, key="") from None
    return parse(text, path)


def parse(text: str, path: Path | str) -> Document:
    """The document in a text; `path` is for messages. Raises ScenarioError."""
    try:
        loader = _Loader(text)
    except yaml.reader.ReaderError as error:
        raise _reader_error(error, text, path) from None
    document = Document()
    try:
        node = loader.get_single_node()
        if node is None:
            raise ScenarioError("is empty", file=path, line=None, key="")
        document.lines[""] = node.start_mark.line + 1
        document.data = _value(loader, node, "", document, path)
    except yaml.reader.ReaderError as error:
        raise _reader_error(error, text, path) from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        problem = ", ".join(part for part in (error.context, error.problem) if part)
        line = mark.line + 1 if mark else None
        raise ScenarioError(f"not YAML: {problem}", file=path, line=line, key="") from None
    except (RecursionError, yaml.YAMLError) as error:
        problem = "nested too deeply" if isinstance(error, RecursionError) else f"not YAML: {error}"
        raise ScenarioError(problem, file=path, line=None, key="") from None
    except (ValueError, IndexError, OverflowError) as error:  # leaks of PyYAML's scanner, e.g. an escape past U+10FFFF
        raise ScenarioError(f"not YAML: {error}", file=path, line=loader.get_mark().line + 1, key="") from None
    finally:
        loader.dispose()
    if not isinstance(document.data, dict):
        raise ScenarioError("not a scenario: expected `key: value` lines", file=path, line=document.lines[""], key="")
    return document


def _reader_error(error: yaml.reader.ReaderError, text: str, path: Path | str) -> ScenarioError:
    line = text.count("\n", 0, error.position) + 1
    return ScenarioError("not text: a control character", file=path, line=line, key="")


def _value(loader: _Loader, node: yaml.Node, key: str, document: Document, path: Path | str) -> Any:
    line = node.start_mark.line + 1
    kind = node.tag.removeprefix(_TAG)
    if isinstance(node, yaml.MappingNode) and kind == "map":
        return _mapping(loader, node, key, document, path)
    if isinstance(node, yaml.SequenceNode) and kind == "seq":
        items = []
        for index, child in enumerate(node.value):
            child_key = f"{key}.{index}" if key else str(index)
            document.lines[child_key] = child.start_mark.line + 1
            items.append(_value(loader, child, child_key, document, path))
        return items
    if isinstance(node, yaml.ScalarNode):
        _refuse_half_characters(node, key, path)
        document.texts[key] = node.value
        return _scalar(loader, node, kind, key, path)
    raise ScenarioError(f"tag {node.tag} is not supported", file=path, line=line, key=key)


def _mapping(loader: _Loader, node: yaml.MappingNode, key: str, document: Document, path: Path | str) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for name_node, child in node.value:
        line = name_node.start_mark.line + 1
        name = name_node.value
        if not isinstance(name_node, yaml.ScalarNode) or name_node.tag == _TAG + "merge":
            raise ScenarioError("keys must be plain words", file=path, line=line, key=key)
        _refuse_half_characters(name_node, key, path)
        if name_node.tag != _TAG + "str":
            kind = name_node.tag.removeprefix(_TAG)
            problem = f"key {name!r} is read by YAML as {kind}, not as a word"
            raise ScenarioError(problem, file=path, line=line, key=key, hint=f'put it in quotes: "{name}"')
        child_key = f"{key}.{name}" if key else name
        if name in result:
            problem = f"given twice, first on line {document.lines[child_key]}"
            raise ScenarioError(problem, file=path, line=line, key=child_key)
        document.lines[child_key] = line
        result[name] = _value(loader, child, child_key, document, path)
    return result


def _refuse_half_characters(node: yaml.ScalarNode, key: str, path: Path | str) -> None:
    if any("\ud800" <= character <= "\udfff" for character in node.value):  # from an escape: could not be written back
        line = node.start_mark.line + 1
        raise ScenarioError("half a character (a lone surrogate)", file=path, line=line, key=key)


def _scalar(loader: _Loader, node: yaml.ScalarNode, kind: str, key: str, path: Path | str) -> Any:
    line = node.start_mark.line + 1
    if kind in ("str", "timestamp", "value", "merge"):
        return node.value
    plain = _DECIMAL if kind == "int" else _DECIMAL_POINT
    if kind in ("int", "float") and not plain.fullmatch(node.value):
        problem = f"{node.value} is not a plain decimal number (YAML 1.1 reads 010 as 8 and 1:30 as 90)"
        raise ScenarioError(problem, file=path, line=line, key=key, hint="write it as 10, -0.5 or 1.0e-3")
    if kind not in ("int", "float", "bool", "null"):
        raise ScenarioError(f"tag {node.tag} is not supported", file=path, line=line, key=key)
    try:
        return loader.construct_object(node)
    except (ValueError, KeyError):  # an explicit tag that its value does not bear out, or thousands of digits
        raise ScenarioError(f"not a {kind}", file=path, line=line, key=key) from None
