"""Importing a log of one's own: what is taken, what is refused with line and reason, and that doing it again is safe.

Files are written here in every way people write them; the log is one that remembers, and at the end the real one.
"""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.doors.import_files_kit import NOW_MS, RememberingLog, as_event, bring, put, put_lines, rejects
from walras.base.clock import SetClock
from walras.base.errors import Invalid
from walras.doors.files import Mapping, Mark, guess, import_files, load_mapping, mapping_of, toml_of
from walras.doors.files import source as source_file
from walras.doors.files.events import read_events
from walras.doors.files.tables import LINE
from walras.events import Registry, SqliteLog, admit
from walras.schema import Event

PLAIN = Mapping(person="user", item="item", time="time", time_unit="s", outcome="click")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


# ---------------------------------------------------------------- how files are written


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030"])
@pytest.mark.parametrize("name", ["log.csv", "log.csv.gz"])
def test_every_newline_and_encoding_reads_alike(
    tmp_path: Path, home: Path, newline: str, encoding: str, name: str
) -> None:
    rows = [
        "用户编号,视频编号,行为,时间",
        "小王,视频一,点赞,2024-05-01 08:00:00",
        "小李,视频二,收藏,2024-05-01 09:00:00",
    ]
    text = newline.join(rows) + newline
    _, log = bring(home, put(tmp_path / name, text.replace("视频编号", "视频id"), encoding=encoding))
    assert log.said("person", "item", "outcome", "time_ms") == [
        ("小王", "视频一", "like", 1_714_550_400_000),
        ("小李", "视频二", "save", 1_714_554_000_000),
    ]


def test_quotes_newlines_and_odd_letters_in_cells(tmp_path: Path, home: Path) -> None:
    text = (
        "user,item,time,note\n"
        '"a,b","say ""hi""",1700000000,"two\nlines"\n'
        "😀,x/y?z=1,1700000001,\n"
        "broken,row\n"
        "ü,ﷺ,1700000002,last"
    )
    report, log = bring(home, put(tmp_path / "x.csv", text), mapping=PLAIN)
    assert log.said("person", "item") == [("a,b", 'say "hi"'), ("😀", "x/y?z=1"), ("ü", "ﷺ")]
    assert [(row["line"], row["field"], row["value"]) for row in rejects(report)] == [("5", "row", "broken,row")]


def test_a_quotation_mark_that_is_never_closed_costs_its_own_line_only(tmp_path: Path, home: Path) -> None:
    text = 'user,item,time\na,1,1700000000\nb,"2,1700000000\nc,3,1700000000\nd,4,1700000000\n'
    report, log = bring(home, put(tmp_path / "x.csv", text), mapping=PLAIN)
    assert log.said("person") == [("a",), ("c",), ("d",)]
    assert [row["line"] for row in rejects(report)] == ["3"]


def test_bytes_of_another_encoding_are_reported_not_guessed(tmp_path: Path, home: Path) -> None:
    raw = (
        "user,item,time\n用户一号,商品一号,1700000000\n用户二号,商品二号,1700000000\n".encode()
        + b"c,\xff3,1700000000\n"
    )
    report, log = bring(home, put(tmp_path / "x.csv", raw), mapping=PLAIN)
    assert log.said("person") == [("用户一号",), ("用户二号",)]
    assert [row["field"] for row in rejects(report)] == ["item"]


@pytest.mark.parametrize("name", ["x.tsv", "x.jsonl", "x.jsonl.gz", "x.parquet"])
def test_tables_lines_and_parquet_read_alike(tmp_path: Path, home: Path, name: str) -> None:
    rows = [{"user": f"u{n}", "item": f"i{n % 3}", "time": 1_700_000_000 + n} for n in range(20)]
    path = tmp_path / name
    if name == "x.parquet":
        pl.DataFrame(rows).write_parquet(path)
    elif name == "x.tsv":
        put(path, "user\titem\ttime\n" + "".join(f"{r['user']}\t{r['item']}\t{r['time']}\n" for r in rows))
    else:
        put_lines(tmp_path / "plain", rows)
        put(path, (tmp_path / "plain").read_bytes())
    _, log = bring(home, path, mapping=PLAIN)
    assert log.said("person", "item", "time_ms") == [(r["user"], r["item"], r["time"] * 1000) for r in rows]  # type: ignore[operator]


