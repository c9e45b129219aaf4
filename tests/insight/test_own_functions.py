import textwrap

import pytest

from cutaway.cli import main

GOOD = """
import numpy as np
x, y = np.array([[1.0, 2.0, 3.0]]), np.array([[1.0, 0.0, 1.0]])
parameters = {"w": np.array([[0.1]]), "b": 0.2}
def forward(p):
    return 1 / (1 + np.exp(-(p["w"] @ x + p["b"])))
def cost(p):
    a = forward(p)
    return -np.mean(y * np.log(a) + (1 - y) * np.log(1 - a)), "a cache"
def grad(p):
    dz = forward(p) - y
    return {"dw": dz @ x.T / 3, "db": dz.sum() / 3}
def half(p):
    return {**grad(p), "db": grad(p)["db"] / 2}
def changes_its_argument(p):
    g = grad(p)
    p["w"] += 1
    return g
def fails(p):
    return p["nothing"]
def words(p):
    return "seven"
def nothing(p):
    return None
def leaves(p):
    raise SystemExit(3)
def takes_two(p, q):
    return 0.0
def one_scalar(p):
    return {"dw": 0.5, "db": 0.5}
column = np.array([[0.5], [-2.0]])
def dot(theta):
    print("a note of one's own")
    return (theta.T @ theta)
def rows_of_lists(theta):
    return (2 * theta).tolist()
def flattened(theta):
    return 2 * theta.ravel()
start = {"w": np.array([[2.0]]), "b": -1.0}
flat = np.array([0.5, -2.0])
def square(theta):
    return float(theta @ theta)
def twice(theta):
    return 2 * theta
"""


def run(capsys, *arguments):
    with pytest.raises(SystemExit) as stop:
        main(["gradcheck", *arguments])
    captured = capsys.readouterr()
    return stop.value.code or 0, captured.out, captured.err


@pytest.fixture(autouse=True)
def mine(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.py").write_text(textwrap.dedent(GOOD))
    (tmp_path / "broken.py").write_text("def cost(p:\n")


@pytest.mark.parametrize(
    ("arguments", "code", "text"),
    [
        (("mine.py:cost", "mine.py:grad"), 0, "right"),
        (("mine.py:cost", "mine.py:changes_its_argument"), 0, "right"),
        (("mine.py:cost", "mine.py:grad", "--at", "mine.py:start"), 0, "right"),
        (("mine.py:square", "mine.py:twice", "--at", "mine.py:flat"), 0, "right"),
        (("mine.py:dot", "mine.py:twice", "--at", "mine.py:column"), 0, "right"),
        (("mine.py:dot", "mine.py:rows_of_lists", "--at", "mine.py:column"), 0, "right"),
        (("mine.py:cost", "mine.py:half"), 1, "wrong: b differ"),
        (("--hidden", "5,3", "--activation", "tanh", "--loss", "log", "--l2", "0.7"), 0, "right"),
    ],
)
def test_a_gradient_is_judged(capsys, arguments, code, text):
    got, out, err = run(capsys, *arguments)
    assert (got, err) == (code, "")
    assert text in out


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (("mine.py:cst", "mine.py:grad"), "did you mean 'cost'?"),
        (("mine.py", "mine.py:grad"), "write it as mine.py:cost"),
        (("mine.py:cost",), "give both functions"),
        (("none.py:cost", "none.py:grad"), "there is no file 'none.py'"),
        (("broken.py:cost", "mine.py:grad"), "SyntaxError"),
        (("mine.py:cost", "mine.py:fails"), "KeyError: 'nothing'"),
        (("mine.py:cost", "mine.py:words"), "expected a number, an array, or a dictionary"),
        (("mine.py:cost", "mine.py:start"), "not a function"),
        (("mine.py:nothing", "mine.py:grad"), "returned NoneType; expected one number"),
        (("mine.py:leaves", "mine.py:grad"), "SystemExit: 3"),
        (("mine.py:takes_two", "mine.py:grad"), "the cost function failed: TypeError"),
        (("mine.py:cost", "mine.py:one_scalar"), "the gradient of w has shape ()"),
        (
            ("mine.py:square", "mine.py:flattened", "--at", "mine.py:column"),
            "(2,), but theta has shape (2, 1)",
        ),
        (("--hidden", "5", "--activation", "rellu"), "did you mean 'relu'?"),
        (("--loss", "log", "--output", "relu"), "makes no sense"),
        (("--step", "0"), "--step must be above 0"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(capsys, arguments, text):
    code, out, err = run(capsys, *arguments)
    assert code == 2
    assert out.replace("a note of one's own\n", "") == ""
    assert text in err
    assert "Traceback" not in err
