"""The kinds of small faults that are put into right sample work: each is a slip that people make.

`changes` lists how one node of a parsed file can be changed. What only converts or counts (`float`, `np.asarray`,
`len`) is left alone: without it the code is either still right or falls over at once, and neither tells anything.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from functools import partial

REMOVED = "removed"

Change = tuple[str, Callable[[ast.AST], ast.AST | None]]
"""How one node changes, in words, and the function that makes a changed node of a copy; None drops the statement."""

STATEMENTS = (
    ast.Assign, ast.AugAssign, ast.AnnAssign, ast.Expr, ast.Return, ast.If, ast.For, ast.Break, ast.Continue,
)  # fmt: skip
"""Statements that are left out, one at a time."""

SYMBOLS: dict[type[ast.AST], str] = {
    ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.Pow: "**", ast.MatMult: "@", ast.FloorDiv: "//",
    ast.Mod: "%", ast.Gt: ">", ast.GtE: ">=", ast.Lt: "<", ast.LtE: "<=", ast.Eq: "==", ast.NotEq: "!=",
    ast.And: "and", ast.Or: "or",
}  # fmt: skip

OPERATORS: dict[type[ast.operator], tuple[type[ast.operator], ...]] = {
    ast.Add: (ast.Sub, ast.Mult),
    ast.Sub: (ast.Add,),
    ast.Mult: (ast.Add, ast.Div),
    ast.Div: (ast.Mult,),
    ast.Pow: (ast.Mult,),
    ast.MatMult: (ast.Mult,),
    ast.FloorDiv: (ast.Div,),
    ast.Mod: (ast.Mult,),
}

COMPARISONS: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Gt: (ast.GtE, ast.Lt),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Lt: (ast.LtE, ast.Gt),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
}

TAKEN_FOR: dict[str, str] = {
    "max": "min", "min": "max", "maximum": "minimum", "minimum": "maximum", "argmax": "argmin", "argmin": "argmax",
    "sum": "mean", "mean": "sum", "any": "all", "all": "any",
}  # fmt: skip
"""Functions that are taken for each other."""

BUILT_IN = {"max", "min", "any", "all"}
"""Those of them that Python has without NumPy."""

LEFT_ALONE = {
    "float", "int", "bool", "str", "list", "tuple", "dict", "set", "iter", "next", "len", "range", "enumerate", "super",
    "array", "asarray", "asanyarray", "float32", "float64", "astype", "tolist", "item", "zeros", "ones", "empty", "eye",
    "zeros_like", "ones_like", "empty_like", "full_like", "default_rng", "seed", "items", "keys", "values", "print",
}  # fmt: skip
"""Calls that are never replaced by what they are given."""


def changes(node: ast.AST, modules: frozenset[str], *, is_statement: bool = False) -> Iterator[Change]:
    """Yield how a node may be changed, in words that are the same for the same change.

    Args:
        node: any node of a function's body.
        modules: names that the file imports modules under.
        is_statement: whether the node is a call whose result nobody uses.
    """
    match node:
        case ast.BinOp() | ast.AugAssign():
            yield from _other_operators(node)
        case ast.Compare():
            yield from _other_comparisons(node)
        case ast.BoolOp():
            other = ast.Or if isinstance(node.op, ast.And) else ast.And
            yield f"{SYMBOLS[type(node.op)]} -> {SYMBOLS[other]}", lambda n: _set(n, op=other())
        case ast.UnaryOp():
            yield "sign or not dropped", lambda n: n.operand if isinstance(n, ast.UnaryOp) else n
        case ast.Constant():
            yield from _other_constants(node)
        case ast.If() | ast.IfExp() | ast.While():
            yield "condition turned round", lambda n: _set(n, test=ast.UnaryOp(ast.Not(), _get_test(n)))
        case ast.Call():
            yield from _other_arguments(node)
            yield from _other_functions(node, modules)
            if not is_statement:
                yield from _call_dropped(node, modules)
        case ast.Break():
            yield "break -> continue", lambda _: ast.Continue()
        case ast.Continue():
            yield "continue -> break", lambda _: ast.Break()
        case ast.Return(value=ast.Tuple(elts=items)):
            yield from _swaps(len(items), "returned items {} and {} swapped", _swap_returned)
        case ast.Subscript(slice=ast.Tuple(elts=[ast.expr(), ast.expr()])):
            yield "the two indices swapped", _swap_indices
        case ast.Slice():
            yield from _other_slices(node)
        case ast.Attribute(attr="T", ctx=ast.Load()):
            yield ".T dropped", lambda n: n.value if isinstance(n, ast.Attribute) else n
    if isinstance(node, STATEMENTS):
        yield REMOVED, _drop


def _other_operators(node: ast.BinOp | ast.AugAssign) -> Iterator[Change]:
    for other in OPERATORS.get(type(node.op), ()):
        yield f"{SYMBOLS[type(node.op)]} -> {SYMBOLS[other]}", lambda n, other=other: _set(n, op=other())  # type: ignore[misc]
    if isinstance(node.op, ast.MatMult) and isinstance(node, ast.BinOp) and not _is_transposed(node.left):
        yield "left of @ transposed", _transpose_left


def _is_transposed(node: ast.AST) -> bool:
    return isinstance(node, ast.Attribute) and node.attr == "T"


def _other_comparisons(node: ast.Compare) -> Iterator[Change]:
    for other in COMPARISONS.get(type(node.ops[0]), ()):
        yield (
            f"{SYMBOLS[type(node.ops[0])]} -> {SYMBOLS[other]}",
            lambda n, other=other: _set(n, ops=[other(), *n.ops[1:]]),  # type: ignore[misc]
        )


def _other_constants(node: ast.Constant) -> Iterator[Change]:
    value = node.value
    if isinstance(value, bool):
        yield f"{value} -> {not value}", lambda n: _set(n, value=not value)
    elif isinstance(value, int | float):
        for other in dict.fromkeys((value + 1, value - 1 if value else value + 1)):
            yield f"{value!r} -> {other!r}", lambda n, other=other: _set(n, value=other)  # type: ignore[misc]


def _other_slices(node: ast.Slice) -> Iterator[Change]:
    for bound, words in (("lower", "lower bound"), ("upper", "upper bound"), ("step", "step")):
        if getattr(node, bound) is not None:
            yield f"{words} dropped", lambda n, bound=bound: _set(n, **{bound: None})  # type: ignore[misc]


def _other_arguments(node: ast.Call) -> Iterator[Change]:
    called = ast.unparse(node.func)
    for at, pair in enumerate(zip(node.args, node.args[1:], strict=False)):
        if not any(isinstance(argument, ast.Starred) for argument in pair):
            which = "first two arguments" if at == 0 else f"arguments {at + 1} and {at + 2}"
            yield f"{which} of {called} swapped", partial(_swap_arguments, at)
    if any(keyword.arg == "axis" for keyword in node.keywords):
        yield f"axis of {called} dropped", _drop_axis


def _other_functions(node: ast.Call, modules: frozenset[str]) -> Iterator[Change]:
    match node.func:
        case ast.Attribute(value=owner, attr=name) if name in TAKEN_FOR:
            # `statistics.mean` has no `sum` beside it; NumPy's functions and methods all have both.
            if not (isinstance(owner, ast.Name) and owner.id in modules - {"np", "numpy"}):
                yield f"{name} -> {TAKEN_FOR[name]}", lambda n: _rename(n, TAKEN_FOR[name])
        case ast.Name(id=name) if name in BUILT_IN:
            yield f"{name} -> {TAKEN_FOR[name]}", lambda n: _rename(n, TAKEN_FOR[name])


def _call_dropped(node: ast.Call, modules: frozenset[str]) -> Iterator[Change]:
    """Yield the fault that leaves a function of one argument out, or a method without any."""
    called = node.func
    name = called.attr if isinstance(called, ast.Attribute) else called.id if isinstance(called, ast.Name) else ""
    if not name or name in LEFT_ALONE:
        return
    if len(node.args) == 1 and not isinstance(node.args[0], ast.Starred | ast.GeneratorExp):
        yield f"{ast.unparse(called)}(…) left out", lambda n: n.args[0] if isinstance(n, ast.Call) else n
    elif not node.args and isinstance(called, ast.Attribute) and not _is_module(called.value, modules):
        yield f".{name}() dropped", _receiver


def _is_module(node: ast.AST, modules: frozenset[str]) -> bool:
    while isinstance(node, ast.Attribute):
        node = node.value
    return not isinstance(node, ast.Name) or node.id in modules


def _receiver(node: ast.AST) -> ast.AST:
    return node.func.value if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) else node


def _swaps(count: int, words: str, swap: Callable[[int, ast.AST], ast.AST]) -> Iterator[Change]:
    for at in range(count - 1):
        yield words.format(at + 1, at + 2), partial(swap, at)


def _swap_arguments(at: int, node: ast.AST) -> ast.AST:
    if isinstance(node, ast.Call):
        node.args[at], node.args[at + 1] = node.args[at + 1], node.args[at]
    return node


def _swap_returned(at: int, node: ast.AST) -> ast.AST:
    if isinstance(node, ast.Return) and isinstance(node.value, ast.Tuple):
        items = node.value.elts
        items[at], items[at + 1] = items[at + 1], items[at]
    return node


def _swap_indices(node: ast.AST) -> ast.AST:
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Tuple):
        node.slice.elts.reverse()
    return node


def _transpose_left(node: ast.AST) -> ast.AST:
    if isinstance(node, ast.BinOp):
        node.left = ast.Attribute(node.left, "T", ast.Load())
    return node


def _drop_axis(node: ast.AST) -> ast.AST:
    if isinstance(node, ast.Call):
        node.keywords = [keyword for keyword in node.keywords if keyword.arg != "axis"]
    return node


def _rename(node: ast.AST, name: str) -> ast.AST:
    match node:
        case ast.Call(func=ast.Attribute() as called):
            called.attr = name
        case ast.Call(func=ast.Name() as called):
            called.id = name
    return node


def _get_test(node: ast.AST) -> ast.expr:
    if not isinstance(node, ast.If | ast.IfExp | ast.While):
        raise TypeError(f"{type(node).__name__} has no condition")
    return node.test


def _set(node: ast.AST, **fields: object) -> ast.AST:
    for name, value in fields.items():
        setattr(node, name, value)
    return node


def _drop(node: ast.AST) -> None:
    """Stand for a statement that is left out."""
    del node
