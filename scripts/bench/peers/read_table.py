# SPDX-License-Identifier: Apache-2.0
"""Reads one CSV with pandas (its C engine, the fastest one for one thread) or pyarrow.csv, types inferred, and prints one
JSON line."""

import argparse
import json
import os
import resource
import time


def read_pandas(path, threads, newlines):
    import pandas

    start, cpu = time.perf_counter(), time.process_time()
    table = pandas.read_csv(path, engine="c")
    return len(table), time.perf_counter() - start, time.process_time() - cpu


def read_pyarrow(path, threads, newlines):
    import pyarrow
    from pyarrow import csv

    if threads:
        pyarrow.set_cpu_count(threads)
    read = csv.ReadOptions(use_threads=threads != 1)
    parse = csv.ParseOptions(newlines_in_values=newlines)
    start, cpu = time.perf_counter(), time.process_time()
    table = csv.read_csv(path, read_options=read, parse_options=parse)
    return table.num_rows, time.perf_counter() - start, time.process_time() - cpu


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("reader", choices=["pandas", "pyarrow"])
    parser.add_argument("file")
    parser.add_argument("--threads", type=int, default=1, help="0: the library's default")
    parser.add_argument("--newlines", action="store_true", help="quoted cells may hold line breaks (pyarrow)")
    options = parser.parse_args()
    read = read_pandas if options.reader == "pandas" else read_pyarrow
    rows, seconds, cpu = read(options.file, options.threads, options.newlines)
    size = os.path.getsize(options.file)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1.024e-3
    print(json.dumps({"bytes": size, "rows": rows, "seconds": round(seconds, 4), "cpu_seconds": round(cpu, 4),
                      "peak_megabytes": round(peak), "megabytes_per_second": round(size * 1e-6 / seconds, 1)}))


if __name__ == "__main__":
    main()
