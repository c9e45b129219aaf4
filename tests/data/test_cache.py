from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import cutaway
from cutaway.data import cache, estimate, fingerprint, load, place, reload
from cutaway.data.columns import Table
from cutaway.data.dataset import Dataset
from cutaway.data.encoding import encode, fit_encoding
from cutaway.data.parts import part
from cutaway.data.stored_table import StoredTable
from cutaway.engine.inputs import Stored
from cutaway.errors import DataError, OptionError
from cutaway.training.evaluation import evaluate

M = 90


@pytest.fixture(autouse=True)
def folder_of_the_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CUTAWAY_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def random() -> np.random.Generator:
    return np.random.default_rng(7)


def pictures(folder: Path) -> Path:
    path = folder / "pictures.npz"
    x = random().integers(0, 256, (M, 5, 4, 3), dtype=np.uint8)
    np.savez_compressed(path, x=x, y=random().integers(0, 3, M))
    return path


def numbers(folder: Path) -> Path:
    path = folder / "numbers.npz"
    x = np.asfortranarray(random().normal(size=(M, 6)))
    x_test, y_test = random().normal(size=(9, 6)), random().normal(size=9)
    np.savez(path, x_train=x, y_train=x[:, 0] ** 2, x_test=x_test, y_test=y_test)
    return path


def whole_numbers(folder: Path) -> Path:
    path = folder / "whole.npy"
    np.save(path, random().integers(-5, 300, (M, 4)).astype(np.int16))
    np.save(folder / "labels.npy", random().integers(0, 2, M))
    return path


def hdf5(folder: Path) -> Path:
    h5py = pytest.importorskip("h5py", reason="pip install 'cutaway[hdf5]'")
    path = folder / "pictures.h5"
    with h5py.File(path, "w") as file:
        for part, m in (("test", 8), ("train", M)):
            pixels = random().integers(0, 256, (m, 4, 4, 3), dtype=np.uint8)
            file[f"{part}_set_x"] = pixels
            file[f"{part}_set_y"] = np.arange(m) % 2
        file["list_classes"] = np.array([b"non-cat", b"cat"])
    return path


def csv(folder: Path) -> Path:
    path = folder / "table.csv"
    draw = random()
    lines = ["id,size,gaps,colour,sold,rare,kind"]
    for i in range(M):
        gaps = "" if i % 7 == 0 else f"{draw.normal():.4f}"
        colour, sold = ["red", "blue", "", "grün"][i % 4], ["true", "false"][i % 2]
        lines.append(f"{i},{draw.normal():.17g},{gaps},{colour},{sold},w{i % 30},{'ab'[i % 2]}")
    lines[11] = "1,2"
    lines[13] = lines[13][:-1]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def parquet(folder: Path) -> Path:
    import duckdb

    path = folder / "o'table.parquet"
    duckdb.execute(
        "COPY (SELECT i::SMALLINT AS small, (i / 7)::FLOAT AS narrow, i % 5 = 0 AS five, "
        "CASE WHEN i % 3 = 0 THEN NULL ELSE i % 2 = 0 END AS maybe, NULL::VARCHAR AS nothing, "
        "CASE i % 3 WHEN 0 THEN 'ape' WHEN 1 THEN 'bee' END AS word, (i * i)::DOUBLE AS target "
        f"FROM range({M}) AS t(i)) TO '{str(path).replace(chr(39), chr(39) * 2)}' (FORMAT parquet)"
    )
    return path


def wide(folder: Path) -> Path:
    path = folder / "wide.csv"
    np.savetxt(
        path,
        np.column_stack([random().normal(size=(M, 120)), np.arange(M) % 2]),
        delimiter=",",
        header=",".join([*(f"x{i}" for i in range(120)), "y"]),
        comments="",
    )
    return path


def json_lines(folder: Path) -> Path:
    path = folder / "rows.jsonl"
    rows = [{"a": i % 11, "b": ["x", "y", None][i % 3], "label": i % 2 == 0} for i in range(M)]
    path.write_text("\n".join(map(json.dumps, rows)))
    return path


