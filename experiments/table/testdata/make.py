"""Writes the files of this folder, which parquet_test.go and numpy_test.go read: pip install pyarrow pandas; python make.py"""

import datetime
import decimal

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

n = 40
i = np.arange(n)
table = pa.table({
    "double": pa.array([None if k == 5 else 0.5 * k for k in i], pa.float64()),
    "float": pa.array(0.25 * i, pa.float32()),
    "half": pa.array((0.5 * i).astype("f2"), pa.float16()),
    "int8": pa.array(i - 20, pa.int8()),
    "int64": pa.array([None if k == 7 else int(k) << 40 for k in i], pa.int64()),
    "uint32": pa.array(i + (1 << 31), pa.uint32()),
    "uint64": pa.array([(1 << 63) + 4096 * int(k) for k in i], pa.uint64()),
    "bool": pa.array([bool(k % 3 == 0) for k in i]),
    "decimal": pa.array([decimal.Decimal(int(k)) / 100 for k in i], pa.decimal128(9, 2)),
    "text": pa.array([None if k == 3 else ["red", "green", "blue \u00e9"][k % 3] for k in i]),
    "category": pa.array([["a", "b"][k % 2] for k in i]).dictionary_encode(),
    "date": pa.array([datetime.date(2020, 1, 1 + int(k) % 28) for k in i]),
    "list": pa.array([[1, 2]] * n),
    "struct": pa.array([{"x": 1}] * n),
    "bytes": pa.array([b"\xff\x00"] * n, pa.binary(2)),
})
for codec in ["none", "snappy", "gzip", "zstd", "brotli", "lz4"]:
    for version in ["1.0", "2.0"]:
        pq.write_table(table, f"{codec}-{version[0]}.parquet", compression=codec, data_page_version=version, row_group_size=25,
                       store_decimal_as_integer=True)
encodings = {"int": "DELTA_BINARY_PACKED", "text": "DELTA_LENGTH_BYTE_ARRAY", "double": "BYTE_STREAM_SPLIT"}
small = pa.table({"int": pa.array(i * i - 100), "text": pa.array([f"t{k % 7}" for k in i]), "double": pa.array(i / 8)})
pq.write_table(small, "delta.parquet", use_dictionary=False, column_encoding=encodings)
pq.write_table(small, "front.parquet", use_dictionary=False, column_encoding={"text": "DELTA_BYTE_ARRAY"})
pd.DataFrame({"x": i / 2, "kind": ["a", "b"] * (n // 2)}).to_parquet("pandas.parquet", index=True)
