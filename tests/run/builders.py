"""Small files and cases for the tests of the orchestration."""

from zoneinfo import ZoneInfo

from vigie.run.add import Options, add
from vigie.run.new import new_case

LINE = (
    "192.0.2.{host} - - [15/Feb/2017:10:{minute:02d}:{second:02d} +0100] "
    '"GET /page/{n} HTTP/1.1" 200 {size} "-" "agent {n}"\n'
)
HEADER = "time,platform,post_id,channel_id,text\n"


def log_lines(count, start=0):
    return "".join(
        LINE.format(host=n % 200, minute=n // 60 % 60, second=n % 60, n=n, size=100 + n)
        for n in range(start, start + count)
    ).encode()


def post_lines(count, start=0):
    return "".join(
        f"2017-02-15T10:00:{n % 60:02d}Z,x,p{n},ch{n % 7},text number {n}\n" for n in range(start, start + count)
    )


def make_case(folder):
    new_case(folder, country="FR", name="test")
    return folder


def take(case, *files, **options):
    given = Options(ZoneInfo("Europe/Paris"), **options)
    return list(add(case, files, given))


def store_bytes(case):
    """Return every file of the store but the lock, by its name."""
    store = case / "store"
    return {
        str(p.relative_to(store)): p.read_bytes() for p in sorted(store.rglob("*")) if p.is_file() and p.name != "lock"
    }