def folders(folder: Path) -> Path:
    draw = random()
    for name, m in (("train", 12), ("test", 3)):
        for label in ("cat", "dog"):
            (folder / "pets" / name / label).mkdir(parents=True)
            for i in range(m):
                pixels = np.repeat(draw.integers(0, 256, (7, 6, 1), dtype=np.uint8), 3, axis=2)
                Image.fromarray(pixels).save(folder / "pets" / name / label / f"{i}.png")
    (folder / "pets" / "train" / "cat" / "bad.png").write_bytes(b"no picture")
    return folder / "pets"


SOURCES: list[tuple[Callable[[Path], Path], dict[str, Any]]] = [
    (pictures, {}),
    (numbers, {}),
    (whole_numbers, {"labels": "labels.npy"}),
    (hdf5, {}),
    (csv, {"target": "kind"}),
    (csv, {"target": "sold"}),
    (parquet, {}),
    (wide, {}),
    (json_lines, {}),
    (folders, {}),
]
IDS = [f"{make.__name__}{i}" for i, (make, _) in enumerate(SOURCES)]


def read(make: Callable[[Path], Path], options: dict[str, Any], tmp_path: Path) -> Any:
    """Make a source; return load(cache=...) of it."""
    path = make(tmp_path)
    options = {n: tmp_path / v if n == "labels" else v for n, v in options.items()}
    return partial(_load, path=path, options=options)


def _load(cache: str, path: Path, options: dict[str, Any], **more: Any) -> Dataset:
    return load(path, cache=cache, **options, **more)


def assert_same_table(a: Table, b: Table) -> None:
    assert a.kinds == b.kinds
    for name, values in a.columns.items():
        assert values.dtype == b.columns[name].dtype
        np.testing.assert_array_equal(values, b.columns[name])


def assert_same(a: Dataset, b: Dataset) -> None:
    for name in ("name", "kind", "task", "classes", "target_names", "picture", "features"):
        assert getattr(a, name) == getattr(b, name)
    assert a.skipped == b.skipped
    assert a.notes == b.notes[:-1]
    assert list(a.origins) == list(b.origins)
    for name in ("reader", "path", "dev", "test", "labels"):
        assert a.source.get(name) == b.source.get(name)
    assert list(a.parts) == list(b.parts)
    for one, other in zip(a.parts.values(), b.parts.values(), strict=True):
        np.testing.assert_array_equal(one, other)
    for name in ("target", "keys"):
        one, other = getattr(a, name), getattr(b, name)
        assert one.dtype == other.dtype
        np.testing.assert_array_equal(one, other)
    rows: Any = a.rows
    if isinstance(rows, Table):
        assert isinstance(b.rows, StoredTable)
        assert_same_table(rows, b.rows)
        index = np.array([3, 1, 1])
        assert_same_table(rows[index], b.rows[index])
    else:
        other_rows: Any = b.rows
        assert rows.dtype == other_rows.dtype
        np.testing.assert_array_equal(rows, other_rows)
    assert fingerprint(a) == fingerprint(b)


