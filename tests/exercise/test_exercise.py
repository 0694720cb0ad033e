import ast
import re
import time
import tomllib
from pathlib import Path

import pytest
from lxml import etree

from tests.exercise.held import SMALLEST, all_bytes, content, exports, records, truth_records
from vigie import case, exercise
from vigie.errors import InputError, ProblemsError
from vigie.exercise import scenes
from vigie.exercise.truth import read_days, read_truth

PRINTED = ("press-agency-text", "press-cascade", "press-dispatches", "press-communiques")


def test_same_seed_and_scale_give_the_same_bytes(folder, tmp_path):
    exercise.write(tmp_path / "again", scale=SMALLEST)
    assert all_bytes(tmp_path / "again") == all_bytes(folder)


def test_another_seed_gives_another_exercise(folder, tmp_path):
    exercise.write(tmp_path / "other", scale=SMALLEST, seed=8)
    other, first = all_bytes(tmp_path / "other"), all_bytes(folder)
    assert other.keys() == first.keys()
    assert {name for name in first if other[name] == first[name]} == {
        "case.toml",
        "exports/polls/polls-favourability-ipsos-lepoint.csv",
    }


def test_smallest_scale_is_quick(tmp_path):
    begins = time.process_time()
    exercise.write(tmp_path / "quick", scale=SMALLEST)
    assert time.process_time() - begins < 1.5


def test_scale_multiplies_ordinary_volume_and_not_what_is_planted(tmp_path):
    made = {scale: tmp_path / str(scale) for scale in (0.1, 0.2)}
    for scale, path in made.items():
        exercise.write(path, scale=scale)
    posts = {s: sum(content(f).count("\n") for f in exports(p, "posts-x-*")) for s, p in made.items()}
    assert 1.7 < posts[0.2] / posts[0.1] < 2.1
    assert 12_000 < posts[0.1] < 14_500
    reading = {s: len(truth_records(p, "web-debate-night")) for s, p in made.items()}
    assert 1.6 < reading[0.2] / reading[0.1] < 2.5
    planted = {
        scale: [(o.operation_id, o.name) for o in read_truth(path)[0] if o.kind in ("planted", "real")]
        for scale, path in made.items()
    }
    assert planted[0.1] == planted[0.2]
    attack = {scale: len(truth_records(path, "web-attack")) for scale, path in made.items()}
    assert attack == {0.1: 2_600, 0.2: 2_600}
    flood = {scale: len(truth_records(path, "web-flood")) for scale, path in made.items()}
    assert flood == {0.1: 2_400, 0.2: 4_800}


@pytest.mark.parametrize(("scale", "seed"), [(0.009, 7), (101, 7), (float("nan"), 7), (1, -1), (1, 1 << 32)])
def test_out_of_bounds_is_refused(tmp_path, scale, seed):
    with pytest.raises(InputError, match="is not from"):
        exercise.write(tmp_path / "none", scale=scale, seed=seed)
    assert not (tmp_path / "none").exists()