def test_parquet_keeps_typed_times_and_lists(tmp_path: Path, home: Path) -> None:
    frame = pl.DataFrame({"user": [7, 8], "item": ["a", "b"], "when": [1_700_000_000_000, 1_700_000_001_000],
                          "tags": [["x", "y"], []], "title": ["A", None]})  # fmt: skip
    path = tmp_path / "x.parquet"
    frame.with_columns(pl.col("when").cast(pl.Datetime("ms", "Asia/Shanghai"))).write_parquet(path)
    mapping = Mapping(
        person="user", item="item", time="when", time_unit="ms", outcome="like", topics="tags", title="title"
    )
    _, log = bring(home, path, mapping=mapping)
    assert log.said("person", "time_ms") == [("7", 1_700_000_000_000), ("8", 1_700_000_001_000)]
    assert log.items["a"].topics == ("x", "y") and log.items["b"].title == ""


def test_broken_lines_of_json_are_named(tmp_path: Path, home: Path) -> None:
    text = '{"user":"a","item":"1","time":1700000000}\n{"user":\n[1]\n\n{"user":"b","item":2,"time":1700000001.5}\n'
    report, log = bring(home, put(tmp_path / "x.jsonl", text), mapping=PLAIN)
    assert log.said("person", "item", "time_ms") == [("a", "1", 1_700_000_000_000), ("b", "2", 1_700_000_001_500)]
    assert [row["line"] for row in rejects(report)] == ["2", "3"]


# ---------------------------------------------------------------- what a row says


def test_flags_amounts_and_thresholds(tmp_path: Path, home: Path) -> None:
    text = (
        "user,item,time,is_like,shared,seconds\n"
        "a,1,1700000000,1,是,12.5\nb,2,1700000000,0,false,0\nc,3,1700000000,maybe,,1\n"
    )
    mapping = Mapping(person="user", item="item", time="time", flags={"is_like": "like", "shared": "share"},
                      marks=(Mark("watch", "seconds", at_least=0.1, value="seconds"),))  # fmt: skip
    report, log = bring(home, put(tmp_path / "x.csv", text), mapping=mapping)
    assert log.said("person", "outcome", "value") == [("a", "like", 1.0), ("a", "share", 1.0), ("a", "watch", 12.5)]
    assert report.files[0].passed_over == 1
    assert rejects(report)[0] == {"line": "4", "field": "is_like", "value": "maybe", "reason": "is neither yes nor no"}


def test_words_for_outcomes_and_unknown_ones(tmp_path: Path, home: Path) -> None:
    text = "user,item,time,behavior,amount\na,1,1700000000,buy,20\nb,2,1700000000,teleport,1\nc,3,1700000000,like,\n"
    mapping = Mapping(person="user", item="item", time="time", outcome_column="behavior", outcomes={"buy": "order"},
                      value="amount")  # fmt: skip
    report, log = bring(home, put(tmp_path / "x.csv", text), mapping=mapping)
    assert log.said("outcome", "value") == [("order", 20.0), ("like", 1.0)]
    assert rejects(report)[0]["reason"].startswith("is no known outcome.")


def test_what_another_system_showed_is_kept_beside(tmp_path: Path, home: Path) -> None:
    text = "user,item,time,recommended\na,1,1700000000,9\nb,2,1700000000,\n"
    mapping = Mapping(person="user", item="item", time="time", outcome="click", shown="recommended")
    _, log = bring(home, put(tmp_path / "x.csv", text), mapping=mapping)
    assert log.said("person", "item", "outcome") == [
        ("a", "1", "click"),
        ("a", "9", "shown_by_other"),
        ("b", "2", "click"),
    ]


