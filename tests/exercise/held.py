"""What an exercise on disk holds, read back for the tests."""

import calendar
import csv
import gzip
import json
import re
import time

from vigie.exercise.truth import read_truth

LINE = re.compile(
    r'(?:\S+:443 )?(?P<ip>[0-9a-f.:]+) - - \[(?P<at>[^\]]+)\] "(?P<method>GET|POST) (?P<target>\S+) HTTP/1\.1" '
    r'(?P<status>\d{3}) (?P<size>\d+) "(?P<referer>[^"]*)" "(?P<agent>[^"]*)"'
)
SMALLEST = 0.01


def content(path):
    data = path.read_bytes()
    return (gzip.decompress(data) if path.suffix == ".gz" else data).decode()


def exports(folder, pattern):
    return sorted((folder / "exports").rglob(pattern))


def all_bytes(folder):
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def records(path):
    """Return each record of an export by its number, by the rule of the sources' docstring."""
    text = content(path)
    if path.name.startswith("telegram-"):
        return dict(enumerate(json.loads(text)["messages"], start=1))
    if path.suffix == ".csv":
        with path.open(encoding="utf-8", newline="") as read:
            table = csv.reader(read)
            header, begins, found = next(table), 2, {}
            for cells in table:
                found[begins] = dict(zip(header, cells, strict=True))
                begins = table.line_num + 1
        return found
    lines = text.splitlines() if ".log" in path.name else text.rstrip("\n").split("\n")
    return {n: json.loads(line) if ".jsonl" in path.name else line for n, line in enumerate(lines, start=1)}


def truth_records(folder, operation_id):
    _, rows = read_truth(folder)
    paths = {p.name: p for p in exports(folder, "*.*")}
    found = []
    for file, numbers in rows[operation_id].items():
        present = records(paths[file])
        found += [present[n] for n in numbers.tolist()]
    return found


def parsed(folder, operation_id):
    return [LINE.fullmatch(line) for line in truth_records(folder, operation_id)]


def second(row):
    clock = time.strptime(row["at"], "%d/%b/%Y:%H:%M:%S %z")
    return calendar.timegm(clock) - clock.tm_gmtoff