@pytest.mark.parametrize(("make", "options"), SOURCES, ids=IDS)
@pytest.mark.parametrize("large", [1, 1 << 24])
def test_the_cache_holds_what_is_read_into_memory(
    make: Callable[[Path], Path],
    options: dict[str, Any],
    large: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("cutaway.data.array_files.LARGE", large)
    monkeypatch.setattr(place, "BLOCK", 50)
    monkeypatch.setattr("cutaway.data.table_into_files.NUMBERS_A_QUERY", 150)
    source = read(make, options, tmp_path)
    in_memory, made = source("never"), source("always")
    assert_same(in_memory, made)
    monkeypatch.setattr(sys.modules["cutaway.data.load"], "_read", None)
    again = source("always")
    assert_same(in_memory, again)
    assert again.cached == made.cached
    assert again.notes[-1].startswith("converted once, read from the cache: ")


@pytest.mark.parametrize(("make", "options"), SOURCES, ids=IDS)
@pytest.mark.parametrize("batch_size", [1, 32, None])
def test_training_from_the_cache_gives_the_same_bits(
    make: Callable[[Path], Path], options: dict[str, Any], batch_size: int | None, tmp_path: Path
) -> None:
    source = read(make, options, tmp_path)
    runs = [
        cutaway.train(
            source(cache),
            hidden=(5,),
            epochs=2,
            batch_size=batch_size,
            path="plain",
            optimizer="adam",
        )
        for cache in ("never", "always")
    ]
    in_memory, cached = runs
    np.testing.assert_array_equal(in_memory.model.theta, cached.model.theta)
    for one, other in zip(in_memory.history, cached.history, strict=True):
        assert {**one.to_json(), "seconds": 0} == {**other.to_json(), "seconds": 0}
    assert in_memory.setup.notes == tuple(
        note for note in cached.setup.notes if "read from the cache" not in note
    )
    for name in ("mean", "scale", "target_mean", "target_scale"):
        np.testing.assert_array_equal(
            getattr(in_memory.model.preparation, name), getattr(cached.model.preparation, name)
        )


@pytest.mark.parametrize(
    ("make", "more"),
    [(pictures, {"test": "more"}), (csv, {"dev": "more", "target": "kind"})],
)
def test_further_parts_are_converted_with_the_source(
    make: Callable[[Path], Path],
    more: dict[str, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    path = make(tmp_path)
    (tmp_path / "other").mkdir()
    further = make(tmp_path / "other")
    if make is csv:
        further.write_text(further.read_text().replace("red", "violet"), encoding="utf-8")
    options = {n: str(further) if v == "more" else v for n, v in more.items()}
    monkeypatch.setattr("cutaway.data.stored_table.BLOCK", 50)
    in_memory, cached = (load(path, cache=c, **options) for c in ("never", "always"))
    assert_same(in_memory, cached)
    # What was converted aside has been joined, and is gone.
    assert all(file.is_file() for file in Path(str(cached.cached)).iterdir())


@pytest.mark.parametrize(("make", "options"), SOURCES, ids=IDS)
def test_answers_and_errors_from_the_cache_are_those_in_memory(
    make: Callable[[Path], Path], options: dict[str, Any], tmp_path: Path
) -> None:
    source = read(make, options, tmp_path)
    model = cutaway.train(source("never"), hidden=(5,), epochs=1).model
    path = source.keywords["path"]
    one, other = (model.predict(path, cache=c) for c in ("never", "always"))
    np.testing.assert_array_equal(one.A, other.A)
    assert list(one.origins) == list(other.origins)
    assert one.to_json() == other.to_json()
    assert one.notes == tuple(note for note in other.notes if "from the cache" not in note)
    sets = [source(c, preparation=model.preparation) for c in ("never", "always")]
    assert sets[1].cached is not None
    parts = [part(s, np.arange(s.m), model.preparation, model.theta.dtype)[0] for s in sets]
    assert isinstance(parts[1].X, Stored)
    in_memory, cached = (evaluate(model, p) for p in parts)
    assert in_memory.metrics == cached.metrics
    np.testing.assert_array_equal(in_memory.losses, cached.losses)


def test_stored_rows_are_encoded_as_tables_are(tmp_path: Path) -> None:
    source = read(csv, {"target": "kind"}, tmp_path)
    rows: Any = source("always").rows
    table: Any = source("never").rows
    # Fitted on a few rows only: others have categories and gaps that these lack
    encoding, _ = fit_encoding(table, np.array([1, 2, 5, 12]))
    expected, notes = encode(table, encoding)
    assert notes
    np.testing.assert_array_equal(rows.encoder(encoding)(rows.matrix), expected)


def test_a_run_goes_on_from_the_cache(tmp_path: Path) -> None:
    dataset = read(csv, {"target": "kind"}, tmp_path)("always")
    again = reload(dataset.source)
    assert again.cached == dataset.cached
    assert_same(read(csv, {"target": "kind"}, tmp_path)("never"), again)


def entries(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if not path.name.startswith("."))


def test_another_state_of_the_source_is_another_entry(
    tmp_path: Path, folder_of_the_cache: Path
) -> None:
    source = read(pictures, {}, tmp_path)
    first = source("always")
    np.savez(tmp_path / "pictures.npz", x=np.zeros((4, 2, 2, 3), np.uint8), y=[0, 1, 0, 1])
    second = source("always")
    assert second.m == 4
    # The older state is removed; what has it open reads on
    assert entries(folder_of_the_cache) == [Path(str(second.cached)).name]
    assert int(np.asarray(first.rows).sum()) > 0
    read(pictures, {}, tmp_path / "..")
    assert len(cache.entries()) == 1


@pytest.mark.parametrize("damage", ["cut", "emptied", "gone", "other format"])
def test_a_damaged_entry_is_made_anew(damage: str, tmp_path: Path) -> None:
    source = read(csv, {"target": "kind"}, tmp_path)
    entry = Path(str(source("always").cached))
    if damage == "cut":
        os.truncate(entry / "rows", 10)
    elif damage == "emptied":
        (entry / "dataset.json").write_text("")
    elif damage == "gone":
        (entry / "keys.npy").unlink()
    else:
        known = json.loads((entry / "dataset.json").read_text())
        (entry / "dataset.json").write_text(json.dumps({**known, "format": 0}))
    assert_same(source("never"), source("always"))


def test_a_full_disk_is_said_and_leaves_nothing(
    tmp_path: Path, folder_of_the_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "posix_fallocate", full)
    with pytest.raises(DataError, match=r"no room for .*No space left.*CUTAWAY_CACHE"):
        read(pictures, {}, tmp_path)("always")
    assert entries(folder_of_the_cache) == []
    monkeypatch.undo()
    monkeypatch.setenv("CUTAWAY_CACHE", str(folder_of_the_cache))
    monkeypatch.setattr(np, "save", full)
    with pytest.raises(DataError, match="free some space"):
        load(tmp_path / "pictures.npz", cache="always")
    assert entries(folder_of_the_cache) == []


def test_a_cache_that_cannot_be_written_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("CUTAWAY_CACHE", str(tmp_path / "file" / "cache"))
    with pytest.raises(DataError, match=r"cannot be written.*CUTAWAY_CACHE.*--cache never"):
        read(pictures, {}, tmp_path)("always")


def test_a_source_that_changes_meanwhile_is_refused(
    tmp_path: Path, folder_of_the_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = pictures(tmp_path)
    module = sys.modules["cutaway.data.load"]
    original = module._read  # type: ignore[attr-defined]

    def read_slowly(*arguments: Any) -> Dataset:
        dataset: Dataset = original(*arguments)
        os.utime(path, (1, 1))
        return dataset

    monkeypatch.setattr(module, "_read", read_slowly)
    with pytest.raises(DataError, match="changed while it was read"):
        load(path, cache="always")
    assert entries(folder_of_the_cache) == []


CHILD = """
import sys, time
from pathlib import Path
from cutaway.data import cache, load
make = cache.save
def slow(*arguments):
    print("begun", flush=True)
    while not Path(sys.argv[2]).exists():
        time.sleep(0.02)
    make(*arguments)
    print("converted", flush=True)
cache.save = slow
dataset = load(sys.argv[1], cache="always", say=lambda text: print(text[:7], flush=True))
print(dataset.m)
"""


def start(path: Path, go: Path, word: str) -> subprocess.Popen[str]:
    """Let another process convert, as soon as there is a file `go`; return when it says `word`."""
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD, str(path), str(go)], stdout=subprocess.PIPE, text=True
    )
    assert child.stdout is not None
    while (line := child.stdout.readline().strip()) != word:
        assert line, "the process ended"
    return child


def test_two_processes_convert_once(tmp_path: Path, folder_of_the_cache: Path) -> None:
    path, go = pictures(tmp_path), tmp_path / "go"
    first = start(path, go, "begun")
    second = start(path, go, "waiting")
    go.touch()
    outputs = [child.communicate(timeout=60)[0].split() for child in (first, second)]
    assert outputs == [["converted", str(M)], [str(M)]]
    assert len(entries(folder_of_the_cache)) == 1


def test_a_kill_leaves_nothing_that_lasts(tmp_path: Path, folder_of_the_cache: Path) -> None:
    path = pictures(tmp_path)
    child = start(path, tmp_path / "never", "begun")
    child.kill()
    child.communicate()
    (left,) = entries(folder_of_the_cache)
    assert left.endswith(".partial")
    assert cache.entries() == []
    # Another source removes it as well as the same one
    other = load(numbers(tmp_path), cache="always")
    assert entries(folder_of_the_cache) == [Path(str(other.cached)).name]
    assert load(path, cache="always").m == M


def test_what_is_being_made_is_not_removed(tmp_path: Path, folder_of_the_cache: Path) -> None:
    child = start(pictures(tmp_path), tmp_path / "go", "begun")
    load(numbers(tmp_path), cache="always")
    assert cache.clear() > 0
    assert [name.endswith(".partial") for name in entries(folder_of_the_cache)] == [True]
    (tmp_path / "go").touch()
    assert child.communicate(timeout=60)[0].split() == ["converted", str(M)]


def test_only_large_data_go_into_the_cache(
    tmp_path: Path, folder_of_the_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = pictures(tmp_path)
    size = M * 60 * 5
    monkeypatch.setattr(estimate, "memory", lambda: 4 * (size + M * 12) + 4)
    assert load(path, cache="auto").cached is None
    assert not folder_of_the_cache.exists()
    monkeypatch.setattr(estimate, "memory", lambda: 4 * size)
    assert load(path, cache="auto").cached
    assert load(path, cache="never").cached is None
    assert load("digits", cache="auto").cached is None
    with pytest.raises(OptionError, match="cache=always has no meaning for digits"):
        load("digits", cache="always")


@pytest.mark.parametrize(
    ("make", "reader", "expected"),
    [
        (pictures, "arrays", M * 60 * 5 + M * 12),
        (whole_numbers, "arrays", M * 4 * 6),
        (hdf5, "arrays", (M + 8) * (48 * 5 + 12) + 2 * 11),
        (parquet, "table", M * 7 * 12),
        (folders, "pictures", 31 * 64 * 64 * 3 * 5),
    ],
)
def test_estimates_count_rows_and_inputs(
    make: Callable[[Path], Path], reader: str, expected: int, tmp_path: Path
) -> None:
    assert estimate.estimate(make(tmp_path), reader) == expected


@pytest.mark.parametrize("reader", ["arrays", "table", "builtin"])
def test_what_cannot_be_read_is_not_large(reader: str, tmp_path: Path) -> None:
    (tmp_path / "x.parquet").write_bytes(b"PK no table and no arrays")
    assert estimate.estimate(tmp_path / "x.parquet", reader) == 0
    assert estimate.memory() > 1e8


def test_a_full_batch_that_does_not_fit_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = pictures(tmp_path)
    monkeypatch.setattr("cutaway.training.resolve.memory", lambda: 1000)
    with pytest.raises(OptionError, match=r"full batch needs all 54 examples.*--batch-size"):
        cutaway.train(path, cache="always", batch_size=None)


def test_columns_that_look_otherwise_than_in_training_are_read_as_the_model_expects(
    tmp_path: Path,
) -> None:
    (tmp_path / "train.csv").write_text(
        "code,flag,x,y\n" + "".join(f"{'abc'[i % 3]},{i % 2},{i},{i % 2}\n" for i in range(30))
    )
    model = cutaway.train(tmp_path / "train.csv", hidden=(3,), epochs=1, split="20,10,0").model
    # Whole numbers where texts were, nothing where numbers were; typed, as Parquet holds them.
    import duckdb

    path = tmp_path / "new.parquet"
    duckdb.execute(
        "COPY (SELECT i AS code, i % 2 = 0 AS flag, NULL::VARCHAR AS x FROM range(9) AS t(i)) "
        f"TO '{path}' (FORMAT parquet)"
    )
    one, other = (model.predict(path, cache=c) for c in ("never", "always"))
    np.testing.assert_array_equal(one.A, other.A)
    assert one.notes == tuple(note for note in other.notes if "from the cache" not in note)