def test_context_place_page_and_own_ids(tmp_path: Path, home: Path) -> None:
    once = "e1,a,1,1700000000,feed,3,pg1,phone\n"
    text = f"id,user,item,time,tab,pos,req,device\n{once}{once},b,2,1700000000,,,,\n"
    mapping = Mapping(id="id", person="user", item="item", time="time", outcome="click", surface="tab", place="pos",
                      page="req", context=("device",))  # fmt: skip
    report, log = bring(home, put(tmp_path / "x.csv", text), mapping=mapping)
    assert log.said("surface", "place", "page", "context") == [
        ("feed", 3, "pg1", '{"device":"phone"}'),
        ("", -1, "", None),
    ]
    assert "e1" in log.events and (report.files[0].events, report.fresh) == (3, 2)


@pytest.mark.parametrize(
    ("cells", "zone", "instant_ms"),
    [
        (["1700000000"], "UTC", 1_700_000_000_000),
        (["1700000000.25"], "UTC", 1_700_000_000_250),
        (["1700000000250"], "UTC", 1_700_000_000_250),
        (["1700000000250999"], "UTC", 1_700_000_000_250),
        (["1700000000250999123"], "UTC", 1_700_000_000_250),
        (["2023-11-14 22:13:20"], "UTC", 1_700_000_000_000),
        (["2023-11-15 06:13:20"], "Asia/Shanghai", 1_700_000_000_000),
        (["2023-11-15T06:13:20.250+08:00"], "UTC", 1_700_000_000_250),
        (["2023/11/14 22:13"], "UTC", 1_699_999_980_000),
        (["2023年11月14日"], "Asia/Shanghai", 1_699_891_200_000),
        (["20231114"], "UTC", 1_699_920_000_000),
        (["2023-11-14 22:13:20.000000001 +0000 UTC"], "UTC", 1_700_000_000_000),
    ],
)
def test_times_in_every_writing(tmp_path: Path, home: Path, cells: list[str], zone: str, instant_ms: int) -> None:
    text = "user,item,time\n" + "".join(f"a,1,{cell}\n" for cell in cells)
    mapping = Mapping(person="user", item="item", time="time", outcome="click", zone=zone)
    _, log = bring(home, put(tmp_path / "x.csv", text), mapping=mapping)
    assert log.said("time_ms") == [(instant_ms,)]


def test_a_file_without_times_keeps_the_order_of_its_rows(tmp_path: Path, home: Path) -> None:
    path = put(tmp_path / "x.csv", "user,item\na,3\na,1\na,2\n")
    assert guess(path).mapping.time_unit == "order"
    _, log = bring(home, path)
    times = [int(str(row[0])) for row in log.said("time_ms")]
    assert log.said("item") == [("3",), ("1",), ("2",)] and times == sorted(times) and len(set(times)) == 3


def test_items_stand_in_the_log_before_the_behaviour_that_names_them(tmp_path: Path, home: Path) -> None:
    text = "user,item,time,title,author\na,1,1700000009,One,o\na,2,1700000000,Two,o\nb,1,1700000001,One,o\n"
    mapping = Mapping(person="user", item="item", time="time", outcome="like", title="title", owner="author")
    _, log = bring(home, put(tmp_path / "x.csv", text), mapping=mapping)
    assert [(item.title, item.owner, item.created_ms) for item in log.items.values()] == [
        ("One", "o", 1_700_000_001_000),
        ("Two", "o", 1_700_000_000_000),
    ]


# ---------------------------------------------------------------- the same rules as the events' own door

_IDS = st.one_of(st.text(max_size=4), st.sampled_from(["", "a", "x" * 257, "a\nb", "\x7f", "é" * 256]))
_WORDS = st.sampled_from(["click", "watch", "follow", "order", "fly", ""])
_VALUES = st.one_of(st.floats(width=32), st.sampled_from([-1.0, 0.0, 86_400.0, 86_401.0, 1e9, 1e10]))
_TIMES = st.sampled_from([-5, 1, 1_700_000_000_000, NOW_MS + 600_000, NOW_MS + 600_001])
_PLACES = st.sampled_from([-2, -1, 0, 7, 100_000, 100_001])


