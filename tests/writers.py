"""One random table, as pyarrow, pandas, polars and DuckDB write it, trains the same model, to the bit.

    cargo build -p dien-cli
    python -m venv venv && venv/bin/pip install pyarrow pandas polars duckdb
    venv/bin/python tests/writers.py --dien target/debug/dien --tables 100

Each table is written as CSV by Python's own module first. The program trains on that and on what each library
writes, and scores it: vocabularies, model and scores must be the same bytes. Libraries that are not installed
are named and left out. `generator`, among the Rust tests, does the same with Rust's writers.
"""

import argparse
import csv
import datetime
import importlib.util
import json
import random
import subprocess
import sys
import tempfile
from pathlib import Path

OPTIONS = """
[data]
batch_size = 16
shuffle = 0
[model]
hidden = 4
head_layers = [4]
dropout = 0.0
[train]
epochs = 1
"""

SCHEMA = """
candidate = ["item", "category", "brands"]
width = 4
[source]
files = "part*"
{source}
[columns]
clicked = {{ kind = "label" }}
user = {{ kind = "group" }}
who = {{ kind = "sparse", from = "user" }}
item = {{ kind = "sparse" }}
category = {{ kind = "sparse" }}
hour = {{ kind = "sparse", vocabulary = {{ hash = 5 }} }}
price = {{ kind = "dense", default = 1.5{transform} }}
at = {{ kind = "time" }}
seen = {{ kind = "sequence", shares = "item" }}
seen_categories = {{ kind = "sequence", shares = "category" }}
tags = {{ kind = "sequence" }}
brands = {{ kind = "sequence" }}
seen_brands = {{ kind = "sequence", shares = "brands" }}
[[behaviours]]
name = "clicks"
columns = ["seen", "seen_categories", "seen_brands"]
max_history = 5
"""

WILD = """x,y¦p|q¦say "hi"¦it's¦semi;colon¦tab\tin¦back\\slash¦new\nline¦#hash¦[open¦{a}¦a  b¦日本 語¦🦀¦1e5x"""
WILD = f"{WILD}¦NULL¦nan¦None".split("¦")
# How many lists are around a value.
LISTS = {"seen": 1, "seen_categories": 1, "tags": 1, "brands": 1, "seen_brands": 2}


def ids(kind, draw):
    """A few ids of one kind."""
    make = {
        "small": lambda: draw.randrange(-3, 40),
        "wide": lambda: draw.randrange(-(2**63), 2**63),
        "unsigned": lambda: draw.randrange(2**64),
        "zeros": lambda: f"{draw.randrange(50):0{draw.randrange(1, 4)}}",
        "words": lambda: "w" + "".join(draw.choices("aZqü界7", k=draw.randrange(1, 6))),
        "wild": lambda: draw.choice(WILD),
        "bool": lambda: draw.random() < 0.5,
        "day": lambda: datetime.date(1969, 1, 1) + datetime.timedelta(draw.randrange(20_000)),
    }[kind]
    return [make() for _ in range(draw.randrange(2, 12))]


class Table:
    """Columns of Python's values, None where one is missing."""

    def __init__(self, seed):
        draw = self.draw = random.Random(seed)
        rows = self.rows = draw.choice([2, 17, 40, 70])
        kinds = ["small", "wide", "unsigned", "zeros", "words", "wild", "bool", "day"]
        self.kinds = [draw.choice(kinds) for _ in range(6)]
        user, item, category, hour, tag, brand = (ids(kind, draw) for kind in self.kinds)
        missing = draw.choice([0, 0, 0.2])
        one = lambda of, missing=0: None if draw.random() < missing else draw.choice(of)
        many = lambda of, n: [one(of) for _ in range(n)]
        lengths = [draw.randrange(8) for _ in range(rows)]
        quarters = draw.random() < 0.5
        price = lambda: draw.randrange(80) / 4 if quarters else draw.random() * 1e3
        self.columns = {
            "clicked": [draw.randrange(2) for _ in range(rows)],
            "user": many(user, rows),
            "item": [one(item, missing) for _ in range(rows)],
            "category": [one(category, missing) for _ in range(rows)],
            "hour": [one(hour, missing) for _ in range(rows)],
            "price": [None if draw.random() < missing else price() for _ in range(rows)],
            "at": draw.sample(range(1_700_000_000, 1_700_001_000), rows),
            "seen": [many(item, n) for n in lengths],
            "seen_categories": [many(category, n) for n in lengths],
            "tags": [many(tag, draw.randrange(4)) for _ in range(rows)],
            "brands": [many(brand, draw.randrange(4)) for _ in range(rows)],
            "seen_brands": [[many(brand, draw.randrange(3)) for _ in range(n)] for n in lengths],
        }
        self.transform = draw.choice(["", ', transform = "log1p"', ', transform = "standardise"'])

    def flat(self, name):
        """A column with its lists as JSON."""
        return [text_of(x) if isinstance(x, list) else x for x in self.columns[name]]

    def plain(self, name):
        """Whether a column's lists need no quotes, whoever writes them."""
        of = leaves(self.columns[name])
        return all(isinstance(x, int) or isinstance(x, str) and x[0] == "w" for x in of)


