"""The user's own files, sets that scikit-learn carries, downloads: columns as they should be, wrong files refused."""

import gzip
import hashlib
import http.server
import sys
import threading
from dataclasses import replace

import numpy as np
import pytest

from numeric import datasets
from numeric.datasets import DataError, MissingExtra, Preparation, Source, fetch, one_hot, own_data, picture, read
from numeric.datasets.own import samples_of

# --- sets that have a name --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "shape", "rows", "kept"),
    [("breast_cancer", (30, 456), 1, 113), ("iris", (4, 120), 3, 30), ("wine", (13, 143), 3, 35)],
)
def test_tables_of_scikit_learn(name, shape, rows, kept, needs_extra):
    whole = getattr(needs_extra("sklearn.datasets"), f"load_{name}")()
    data = getattr(datasets, name)("float32")
    assert (data.X.shape, data.Y.shape, data.X_test.shape) == (shape, (rows, shape[1]), (shape[0], kept))
    assert data.X.mean(axis=1) == pytest.approx(np.zeros(shape[0]), abs=1e-5)
    assert data.X.std(axis=1) == pytest.approx(np.ones(shape[0]), rel=1e-4)
    test = whole.target[4::5]
    assert np.array_equal(data.Y_test[0] if rows == 1 else data.Y_test.argmax(axis=0), test)
    assert data.preparation.columns(whole.data[4::5], "float32") == pytest.approx(data.X_test)
    assert data.classes == tuple(whole.target_names)
    assert {a.dtype for a in (data.X, data.Y, data.X_test, data.Y_test)} == {np.dtype("float32")}


def test_cats(data_folder):
    data = datasets.cat_noncat(data_folder)
    with np.load(data_folder / "catvnoncat.npz") as raw:
        pixels, labels = raw["train_set_x"], raw["train_set_y"]
    assert (data.X.shape, data.X_test.shape, data.Y.shape) == ((12288, 209), (12288, 50), (1, 209))
    assert np.array_equal(data.X, pixels.reshape(209, -1).T / 255)
    i, j, c = 5, 7, 2
    assert data.X[(i * 64 + j) * 3 + c, 11] == pixels[11, i, j, c] / 255
    assert np.array_equal(data.Y[0], labels)
    assert np.array_equal(datasets.cat_noncat(data_folder / "catvnoncat.npz").X, data.X)


WRONG_LABELS = [
    ([[0, 1]], "labels are one row of integers, of shape (m,), but have shape (1, 2)"),
    ([0.5, 1.0], "labels are integers 0, 1, ..., not float64"),
    ([1, 2, 3], "a label of 3 classes is one of 0 to 2, but 3 is among them\n  labels - 1 counts from 0"),
    ([0, -1], "but -1 is among them"),
]


@pytest.mark.parametrize(("labels", "words"), WRONG_LABELS)
def test_labels_out_of_range_are_refused(labels, words):
    with pytest.raises(DataError) as error:
        one_hot(labels, 3)
    assert words in str(error.value)


# --- tables -----------------------------------------------------------------------------------------------------------

ROWS = [(k, 10.0 - k * k, "yes" if k % 2 else "no") for k in range(10)]