@settings(max_examples=150, deadline=None)
@example([("a", "", "", "follow", 1.0, 1, -1, "")])  # happens to an owner, and names none
@given(st.lists(st.tuples(_IDS, _IDS, _IDS, _WORDS, _VALUES, _TIMES, _PLACES, _IDS), min_size=1, max_size=6))
def test_rules_are_those_of_the_events_own_door(rows: list[tuple[object, ...]]) -> None:
    names = ("person", "item", "owner", "outcome", "value", "time_ms", "place", "surface")
    rows = [row for row in rows if not any("\ufffd" in str(cell) for cell in row)]
    rows = [row if len(str(row[7])) <= 64 else (*row[:7], str(row[7])[:65]) for row in rows]
    events = [Event(**dict(zip(names, row, strict=True))) for row in rows]  # type: ignore[arg-type]
    good, _ = admit(events, Registry(), NOW_MS)
    columns = {name: [str(row[at]) for row in rows] for at, name in enumerate(names)}
    frame = pl.DataFrame(columns, schema=dict.fromkeys(names, pl.String)).with_columns(
        pl.Series(LINE, range(len(rows)), dtype=pl.Int64)
    )
    mapping = Mapping(person="person", item="item", owner="owner", outcome_column="outcome", value="value",
                      time="time_ms", time_unit="ms", place="place", surface="surface")  # fmt: skip
    log = RememberingLog()
    found = read_events(frame, mapping, Registry(), NOW_MS)
    log.append_segment(found.events)
    assert [as_event(row) for row in log.events.values()] == list({event.id: event for event in good}.values())
    assert len(found.faults) == len(rows) - len(good)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.lists(st.text(max_size=6), min_size=4, max_size=4), min_size=1, max_size=8),
    st.permutations(["c0", "c1", "c2", "c3"]),
)
def test_any_mapping_of_any_table_gives_valid_events_or_faults(
    tmp_path: Path, rows: list[list[str]], order: list[str]
) -> None:
    path = tmp_path / "any.parquet"
    pl.DataFrame(
        {f"c{n}": [row[n] for row in rows] for n in range(4)}, schema={f"c{n}": pl.String for n in range(4)}
    ).write_parquet(path)
    mapping = Mapping(person=order[0], item=order[1], time=order[2], outcome="watch", value=order[3])
    report, log = bring(tmp_path / f"home-{time.perf_counter_ns()}", path, mapping=mapping)
    good, refused = admit([as_event(row) for row in log.events.values()], Registry(), NOW_MS)
    assert not refused and len(good) == len(log.events)
    assert report.files[0].events + report.rejected == len(rows)


# ---------------------------------------------------------------- again, and after it broke off


def _many(path: Path, rows: int = 4_000) -> Path:
    lines = (f"u{n % 97},i{n % 31},{1_700_000_000 + n}" if n % 100 else f"u{n % 97},,{n}" for n in range(rows))
    return put(path, "user,item,time\n" + "\n".join(lines) + "\n")


@pytest.fixture
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source_file, "BLOCK_BYTES", 8_000)


@pytest.mark.usefixtures("small_blocks")
@pytest.mark.parametrize("name", ["x.csv", "x.csv.gz"])
def test_an_import_that_broke_off_goes_on_and_ends_as_if_it_had_not(tmp_path: Path, home: Path, name: str) -> None:
    path = _many(tmp_path / name)
    whole, kept = bring(tmp_path / "other", path, mapping=PLAIN)
    log = RememberingLog(fail_after=3)
    broken_off = 0
    while True:
        try:
            report, _ = bring(home, path, log=log, mapping=PLAIN)
            break
        except OSError:
            log.fail_after, broken_off = 2, broken_off + 1
    assert broken_off > 3 and report.files[0].resumed
    assert log.events == kept.events and log.items == kept.items
    assert rejects(report) == rejects(whole) and len(rejects(report)) == 40
    assert (report.files[0].rows, report.fresh) == (4_000, whole.fresh)


