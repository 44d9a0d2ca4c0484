"""The source of a function without the terms that are zero, and with its numbers as names of one dtype.

A compiler that obeys IEEE 754 may not drop `0 · x` or `x + 0`, because x may be infinite or −0. We may: for finite
values only the sign of a zero can differ. Factors that are 1 go too, which changes no bit. And a literal
such as 2.0 is a double to numba, which would turn float32 arithmetic into double; so literals become names that the
program binds at its own precision.
"""

import ast
import inspect
import textwrap
from collections.abc import Callable, Collection, Iterator
from typing import Any

NUMBERS = {0.5: "HALF", 1.0: "ONE", 2.0: "TWO", 4.0: "FOUR", 1.0 / 6.0: "SIXTH"}


def specialised(function: Callable[..., Any], zero: Collection[str] = (), one: Collection[str] = ()) -> str:
    """Source of `function` where the variables named in `zero` are 0 and in `one` are 1, without its annotations.

    The function must be straight-line: assignments to new names, then one return.
    """
    module = ast.parse(textwrap.dedent(inspect.getsource(function)))
    definition = module.body[0]
    assert isinstance(definition, ast.FunctionDef)
    folding = _Folding(zero, one)
    body = [new for old in definition.body if not _is_text(old) for new in folding.statements(old)]
    definition.body = _only_used(body)
    definition.returns = None
    for argument in definition.args.args:
        argument.annotation = None
    return ast.unparse(_named_numbers(module))


class _Folding:
    """Leaves out what is zero; learns of further zeros from each assignment."""

    def __init__(self, zero: Collection[str], one: Collection[str]) -> None:
        self._zero, self._one = set(zero), frozenset(one)

    def statements(self, statement: ast.stmt) -> list[ast.stmt]:
        """What is left of this statement."""
        if isinstance(statement, ast.Return):
            assert statement.value is not None
            return [ast.Return(self._elements_kept(statement.value))]
        assert isinstance(statement, ast.Assign), f"not straight-line: {ast.unparse(statement)}"
        (target,) = statement.targets
        if isinstance(target, ast.Tuple) and not isinstance(statement.value, ast.Tuple):
            return [statement]  # unpacks an argument
        values = statement.value.elts if isinstance(statement.value, ast.Tuple) else [statement.value]
        left = []
        for name, value in zip(target.elts if isinstance(target, ast.Tuple) else [target], values, strict=True):
            assert isinstance(name, ast.Name)
            kept = self._kept(value)
            if kept is None:
                self._zero.add(name.id)
            else:
                left.append(ast.copy_location(ast.Assign([name], kept), statement))
        return list(left)

    def _elements_kept(self, value: ast.expr) -> ast.expr:
        values = value.elts if isinstance(value, ast.Tuple) else [value]
        kept = [self._kept(element) for element in values]
        assert None not in kept, "a result that is zero needs a dtype of its own"
        return ast.Tuple([k for k in kept if k], ast.Load()) if isinstance(value, ast.Tuple) else kept[0] or value

    def _kept(self, node: ast.expr) -> ast.expr | None:
        """The expression without its zero terms; None where all of it is zero."""
        match node:
            case ast.Name(id=name):
                return None if name in self._zero else node
            case ast.UnaryOp(op=op, operand=operand):
                inner = self._kept(operand)
                return None if inner is None else ast.UnaryOp(op, inner)
            case ast.Call(func=ast.Name(id="abs"), args=[argument]):
                inner = self._kept(argument)
                return None if inner is None else ast.Call(node.func, [inner], [])
            case ast.BinOp(left=ast.Name(id=name), op=ast.Mult(), right=right) if name in self._one:
                return self._kept(right)
            case ast.BinOp(left=left, op=op, right=right):
                return _combined(self._kept(left), op, self._kept(right))
        return node


def _combined(left: ast.expr | None, op: ast.operator, right: ast.expr | None) -> ast.expr | None:
    if isinstance(op, ast.Mult | ast.Div):
        return ast.BinOp(left, op, right) if left and right else None
    if left and right:
        return ast.BinOp(left, op, right)
    return ast.UnaryOp(ast.USub(), right) if right and isinstance(op, ast.Sub) else left or right


def _only_used(body: list[ast.stmt]) -> list[ast.stmt]:
    used: set[str] = set()
    kept: list[ast.stmt] = []
    for statement in reversed(body):
        if isinstance(statement, ast.Assign) and {*_names(statement.targets[0])}.isdisjoint(used):
            continue
        assert isinstance(statement, ast.Assign | ast.Return)
        used.update(_names(statement.value))
        kept.append(statement)
    return kept[::-1]


def _named_numbers(module: ast.Module) -> ast.Module:
    class Naming(ast.NodeTransformer):
        def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
            if isinstance(node.left, ast.Constant) and isinstance(node.right, ast.Constant):
                # a quotient of literals is worked out in double, then rounded, as numpy does
                return self.visit_Constant(ast.Constant(eval(ast.unparse(node), {})))
            self.generic_visit(node)
            return node

        def visit_Constant(self, node: ast.Constant) -> ast.AST:
            return ast.Name(NUMBERS[node.value], ast.Load()) if isinstance(node.value, float) else node

    Naming().visit(module)
    return ast.fix_missing_locations(module)


def _names(expression: ast.expr | None) -> Iterator[str]:
    return (node.id for node in ast.walk(expression) if isinstance(node, ast.Name)) if expression else iter(())


def _is_text(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