def test_nothing_is_overwritten(tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(InputError, match="not empty"):
        exercise.write(tmp_path, scale=SMALLEST)
    with pytest.raises(InputError, match="cannot be written"):
        exercise.write(tmp_path / "notes.txt", scale=SMALLEST)
    assert [p.name for p in tmp_path.iterdir()] == ["notes.txt"]


def test_progress_comes_to_its_end_for_every_part(tmp_path):
    heard = {}
    exercise.write(
        tmp_path / "x", scale=SMALLEST, progress=lambda part, share: heard.setdefault(part, []).append(share)
    )
    assert list(heard) == ["web", "mail", "posts", "articles", "polls"]
    assert all(shares == sorted(shares) and shares[-1] == 1.0 for shares in heard.values())


def test_case_file_is_valid_and_says_simulated(folder):
    read = case.load(folder)
    assert read.election.simulated
    assert [str(day) for day in (read.election.campaign_opening, *read.election.rounds)] == [
        "2017-04-10",
        "2017-04-23",
        "2017-05-07",
    ]
    assert len(read.candidates) == 12
    assert {o.name: o.tier for o in read.outlets if o.tier != "none"} == {
        "RT": "state-controlled",
        "Sputnik": "state-controlled",
        "Télévision d'État imaginaire": "state-controlled",
        "Le Relais imaginaire": "state-linked",
    }
    assert not read.detect
    assert tomllib.loads((folder / "case.toml").read_text("utf-8"))["candidates"][2]["aliases"][-1] == "Макрон"


def test_readme_says_what_is_simulated_and_what_is_real(folder):
    text = (folder / "README.txt").read_text("utf-8")
    for said in ("EVERYTHING IN exports/ IS SIMULATED", "23 April", "7 May 2017", "a fall of 18 points", "at random"):
        assert said in text


def test_the_real_figures_are_the_published_ones(folder):
    path = folder / "exports" / "polls" / "polls-favourability-ipsos-lepoint.csv"
    rows = list(records(path).values())
    assert {(r["pollster"], r["sponsor"], r["question"], r["sample_size"]) for r in rows} == {
        ("Ipsos", "Le Point", "favourability", "")
    }
    figures = {(r["candidate"], r["fieldwork_end"]): int(r["percent"]) for r in rows}
    assert sorted((v for (_, end), v in figures.items() if end == "2017-02-11"), reverse=True) == [39, 38, 26, 25]
    assert figures["François Fillon", "2017-01-31"] - figures["François Fillon", "2017-02-11"] == 18


def test_names_of_exports_are_unique_and_truth_points_into_them(folder):
    names = [p.name for p in exports(folder, "*.*")]
    assert len(set(names)) == len(names)
    operations, rows = read_truth(folder)
    assert {o.operation_id for o in operations} == set(rows)
    present = {p.name: records(p).keys() for p in exports(folder, "*.*") if p.suffix != ".xml"}
    for of_operation in rows.values():
        assert of_operation
        for file, numbers in of_operation.items():
            assert set(numbers.tolist()) <= present[file]


def test_network_accounts_share_each_link_seconds_apart(folder):
    pushes = {}
    for post in truth_records(folder, "posts-network-a"):
        (url,) = post["urls"]
        pushes.setdefault(url.split("?")[0], []).append(post)
    assert len(pushes) == 8
    for posts in pushes.values():
        times = [time.mktime(time.strptime(p["time"], "%Y-%m-%dT%H:%M:%SZ")) for p in posts]
        assert max(times) - min(times) <= 26
        assert len({p["channel_id"] for p in posts}) == len(posts) >= 4
        assert len({p["text"] for p in posts}) == len(posts)
    assert len(truth_records(folder, "posts-network-b")) >= 4 * 3


def test_copypasta_rows_are_the_four_texts_on_three_platforms(folder):
    rows = truth_records(folder, "posts-copypasta")
    fold = str.maketrans("аеос", "aeoc", "\u200b")  # noqa: RUF001 - the Cyrillic twins
    texts = [re.sub(r"\W+", " ", r["text"].translate(fold).lower()) for r in rows]
    keys = [re.sub(r"\W+", " ", t.lower()) for t in scenes.COPYPASTA]
    counts = [sum(key in text for text in texts) for key in keys]
    assert all(count >= 4 for count in counts)
    assert sum(counts) == len(rows)
    assert len({r["text"] for r in rows}) > len(keys)
    assert {"x", "facebook", None} == {r.get("platform") for r in rows}


def test_post_look_alikes_are_what_they_say(folder):
    rush = truth_records(folder, "posts-breaking-news")
    assert len({r["channel_id"] for r in rush}) == len(rush) == 40
    assert len({tuple(r["urls"]) for r in rush}) == 1
    assert max(r["time"] for r in rush)[:17] <= "2017-04-12T16:43:"
    assert len({r["channel_id"] for r in truth_records(folder, "posts-volunteers")}) == 8
    feeds = truth_records(folder, "posts-newsroom-feeds")
    assert len({(r["time"], *r["urls"]) for r in feeds}) == len(feeds) / 2
    agency = truth_records(folder, "press-agency-text")
    assert len({r["site"] for r in agency}) == len(agency) == 10
    assert sum("Agence simulée" in r["text"] for r in agency) == 8
    frames = {re.sub(r"\d+", "#", r["text"]).split(",", 1)[1] for r in truth_records(folder, "posts-weather-bot")}
    assert len(frames) == 1
    hostile = {r["text"] for r in truth_records(folder, "posts-hostile-text")}
    assert hostile == set(scenes.HOSTILE)


def test_posts_are_ordered_unique_and_say_they_are_simulated(folder):
    posts = [post for path in exports(folder, "posts-x-*") for post in records(path).values()]
    times, idents = [p["time"] for p in posts], [p["post_id"] for p in posts]
    assert times == sorted(times)
    assert times[0] >= "2017-03-20"
    assert times[-1] < "2017-04-24"
    assert len(set(idents)) == len(idents)
    known = set(idents)
    assert all(p["repost_of"] in known for p in posts if p["repost_of"])
    assert all(p["channel_id"].startswith("sim_") and "simulé" in p["channel_name"] for p in posts)
    hosts = {url.split("/")[2] for p in posts for url in p["urls"]}
    assert all(host.endswith(".example") for host in hosts)
    assert 0.2 < sum(p["repost_of"] is not None for p in posts) / len(posts) < 0.45


def test_pages_articles_feed_and_telegram_can_be_read(folder):
    pages = records(folder / "exports" / "posts" / "posts-facebook-pages.csv")
    assert len(pages) > 30
    assert any("\n" in page["text"] for page in pages.values())
    articles = records(folder / "exports" / "articles" / "articles.jsonl")
    assert len({a["url"] for a in articles.values()}) == len(articles)
    planted = sum(len([r for r in truth_records(folder, ident) if "site" in r]) for ident in PRINTED)
    assert len(articles) == 35 * (5 + 2) + planted
    feed = etree.parse(folder / "exports" / "articles" / "rss-gazette-simulee.xml")
    assert len(feed.findall("channel/item")) == 40
    for path in exports(folder, "telegram-*"):
        messages = records(path)
        assert [m["id"] for m in messages.values()] == list(messages)
        assert messages[1]["type"] == "service"


def test_mail_spray_tries_every_account_and_ends_with_a_login(folder):
    spray = truth_records(folder, "mail-spray")
    assert sum("auth failed" in line for line in spray) == 3 * 50
    assert "Login: user=" in spray[-1]


def test_no_text_says_anything_of_a_candidate_but_that_there_is_a_programme(folder):
    names = [alias for c in case.load(folder).candidates for alias in (c.name, c.name.split(" ", 1)[1])]
    mention = re.compile(rf"\b(?:{'|'.join(map(re.escape, names))})\b")
    allowed = re.compile(
        r"Je lis le programme de [^.]+\.|Le programme de [^.]+ est arrivé par la poste\.|Page 2 du programme de [^.]+\."
    )
    for path in (*exports(folder, "posts-*"), *exports(folder, "telegram-*"), *exports(folder, "articles.jsonl")):
        for row in records(path).values():
            assert not mention.search(allowed.sub("", str(row["text"])))


def test_the_generator_imports_nothing_that_it_examines():
    allowed = {"vigie.errors", "vigie.tables", "vigie.exercise"}
    for path in sorted(Path(exercise.__file__).parent.glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom):
                assert node.level == 0
                names = [node.module]
            for name in names:
                if name.split(".")[0] == "vigie":
                    assert any(name == one or name.startswith(one + ".") for one in allowed), (path.name, name)
                    assert path.name == "score.py" or name != "vigie.tables"


def test_read_truth_reports_everything_wrong_at_once(tmp_path):
    with pytest.raises(InputError, match="no truth to score against"):
        read_truth(tmp_path)
    truth = tmp_path / "truth"
    truth.mkdir()
    (truth / "operations.csv").write_text(
        "operation_id,kind,detector,name,first_seen,last_seen,subjects,aim,share,note\n"
        "a,planted,d,n,2017-03-20T00:00:00Z,2017-03-20T00:00:00Z,,,,\n"
        "a,planted,d,n,2017-03-20T00:00:00Z,2017-03-20T00:00:00Z,,,,\n"
        "b,invented,d,n,2017-03-20T00:00:00Z,2017-03-20T00:00:00Z,,,,\n"
        "c,planted,d,n,yesterday,2017-03-20T00:00:00Z,,,,\n"
        "d,planted\n"
        "e,planted,d,n,2017-03-20T00:00:00Z,2017-03-20T00:00:00Z,,nowhere,,\n"
        "f,planted,d,n,2017-03-20T00:00:00Z,2017-03-20T00:00:00Z,,aimed,1.5,\n"
    )
    (truth / "rows.csv").write_text("operation_id,file,record\na,x.csv,2\na,x.csv,0\nz,x.csv,3\n")
    with pytest.raises(ProblemsError) as caught:
        read_truth(tmp_path)
    assert [p.where.rsplit(":", 1)[1] for p in caught.value.problems] == ["3", "4", "5", "6", "7", "8", "3", "4"]
    (truth / "days.csv").write_text("file,day,record\nx.csv,yesterday,2\nx.csv,2017-03-20,first\n")
    with pytest.raises(ProblemsError) as caught:
        read_days(tmp_path)
    assert [p.where.rsplit(":", 1)[1] for p in caught.value.problems] == ["2", "3"]
    (truth / "rows.csv").write_bytes(b"operation_id,file,record\n\xff\xfe,x,1\n")
    with pytest.raises(InputError, match="not a table of text"):
        read_truth(tmp_path)