def leaves(value):
    """The values in lists, however deep."""
    return [x for of in value for x in leaves(of)] if isinstance(value, list) else [value]


def texts(value):
    """The same lists of texts."""
    return [texts(x) for x in value] if isinstance(value, list) else None if value is None else str(value)


def text_of(value):
    """A list as JSON."""
    return json.dumps(value, ensure_ascii=False, default=str)


def write_python(table, folder):
    """The reference."""
    with open(folder / "part.csv", "w", newline="") as to:
        writer = csv.writer(to, lineterminator="\n")
        writer.writerow(table.columns)
        cell = lambda x: "" if x is None else str(x)
        writer.writerows(zip(*[[cell(x) for x in table.flat(name)] for name in table.columns]))


def arrow_type(pa, values, draw):
    """One of the types that have these values."""
    there = [x for x in values if x is not None]
    texts = [pa.string(), pa.large_string(), pa.dictionary(pa.int32(), pa.string())]
    if all(isinstance(x, bool) for x in there):
        return draw.choice([pa.bool_()])
    if all(isinstance(x, int) for x in there):
        low, high = min(there, default=0), max(there, default=0)
        types = [(pa.int8(), 7), (pa.int16(), 15), (pa.int32(), 31), (pa.int64(), 63)]
        fit = [t for t, bits in types if -(2**bits) <= low and high < 2**bits]
        unsigned = [(pa.uint8(), 8), (pa.uint16(), 16), (pa.uint32(), 32), (pa.uint64(), 64)]
        fit += [t for t, bits in unsigned if 0 <= low and high < 2**bits]
        return draw.choice(fit + [pa.decimal128(38, 0)])
    if all(isinstance(x, float) for x in there):
        return pa.float64()
    if all(isinstance(x, datetime.date) for x in there):
        return draw.choice([pa.date32(), pa.date64()])
    return draw.choice(texts)


def arrow_table(pa, table, flat=False):
    draw, columns = table.draw, {}
    for name, values in table.columns.items():
        if name in LISTS and not flat:
            of = arrow_type(pa, leaves(values), draw)
            for _ in range(LISTS[name]):
                of = draw.choice([pa.list_, pa.large_list])(of)
            columns[name] = pa.array(values, of)
        elif name in LISTS:
            columns[name] = pa.array(table.flat(name), pa.string())
        else:
            columns[name] = pa.array(values, arrow_type(pa, values, draw))
    return pa.table(columns)


def pyarrow_parquet(table, folder):
    import pyarrow as pa
    import pyarrow.parquet as pq

    draw, whole = table.draw, arrow_table(pa, table)
    cut = draw.randrange(table.rows + 1)
    for i, part in enumerate([whole[:cut], whole[cut:]]):
        pq.write_table(
            part,
            folder / f"part-{i}.parquet",
            compression=draw.choice(["none", "snappy", "gzip", "zstd", "lz4"]),
            row_group_size=draw.randrange(1, 50),
            use_dictionary=draw.choice([True, False]),
            data_page_version=draw.choice(["1.0", "2.0"]),
            version=draw.choice(["1.0", "2.4", "2.6"]),
            write_statistics=draw.choice([True, False]),
            store_schema=draw.choice([True, False]),
        )