def test_importing_twice_changes_nothing_even_without_the_journal(tmp_path: Path, home: Path) -> None:
    path = _many(tmp_path / "x.csv")
    _, log = bring(home, path, mapping=PLAIN)
    events, changes = dict(log.events), list(log.changes)
    again, _ = bring(home, path, log=log, mapping=PLAIN)
    assert again.files[0].already and again.fresh == 0
    anew, _ = bring(tmp_path / "journal-lost", path, log=log, mapping=PLAIN)
    assert not anew.files[0].already and anew.fresh == 0
    assert (log.events, log.changes) == (events, changes)


def test_another_log_under_the_same_home_is_filled_again(tmp_path: Path, home: Path) -> None:
    path = _many(tmp_path / "x.csv")
    bring(home, path, mapping=PLAIN)
    report, log = bring(home, path, log=RememberingLog(), mapping=PLAIN)
    assert report.fresh == len(log.events) > 0


def test_lines_that_were_added_are_the_only_new_events(tmp_path: Path, home: Path) -> None:
    _, log = bring(home, put(tmp_path / "x.txt", "1 5 6 7\n2 6 8\n"), format="s3rec")
    report, _ = bring(home, put(tmp_path / "x.txt", "1 5 6 7 9\n2 6 8\n3 5 6\n"), log=log, format="s3rec")
    assert report.fresh == 3


def test_a_dry_run_writes_nothing(tmp_path: Path, home: Path) -> None:
    report, log = bring(home, _many(tmp_path / "x.csv"), mapping=PLAIN, dry_run=True)
    assert not log.events and not log.changes and not home.exists()
    assert report.rejected == 40 and report.files[0].events == 3_960


@pytest.mark.usefixtures("small_blocks")
def test_progress_is_told_up_to_the_whole_file(tmp_path: Path, home: Path) -> None:
    told: list[tuple[int, int, int]] = []
    path = _many(tmp_path / "x.csv")
    bring(home, path, mapping=PLAIN, progress=lambda now: told.append((now.done_bytes, now.total_bytes, now.rows)))
    assert len(told) > 5 and told == sorted(told) and told[-1] == (path.stat().st_size, path.stat().st_size, 4_000)


def test_killed_at_any_moment_it_is_whole_after_the_next_run(tmp_path: Path, home: Path) -> None:
    path = _many(tmp_path / "x.csv", 60_000)
    program = tmp_path / "program.py"
    program.write_text(
        "import sys\nfrom pathlib import Path\nfrom walras.base.clock import SystemClock\n"
        "from walras.doors.files import Mapping, import_files, source\nfrom walras.events import Registry, SqliteLog\n"
        "source.BLOCK_BYTES = 60_000\nhome, path = Path(sys.argv[1]), Path(sys.argv[2])\n"
        "log = SqliteLog(home / 'log', Registry())\nprint('ready', flush=True)\n"
        "mapping = Mapping(person='user', item='item', time='time', time_unit='s', outcome='click')\n"
        "import_files([path], log, mapping=mapping,"
        " registry=Registry(), clock=SystemClock(), home=home)\nlog.close()\n"
    )
    arguments = [sys.executable, str(program), str(home), str(path)]
    for wait_s in (0.15, 0.4):
        running = subprocess.Popen(arguments, stdout=subprocess.PIPE, env={**os.environ, "OMP_NUM_THREADS": "1"})
        assert running.stdout is not None and running.stdout.readline() == b"ready\n"
        time.sleep(wait_s)
        running.send_signal(signal.SIGKILL)
        running.wait()
        running.stdout.close()
    log = SqliteLog(home / "log", Registry())
    import_files([path], log, mapping=PLAIN, registry=Registry(), clock=SetClock(NOW_MS), home=home)
    events = position = 0
    while (batch := log.read(position)) is not None:
        events, position = events + len(batch.events), batch.position
    log.close()
    assert events == 60_000 - 600