def table(tmp_path, text, name="table.csv"):
    (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path / name


def test_a_csv_file_becomes_columns(tmp_path):
    lines = "\n".join(f"{a},{b},{c}" for a, b, c in ROWS)
    data = own_data(table(tmp_path, "a,b,kind\n" + lines + "\n"))
    raw = np.array([row[:2] for row in ROWS])
    kept = np.arange(10) % 5 == 4
    mean, spread = raw[~kept].mean(axis=0), raw[~kept].std(axis=0)
    assert pytest.approx(((raw - mean) / spread)[~kept].T) == data.X
    assert pytest.approx(((raw - mean) / spread)[kept].T) == data.X_test
    assert (data.classes, data.Y.tolist()) == (("no", "yes"), [[0, 1, 0, 1, 1, 0, 1, 0]])
    moved = own_data(table(tmp_path, "kind,a,b\n" + "\n".join(f"{c},{a},{b}" for a, b, c in ROWS)), label="kind")
    assert np.array_equal(moved.X, data.X)
    assert np.array_equal(moved.Y, data.Y)
    np.save(tmp_path / "table.npy", np.array([(a, b, c == "yes") for a, b, c in ROWS]))
    array = own_data(tmp_path / "table.npy")
    assert np.array_equal(array.X, data.X)
    assert array.classes == ("0", "1")
    np.savez(tmp_path / "arrays.npz", X=raw, y=np.array([c for _, _, c in ROWS]))
    assert np.array_equal(own_data(tmp_path / "arrays.npz").X, data.X)


BAD_TABLES = [
    ("", "has no rows"),
    ("a,b,c\n", "has a header, but no rows"),
    ("1,2,x\n3,y\n", "line 2: 2 columns, but line 1 has 3"),
    ("1,5;2;x\n3;y\n", "line 2: 1 columns, but line 1 has 2\n  columns are separated by commas, not by ';'"),
    ("1,2,x\n3,oh,y\n", "line 2, column 2: 'oh' is not a number\n  the class was taken from the last column; "),
    ("1,2,x\n3,,y\n", "line 2, column 2: a number is missing"),
    ("1,2,x\nnan,4,y\n", "is not finite"),
    ("1,2,x\n3,4,x\n", "has one class only: x"),
    ("1,2,0.5\n3,4,1\n", "the class 0.5 is not a whole number; is the last column the class?"),
    ("1,2,1\n3,4,2\n5,6,3\n", "has 3 classes in 3 samples"),
    ("x\ny\n", "has one column"),
]


def test_a_place_is_counted_with_the_column_of_the_class(tmp_path):
    words = "line 2, column 3: 'oh' is not a number\n  the class was taken from the column 'k'"
    with pytest.raises(DataError, match=words):
        own_data(table(tmp_path, "a,k,b\n1,x,oh\n2,y,4\n"), label="k")


def test_a_table_too_short_for_a_test_is_for_training(tmp_path):
    data = own_data(table(tmp_path, "1,2,x\n2,3,y\n3,3,y\n4,3,x\n"))
    assert data.X.shape == (2, 4)
    assert data.X_test is None
    assert own_data(table(tmp_path, "1,2,x\n2,3,y\n3,3,y\n4,3,x\n5,6,y\n")).X_test.shape == (2, 1)


def test_columns_that_a_network_is_asked_about_are_found_by_name(tmp_path):
    known = own_data(table(tmp_path, "a,kind,b\n1,x,10\n2,y,20\n3,y,30\n4,x,40\n"), label="kind").preparation
    assert known.names == ("a", "b")
    assert Preparation.from_json(known.as_json()) == known
    for text in ("a,b\n1,10\n", "b,a\n10,1\n", "kind,b,a\nx,10,1\n", "1,10\n"):
        assert samples_of(table(tmp_path, text), known).tolist() == [[1, 10]], text
    with pytest.raises(DataError, match=r"has no column b; its columns are a, c\n  the network was trained on a, b"):
        samples_of(table(tmp_path, "a,c\n1,2\n"), known)


@pytest.mark.parametrize(("text", "words"), BAD_TABLES)
def test_a_wrong_table_is_refused(text, words, tmp_path):
    with pytest.raises(DataError) as error:
        own_data(table(tmp_path, text))
    assert words in str(error.value)


def test_other_wrong_files_are_refused(tmp_path):
    for name, content, words in (
        ("x.csv", b"\xff\xfe1,2", "no CSV file in UTF-8"),
        ("x.npy", b"no", "not a file of one plain array"),
        ("x.npz", b"no", "not an archive of plain arrays"),
        ("x.txt", b"", "no data that is known"),
    ):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(DataError, match=words):
            own_data(tmp_path / name)
    with pytest.raises(DataError, match="no file or folder"):
        own_data(tmp_path / "nothing.csv")
    with pytest.raises(DataError, match="has no column 'kind'; its columns are a, b"):
        own_data(table(tmp_path, "a,b\n1,x\n2,y\n"), label="kind")
    np.save(tmp_path / "objects.npy", np.array([{}, 1], dtype=object))
    with pytest.raises(DataError, match="not a file of one plain array"):
        own_data(tmp_path / "objects.npy")
    np.savez(tmp_path / "turned.npz", X=np.ones((2, 6)), y=np.arange(6) % 2)
    with pytest.raises(DataError, match=r"did you mean X\.T, of shape \(6, 2\)\?"):
        own_data(tmp_path / "turned.npz")


# --- pictures ---------------------------------------------------------------------------------------------------------


def draw(folder, name, pixels, needs_extra):
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    needs_extra("PIL.Image").fromarray(pixels).save(folder / name)


def test_a_folder_of_pictures_becomes_columns(tmp_path, needs_extra):
    rng = np.random.default_rng(0)
    raw = {name: [rng.integers(0, 256, (4, 3, 3), np.uint8) for _ in range(5)] for name in ("cat", "dog")}
    for name, pictures in raw.items():
        for k, pixels in enumerate(pictures):
            draw(tmp_path, f"{name}/{k}.png", pixels, needs_extra)
    data = own_data(tmp_path)
    assert (data.X.shape, data.X_test.shape, data.classes) == ((36, 8), (36, 2), ("cat", "dog"))
    assert data.preparation == Preparation(255.0, picture=(4, 3, 3))
    columns = np.concatenate([data.X, data.X_test], axis=1)
    labels = np.concatenate([data.Y, data.Y_test], axis=1)[0]
    for name, label in (("cat", 0), ("dog", 1)):
        expected = sorted((p.reshape(-1) / 255).tolist() for p in raw[name])
        assert sorted(columns[:, labels == label].T.tolist()) == expected
    draw(tmp_path, "dog/large.png", np.zeros((8, 6), np.uint8), needs_extra)
    with pytest.raises(DataError, match=r"large\.png has 8 x 6 pixels, but .*0\.png has 4 x 3\n  name one size"):
        own_data(tmp_path)
    assert own_data(tmp_path, size=(4, 3)).X.shape == (36, 9)


def test_wrong_pictures_are_refused(tmp_path, needs_extra, monkeypatch):
    needs_extra("PIL.Image")
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    with pytest.raises(DataError, match="holds no picture"):
        own_data(tmp_path)
    (tmp_path / "a" / "x.png").write_bytes(b"no picture")
    with pytest.raises(DataError, match=r"x\.png is no picture that can be read"):
        own_data(tmp_path)
    with pytest.raises(DataError, match="has 0 subfolders; expected one for each class"):
        own_data(tmp_path / "a")
    monkeypatch.setitem(sys.modules, "PIL", None)
    with pytest.raises(MissingExtra, match=r'pip install "backproof\[images\]"'):
        picture(tmp_path / "a" / "x.png")


# --- downloads --------------------------------------------------------------------------------------------------------


class Server(http.server.BaseHTTPRequestHandler):
    files: dict[str, bytes] = {}  # noqa: RUF012
    asked: list[str] = []  # noqa: RUF012

    def do_GET(self):
        self.asked.append(self.path)
        found = self.files.get(self.path)
        self.send_response(404 if found is None else 200)
        self.send_header("Content-Length", str(len(found or b"")))
        self.end_headers()
        self.wfile.write(found or b"")

    def log_message(self, *arguments):
        pass


@pytest.fixture
def loopback(needs_extra):
    needs_extra("pooch")
    server = http.server.HTTPServer(("127.0.0.1", 0), Server)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    Server.asked.clear()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


def idx(array):
    sizes = b"".join(n.to_bytes(4, "big") for n in array.shape)
    return gzip.compress(bytes([0, 0, 8, array.ndim]) + sizes + array.tobytes(), mtime=0)


ARRAY = np.arange(24, dtype=np.uint8).reshape(2, 3, 4)


def source(loopback, content, shape=ARRAY.shape):
    Server.files = {"/some-idx3-ubyte.gz": content}
    sha256 = hashlib.sha256(content).hexdigest()
    return Source("some-idx3-ubyte.gz", sha256, (("data", shape),), f"{loopback}/some-idx3-ubyte.gz")


def test_a_file_is_downloaded_once(loopback, tmp_path):
    wanted = source(loopback, idx(ARRAY))
    for _ in range(2):
        assert np.array_equal(read(wanted, fetch(wanted, tmp_path))["data"], ARRAY)
    assert len(Server.asked) == 1


def test_another_file_is_refused_and_not_kept(loopback, tmp_path):
    wanted = replace(source(loopback, idx(ARRAY)), sha256="0" * 64)
    with pytest.raises(DataError, match=r"some-idx3-ubyte\.gz could not be had from http://127"):
        fetch(wanted, tmp_path)
    assert not list(tmp_path.iterdir())
    missing = replace(wanted, url=f"{loopback}/other.gz")
    with pytest.raises(DataError, match="name the folder that holds a copy, and nothing is downloaded"):
        fetch(missing, tmp_path)


NO_IDX = [b"", b"no gzip", *(gzip.compress(x, mtime=0) for x in (b"\0\0\x0d\1\0\0\0\1x", b"\0\0"))]


@pytest.mark.parametrize("content", NO_IDX, ids=range(len(NO_IDX)))
def test_what_is_no_idx_file_is_refused(content, loopback, tmp_path):
    wanted = source(loopback, content)
    with pytest.raises(DataError, match=r"is not a gzip file|is not an idx file of bytes"):
        read(wanted, fetch(wanted, tmp_path))
    wanted = source(loopback, idx(ARRAY), shape=(2, 12))
    with pytest.raises(DataError, match=r"data has shape \(2, 3, 4\), expected \(2, 12\)"):
        read(wanted, fetch(wanted, tmp_path / "again"))


def test_mnist_is_downloaded_where_no_folder_is_named(monkeypatch, tmp_path, needs_extra):
    pooch = needs_extra("pooch")
    asked = []
    monkeypatch.setattr(pooch, "os_cache", lambda name: tmp_path / name)
    monkeypatch.setattr(pooch, "retrieve", lambda *given, **more: asked.append(given))
    with pytest.raises(DataError, match="no file"):  # nothing was put there
        datasets.mnist()
    assert asked[0][0].endswith("/mnist.npz")
    assert asked[0][1].startswith("sha256:731c5ac6")
    with pytest.raises(DataError, match="no file"):
        datasets.fashion_mnist()
    assert asked[1][2] == "train-images-idx3-ubyte.gz"


def test_without_pooch_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "pooch", None)
    with pytest.raises(MissingExtra, match=r'pip install "backproof\[download\]"'):
        datasets.mnist()