def pyarrow_csv(table, folder):
    import pyarrow as pa
    import pyarrow.csv

    options = pyarrow.csv.WriteOptions(quoting_style=table.draw.choice(["needed", "all_valid"]))
    flat = arrow_table(pa, table, flat=True)
    plain = [pa.array(texts(flat[name].to_pylist())) for name in flat.column_names]
    pyarrow.csv.write_csv(pa.table(plain, flat.column_names), folder / "part.csv", options)


def pandas_frame(table, flat):
    import pandas as pd

    columns = {}
    for name, values in table.columns.items():
        values = table.flat(name) if flat else values
        there = [x for x in values if x is not None]
        if name in LISTS or not all(type(x) is int for x in there):
            columns[name] = pd.Series(values, dtype=object if name not in ("price",) else "float64")
        elif (
            len(there) < len(values) and max(map(abs, there), default=0) < 2**53 and table.draw.random() < 0.5
        ):
            columns[name] = pd.Series(values, dtype="float64")  # as pandas has it: 103.0
        else:
            big = any(x >= 2**63 for x in there)
            columns[name] = pd.Series(values, dtype="UInt64" if big else "Int64")
    frame = pd.DataFrame(columns)
    if table.kinds[2] in ("words", "wild", "zeros") and table.draw.random() < 0.5:
        frame["category"] = frame["category"].astype("category")
    return frame


def pandas_csv(table, folder):
    quoting = table.draw.choice([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC])
    index = table.draw.choice([True, False])
    pandas_frame(table, True).to_csv(folder / "part.csv", quoting=quoting, index=index)


def pandas_parquet(table, folder):
    compression = table.draw.choice([None, "snappy", "gzip", "zstd"])
    pandas_frame(table, False).to_parquet(folder / "part.parquet", compression=compression)


def pandas_json(table, folder):
    frame = pandas_frame(table, False)
    for name in frame:
        # As numbers of milliseconds pandas would write days, which no reader knows for days.
        if any(isinstance(x, datetime.date) for x in leaves(list(frame[name]))):
            frame[name] = frame[name].map(texts)
    frame.to_json(folder / "part.jsonl", orient="records", lines=True, double_precision=15)


def polars_frame(table, flat):
    import polars as pl

    columns = []
    for name, values in table.columns.items():
        values = table.flat(name) if flat else values
        there = [x for x in leaves(values) if x is not None]
        of = None
        if all(type(x) is int for x in there):
            of = pl.UInt64 if any(x >= 2**63 for x in there) else pl.Int64
            of = pl.Int8 if max(map(abs, there), default=0) < 100 and table.draw.random() < 0.5 else of
        elif all(isinstance(x, bool) for x in there):
            of = pl.Boolean
        elif all(isinstance(x, datetime.date) for x in there):
            of = pl.Date
        elif all(isinstance(x, str) for x in there):
            of = pl.Categorical if not flat and table.draw.random() < 0.3 else pl.String
        for _ in range(0 if flat else LISTS.get(name, 0)):
            of = pl.List(of)
        columns.append(pl.Series(name, values, of))
    return pl.DataFrame(columns)


def polars_csv(table, folder):
    style = table.draw.choice(["necessary", "always", "non_numeric"])
    polars_frame(table, True).write_csv(folder / "part.csv", quote_style=style)


def polars_parquet(table, folder):
    compression = table.draw.choice(["lz4", "uncompressed", "snappy", "gzip", "zstd"])
    rows, frame = table.draw.randrange(1, 60), polars_frame(table, False)
    frame.write_parquet(folder / "part.parquet", compression=compression, row_group_size=rows)


def polars_json(table, folder):
    polars_frame(table, False).write_ndjson(folder / "part.jsonl")


def duckdb_copy(table, folder, name, options, flat=False):
    import duckdb
    import pyarrow as pa

    with duckdb.connect() as connection:
        connection.register("log", arrow_table(pa, table, flat))
        connection.execute(f"COPY log TO '{folder / name}' ({options})")