# ---------------------------------------------------------------- files that cannot be read


def test_files_that_cannot_be_read_say_why_and_what_to_do(tmp_path: Path, home: Path) -> None:
    cases = [
        (tmp_path / "missing.csv", "is not there"),
        (tmp_path, "is a folder"),
        (put(tmp_path / "empty.csv", ""), "is empty"),
        (put(tmp_path / "blank.csv", "\n\n\n"), "only empty lines"),
        (put(tmp_path / "picture.csv", b"\x89PNG\r\n\x1a\n" + bytes(range(32)) * 40), "is a binary file"),
        (put(tmp_path / "x.zip", b"PK\x03\x04rest"), "is a zip archive"),
        (put(tmp_path / "x.parquet", b"PAR1 nothing more"), "is broken Parquet"),
        (put(tmp_path / "x", b"\x1f\x8b" + b"no gzip at all"), "is broken gzip"),
        (put(tmp_path / "words.csv", "colour,shape\nred,round\nblue,square\n"), "no column that is surely an item"),
    ]
    for path, message in cases:
        with pytest.raises(Invalid, match=message) as error:
            bring(home, path)
        assert error.value.field and error.value.hint
    assert not home.exists()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_of_somebody_else_is_refused(tmp_path: Path, home: Path) -> None:
    path = _many(tmp_path / "x.csv")
    path.chmod(0)
    with pytest.raises(Invalid, match="may not be read"):
        bring(home, path)


def test_gzip_that_breaks_off_keeps_what_came_before(tmp_path: Path, home: Path) -> None:
    path = _many(tmp_path / "x.csv.gz", 200_000)
    path.write_bytes(path.read_bytes()[:-2_000])
    log = RememberingLog()
    with pytest.raises(Invalid, match="is broken gzip near line"):
        bring(home, path, log=log, mapping=PLAIN)


def test_a_column_that_is_not_there_is_named_with_the_nearest(tmp_path: Path, home: Path) -> None:
    path = _many(tmp_path / "x.csv")
    with pytest.raises(Invalid, match="Did you mean 'user'"):
        bring(home, path, mapping=Mapping(person="users", item="item", outcome="click"))
    with pytest.raises(Invalid, match="Did you mean 'click'"):
        bring(home, path, mapping=Mapping(person="user", item="item", outcome="clik"))
    with pytest.raises(Invalid, match="is no time zone"):
        bring(home, path, mapping=Mapping(person="user", item="item", outcome="click", zone="Mars/Base"))


# ---------------------------------------------------------------- mappings as TOML


def test_a_mapping_goes_to_toml_and_back(tmp_path: Path) -> None:
    mapping = Mapping(person="用户", item="i d", time="t", outcomes={"买": "order"}, outcome_column="b",
                      marks=(Mark("watch", "s", at_least=0.5, value="s", scale=0.001), Mark("rate", "r", below=4.0)),
                      context=("a", "b"), flags={"is_like": "like"}, zone="Asia/Shanghai")  # fmt: skip
    path = put(tmp_path / "m.toml", toml_of(mapping))
    assert load_mapping(path) == mapping


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('persn = "a"', "Did you mean 'person'"),
        ("person = ", "cannot be read as TOML"),
        ("person = 5", "Expected `str`"),
        ('time_unit = "hours"', "Invalid enum value 'hours'"),
    ],
)
def test_a_wrong_mapping_is_refused_with_its_field(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(Invalid, match=message):
        load_mapping(put(tmp_path / "m.toml", text))
    with pytest.raises(Invalid, match="is not there"):
        load_mapping(tmp_path / "none.toml")
    assert mapping_of({}) == Mapping()