def duckdb_parquet(table, folder):
    compression = table.draw.choice(["uncompressed", "snappy", "gzip", "zstd", "lz4_raw"])
    duckdb_copy(table, folder, "part.parquet", f"FORMAT parquet, COMPRESSION {compression}")


def duckdb_csv(table, folder):
    # Its own lists, [a, b], where they are not ambiguous.
    flat = not all(table.plain(name) for name in LISTS)
    duckdb_copy(table, folder, "part.csv", "FORMAT csv, HEADER", flat)


def duckdb_json(table, folder):
    duckdb_copy(table, folder, "part.jsonl", "FORMAT json")


WRITERS = [
    (pyarrow_parquet, ["pyarrow"]),
    (pyarrow_csv, ["pyarrow"]),
    (pandas_csv, ["pandas"]),
    (pandas_parquet, ["pandas", "pyarrow"]),
    (pandas_json, ["pandas"]),
    (polars_csv, ["polars"]),
    (polars_parquet, ["polars"]),
    (polars_json, ["polars"]),
    (duckdb_parquet, ["duckdb", "pyarrow"]),
    (duckdb_csv, ["duckdb", "pyarrow"]),
    (duckdb_json, ["duckdb", "pyarrow"]),
]


def trained(dien, table, folder):
    """What the program makes of a folder's table, by name: its vocabularies, model and scores."""
    (folder / "dataset.toml").write_text(SCHEMA.format(source="", transform=table.transform))
    (folder / "options.toml").write_text(OPTIONS)
    train = ["train", "--config", "options.toml", "--data", "dataset.toml", "--out", "run"]
    predict = ["predict", "--run", "run", "--data", "dataset.toml", "--out", "scores.csv"]
    for command in [train, predict]:
        done = subprocess.run([dien, *command], check=False, cwd=folder, capture_output=True, text=True)
        if done.returncode:
            return {"error": done.stderr}
    files = [*sorted((folder / "run" / "vocab").iterdir()), folder / "run" / "model.safetensors"]
    return {file.name: file.read_bytes() for file in [*files, folder / "scores.csv"]}


def main():
    arguments = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    arguments.add_argument("--dien", default="target/debug/dien", type=lambda path: Path(path).resolve())
    arguments.add_argument("--tables", default=20, type=int)
    arguments.add_argument("--first", default=1, type=int)
    arguments = arguments.parse_args()
    writers, left_out = [], set()
    for writer, needs in WRITERS:
        missing = {name for name in needs if not importlib.util.find_spec(name)}
        left_out |= missing
        writers += [writer] if not missing else []
    differ, refused, done = [], {}, 0
    for seed in range(arguments.first, arguments.first + arguments.tables):
        table = Table(seed)
        with tempfile.TemporaryDirectory() as root:
            reference = Path(root) / "python"
            reference.mkdir()
            write_python(table, reference)
            expected = trained(arguments.dien, table, reference)
            if "error" in expected:
                differ.append(f"table {seed}: CSV by Python: {expected['error'].strip()}")
                continue
            for writer in writers:
                folder = Path(root) / writer.__name__
                folder.mkdir()
                try:
                    writer(table, folder)
                except Exception as error:  # what a library has no type for, such as unsigned ids in lists
                    refused.setdefault(writer.__name__, []).append(f"{type(error).__name__} of table {seed}")
                    continue
                found = trained(arguments.dien, table, folder)
                done += 1
                if found != expected:
                    other = [name for name in expected if found.get(name) != expected[name]]
                    said = found.get("error", f"other bytes in {other}").strip()
                    differ.append(f"table {seed}, ids {table.kinds}: {writer.__name__}: {said}")
    for name in sorted(left_out):
        print(f"left out, since not installed: {name}")
    for name, of in refused.items():
        print(f"{name} cannot write {len(of)} tables: {of[0]}, …")
    print("\n".join(differ))
    print(f"{arguments.tables} tables, {done} files of {len(writers)} writers: {len(differ)} differ")
    sys.exit(bool(differ) or not writers)


if __name__ == "__main__":
    main()
