"""Every public format is recognised by its own looks and read as what it means, from small files written here.

Where real files lie in the folder of data sets, the same is done with them; without them nothing is skipped silently,
since the written files cover every format.
"""

import os
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet
import pytest

from tests.doors.import_files_kit import NOW_MS, bring, put, put_lines, rejects
from walras.base.errors import Invalid
from walras.doors.files import guess
from walras.schema import Item

DATA = Path(os.environ.get("WALRAS_DATA") or Path(__file__).resolve().parents[3] / "shared" / "data")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


# ---------------------------------------------------------------- S3-Rec


def test_s3rec_is_read_in_order_with_made_up_times(tmp_path: Path, home: Path) -> None:
    path = put(tmp_path / "Toys.txt.gz", "1 5 6 7\n2 6\n\n3\n4 7 7\n")
    put(tmp_path / "Toys_item2attributes.json", '{"5": [1, 2], "6": [3], "9": []}')
    report, log = bring(home, path, format="s3rec")
    assert [row[:3] for row in log.said("person", "item", "outcome")] == [
        *(("1", item, "engage") for item in "567"),
        ("2", "6", "engage"),
        ("4", "7", "engage"),
        ("4", "7", "engage"),
    ]
    times = [int(str(row[0])) for row in log.said("time_ms")]
    assert times[1] - times[0] == 3_600_000 and times[3] == times[0]
    assert [(fault["line"], fault["reason"]) for fault in rejects(report)] == [("4", "is a person without any item")]
    assert log.items["5"].topics == ("1", "2") and log.items["7"] == Item(id="7", created_ms=times[0])


def test_s3rec_is_recognised_without_being_named(tmp_path: Path) -> None:
    seen = guess(put(tmp_path / "x.txt", "11 5 6 7\n12 6 9\n13 7 7 1 2 3\n"))
    assert (seen.format, seen.kind, seen.missing) == ("s3rec", "events", ())


# ---------------------------------------------------------------- MovieLens


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("u.data", "1\t31\t4\t881250949\n1\t32\t2\t881250950\n"),
        ("ratings.dat", "1::31::4::881250949\n1::32::2::881250950\n"),
        ("ratings.csv", "userId,movieId,rating,timestamp\n1,31,4.0,881250949\n1,32,2.0,881250950\n"),
        ("ratings.csv.gz", "userId,movieId,rating,timestamp\r\n1,31,4.0,881250949\r\n1,32,2.0,881250950\r\n"),
    ],
)
def test_movielens_ratings_become_rate_and_rate_low(tmp_path: Path, home: Path, name: str, text: str) -> None:
    report, log = bring(home, put(tmp_path / name, text))
    assert report.files[0].format == "movielens"
    assert log.said("person", "item", "outcome", "value", "time_ms") == [
        ("1", "31", "rate", 4.0, 881_250_949_000),
        ("1", "32", "rate_low", 2.0, 881_250_950_000),
    ]


@pytest.mark.parametrize(
    ("name", "text", "topics"),
    [
        ("movies.csv", 'movieId,title,genres\n31,"Dangerous Minds, The (1995)",Drama|Comedy\n', ("Drama", "Comedy")),
        ("movies.dat", "31::Dangerous Minds, The (1995)::Drama\n32::X (1990)::(no genres listed)\n", ("Drama",)),
    ],
)
def test_movielens_films_keep_title_and_genres(
    tmp_path: Path, home: Path, name: str, text: str, topics: tuple[str, ...]
) -> None:
    ratings = put(tmp_path / "ratings.csv", "userId,movieId,rating,timestamp\n1,31,4.0,881250949\n")
    _, log = bring(home, ratings, put(tmp_path / name, text))
    film = log.items["31"]
    assert (film.title, film.topics) == ("Dangerous Minds, The (1995)", topics)
    assert film.created_ms == 881_250_949_000, "a film without a date is as old as the first rating of it"


def test_movielens_100k_films_in_latin_1_and_people(tmp_path: Path, home: Path) -> None:
    flags = ["0"] * 19
    flags[5] = flags[8] = "1"
    films = f"1|Les Misérables (1995)|01-Jan-1995||http://x|{'|'.join(flags)}\n"
    item = put(tmp_path / "u.item", films * 3, encoding="latin-1")
    user = put(tmp_path / "u.user", "1|24|M|technician|85711\n2|53|F|other|94043\n")
    _, log = bring(home, item, user, format="movielens")
    assert log.items["1"].title == "Les Misérables (1995)" and log.items["1"].topics == ("Comedy", "Drama")
    assert log.people["2"].age == 53 and log.people["2"].attributes["occupation"] == "other"


# ---------------------------------------------------------------- Amazon


@pytest.mark.parametrize(
    "row",
    [
        {"reviewerID": "A1", "asin": "B1", "overall": 5.0, "unixReviewTime": 1252800000, "reviewText": "x\ny"},
        {"user_id": "A1", "asin": "B0", "parent_asin": "B1", "rating": 5.0, "timestamp": 1252800000000, "title": "t"},
    ],
)
def test_amazon_reviews_of_all_years(tmp_path: Path, home: Path, row: dict[str, object]) -> None:
    report, log = bring(home, put_lines(tmp_path / "reviews.json", [row]))
    assert report.files[0].format == "amazon"
    assert log.said("person", "item", "outcome", "value", "time_ms") == [("A1", "B1", "rate", 5.0, 1_252_800_000_000)]


@pytest.mark.parametrize("swapped", [False, True])
def test_amazon_ratings_only_with_either_order(tmp_path: Path, home: Path, swapped: bool) -> None:
    pairs = [("A2SUAM1J3GNN3B", "0001713353"), ("AO94DHGC771SJ", "B000FA64PA")]
    rows = [(b, a) if swapped else (a, b) for a, b in pairs]
    path = put(tmp_path / "ratings.csv", "".join(f"{a},{b},5.0,1358035200\n" for a, b in rows))
    report, log = bring(home, path)
    assert report.files[0].format == "amazon"
    assert log.said("person", "item") == pairs


def test_amazon_products_with_lists(tmp_path: Path, home: Path) -> None:
    rows = [
        {"asin": "B1", "title": "Drill", "brand": "Bosch", "categories": [["Tools", "Power"]], "description": "strong"},
        {"asin": "B2", "title": None, "brand": "", "categories": [], "description": ["a", "b"]},
    ]
    _, log = bring(home, put_lines(tmp_path / "meta.json", rows))
    assert log.items["B1"].topics == ("Tools", "Power") and log.items["B1"].owner == "Bosch"
    assert log.items["B1"].kind == "product" and log.items["B2"].text == "a b"


# ---------------------------------------------------------------- KuaiRand and KuaiRec

KUAIRAND = (
    "user_id,video_id,date,hourmin,time_ms,is_click,is_like,is_follow,is_comment,is_forward,is_hate,long_view,"
    "play_time_ms,duration_ms,profile_stay_time,comment_stay_time,is_profile_enter,is_rand,tab\n"
)


def test_kuairand_rows_become_an_exposure_and_what_followed(tmp_path: Path, home: Path) -> None:
    rows = (
        "7,11,20220408,900,1649346288441,1,1,0,0,0,0,1,20500,18000,0,0,0,0,1\n"
        "7,12,20220408,901,1649346299441,0,0,0,0,0,1,0,0,9000,0,0,0,0,4\n"
    )
    features = (
        "video_id,author_id,video_type,upload_dt,upload_type,visible_status,video_duration,server_width,server_height,"
        'music_id,music_type,tag\n11,901,NORMAL,2022-04-07,ShortImport,0.0,18000.0,720.0,1280.0,1,9.0,"39,2"\n'
    )
    report, log = bring(
        home, put(tmp_path / "log_standard.csv", KUAIRAND + rows), put(tmp_path / "video_features_basic.csv", features)
    )
    assert {file.format for file in report.files} == {"kuairand"}
    assert log.said("item", "outcome", "value", "surface") == [
        ("11", "exposure", 1.0, "1"),
        ("11", "click", 1.0, "1"),
        ("11", "like", 1.0, "1"),
        ("11", "long_view", 1.0, "1"),
        ("11", "watch", 20.5, "1"),
        ("12", "exposure", 1.0, "4"),
        ("12", "dislike", 1.0, "4"),
    ]
    assert (
        log.items["11"].owner == "901" and log.items["11"].topics == ("39", "2") and log.items["11"].duration_s == 18.0
    )
    assert log.items["12"].duration_s == 9.0 and log.items["12"].created_ms == 1_649_346_299_441


def test_kuairand_selection_with_a_label(tmp_path: Path, home: Path) -> None:
    header = "user_id\tvideo_id\ttime_ms\tis_click\tlong_view\tplay_time_ms\tduration_ms\tlabel\ttimestamp\n"
    path = put(
        tmp_path / "kcore.tsv",
        header + "1\t2\t1649581149287\t0\t0\t0\t0\t1\t2022\n1\t3\t1649581149288\t0\t0\t0\t0\t0\t2022\n",
    )
    _, log = bring(home, path)
    assert [row for row in log.said("item", "outcome") if row[1] != "exposure"] == [("2", "like"), ("3", "dislike")]


def test_kuairec_matrix_and_its_descriptions_are_put_together(tmp_path: Path, home: Path) -> None:
    matrix = (
        "user_id,video_id,play_duration,video_duration,time,date,timestamp,watch_ratio\n"
        "14,148,4381,6067,2020-07-05 05:27:48.378,20200705,1593898068.378,0.722\n"
        "14,183,11635,6100,2020-07-05 05:28:00.057,20200705,1593898080.057,1.907\n"
    )
    captions = (
        "video_id,manual_cover_text,caption,topic_tag,first_level_category_id,first_level_category_name\n"
        "148,UNKNOWN,五爱街最美老板娘,[五爱街],8,颜值\n"
    )
    daily = "video_id,date,author_id,video_type,upload_dt\n" + "".join(
        f"148,{day},3309,NORMAL,2020-03-30\n" for day in (20200705, 20200706)
    )
    files = [put(tmp_path / n, t) for n, t in (("big.csv", matrix), ("caption.csv", captions), ("daily.csv", daily))]
    _, log = bring(home, *files)
    assert log.said("item", "outcome", "value") == [
        ("148", "exposure", 1.0),
        ("148", "watch", 4.381),
        ("183", "exposure", 1.0),
        ("183", "long_view", 1.0),
        ("183", "watch", 11.635),
    ]
    told = log.items["148"]
    assert (told.title, told.topics, told.owner) == ("五爱街最美老板娘", ("颜值",), "3309")
    assert told.created_ms == 1_585_497_600_000, "the day is of the source's own zone"


# ---------------------------------------------------------------- GA4 and Gorse


def _ga4_row(**more: object) -> dict[str, object]:
    row: dict[str, object] = {
        "event_date": "20240501",
        "event_timestamp": "1714537805250123",
        "event_name": "view_item_list",
        "event_params": [{"key": "ga_session_id", "value": {"int_value": "7"}}],
        "user_pseudo_id": "9.8",
        "items": [
            {"item_id": "S1", "item_name": "Shirt", "item_brand": "Acme", "item_category": "Clothes",
             "item_category2": "(not set)", "price": 20.0, "quantity": 2, "item_list_name": "Home",
             "item_list_index": "3"},
            {"item_id": "S2", "item_name": "Shoes", "item_brand": "(not set)", "price": 50.0, "quantity": None},
        ],
    }  # fmt: skip
    return row | more


def test_ga4_lines_give_an_event_for_each_item(tmp_path: Path, home: Path) -> None:
    rows = [
        _ga4_row(),
        _ga4_row(event_name="purchase", user_id="u5", event_timestamp="1714537905250123"),
        _ga4_row(event_name="page_view", items=[]),
        _ga4_row(event_name="begin_checkout", event_timestamp="1714537906250123"),
    ]
    report, log = bring(home, put_lines(tmp_path / "events_20240501.json", rows))
    assert log.said("person", "item", "outcome", "value", "time_ms", "surface", "place") == [
        ("9.8", "S1", "exposure", 1.0, 1_714_537_805_250, "Home", 3),
        ("9.8", "S2", "exposure", 1.0, 1_714_537_805_250, "", -1),
        ("u5", "S1", "order", 40.0, 1_714_537_905_250, "Home", 3),
        ("u5", "S2", "order", 50.0, 1_714_537_905_250, "", -1),
    ]
    assert report.files[0].passed_over == 2 and report.rejected == 0
    assert log.items["S1"].title == "Shirt" and log.items["S1"].topics == ("Clothes",) and log.items["S2"].owner == ""


def test_ga4_parquet_is_read_alike(tmp_path: Path, home: Path) -> None:
    row = _ga4_row(event_timestamp=1_714_537_805_250_123, event_params=[{"key": "a", "value": {"string_value": "b"}}])
    path = tmp_path / "events.parquet"
    pa.parquet.write_table(pa.Table.from_pylist([row]), path)
    report, log = bring(home, path)
    assert report.files[0].format == "ga4"
    assert log.said("item", "outcome") == [("S1", "exposure"), ("S2", "exposure")]


def test_gorse_lines_and_older_csv(tmp_path: Path, home: Path) -> None:
    feedback = put_lines(
        tmp_path / "feedback.jsonl",
        [
            {"FeedbackType": "star", "UserId": "u", "ItemId": "a:b/c", "Value": 0,
             "Timestamp": "2020-01-01T01:01:01Z", "Comment": ""},
            {"FeedbackType": "meditate", "UserId": "u", "ItemId": "d", "Value": 2.5,
             "Timestamp": "2020-01-01T01:01:02Z"},
        ],
    )  # fmt: skip
    older = put(
        tmp_path / "feedback.csv",
        "feedback_type,user_id,item_id,time_stamp\r\nread,2,6,2021-01-01 01:01:01.000000001 +0000 UTC\r\n",
    )
    items = put_lines(
        tmp_path / "items.jsonl",
        [
            {
                "ItemId": "d",
                "IsHidden": True,
                "Categories": ["x", "y"],
                "Timestamp": "2019-01-01T00:00:00Z",
                "Labels": {"t": 1},
                "Comment": "Dee",
            }
        ],
    )
    old_items = put(
        tmp_path / "items.csv",
        "item_id,is_hidden,categories,time_stamp,labels,description\r\n"
        '6,false,x|y,2020-01-01 01:01:01 +0000 UTC,"{""genre"":1}","o,n\r\ne"\r\n',
    )
    users = put_lines(tmp_path / "users.jsonl", [{"UserId": "u", "Labels": ["a"], "Comment": ""}])
    report, log = bring(home, feedback, older, items, old_items, users)
    assert {file.format for file in report.files} == {"gorse"} and report.rejected == 0
    assert sorted(log.said("person", "item", "outcome", "value")) == [
        ("2", "6", "click", 1.0),
        ("u", "a:b/c", "like", 1.0),
        ("u", "d", "engage", 2.5),
    ]
    assert log.items["d"].state == "hidden" and log.items["d"].title == "Dee" and log.items["d"].topics == ("x", "y")
    assert log.items["6"].title == "o,n\r\ne"
    assert "u" in log.people


# ---------------------------------------------------------------- our own lines


def test_own_lines_of_items_people_and_events(tmp_path: Path, home: Path) -> None:
    rows = [
        {"type": "item", "id": "v1", "owner": "o", "title": "猫", "topics": ["cats"], "created_ms": 5},
        {"type": "person", "id": "p1", "interests": ["cats"]},
        {"type": "event", "person": "p1", "item": "v1", "outcome": "watch", "value": 3.5, "time_ms": 9, "place": 2,
         "context": {"device": "phone"}},
        {"type": "event", "person": "p1", "item": "v1", "outcome": "fly", "time_ms": 9},
        {"type": "event", "person": "p1", "item": 5, "outcome": "like", "time_ms": 9},
        {"type": "event", "person": "p1", "owner": "o", "outcome": "follow", "time_ms": 10},
    ]  # fmt: skip
    report, log = bring(home, put_lines(tmp_path / "own.jsonl", rows))
    assert report.files[0].format == "walras"
    assert log.said("outcome", "value", "place", "context", "owner") == [
        ("watch", 3.5, 2, '{"device":"phone"}', ""),
        ("follow", 1.0, -1, None, "o"),
    ]
    assert log.items["v1"].title == "猫" and log.people["p1"].interests == ("cats",)
    assert [fault["line"] for fault in rejects(report)] == ["4", "5"]


# ---------------------------------------------------------------- named wrongly, and the real files


def test_a_format_that_is_not_the_files_is_refused_with_the_right_one(tmp_path: Path, home: Path) -> None:
    path = put(tmp_path / "ratings.csv", "userId,movieId,rating,timestamp\n1,31,4.0,881250949\n")
    with pytest.raises(Invalid, match="--format movielens"):
        bring(home, path, format="kuairand")
    with pytest.raises(Invalid, match="Did you mean 'movielens'"):
        bring(home, path, format="movielen")
    assert not home.exists()


@pytest.mark.parametrize(
    ("name", "format", "least"),
    [
        ("s3rec_beauty/Beauty.txt.gz", "s3rec", 198_502),
        ("kuairand_kcore15/processed_standard_kcore_15.tsv.gz", "kuairand", 170_000),
    ],
)
def test_the_real_files_are_read_whole(home: Path, tmp_path: Path, name: str, format: str, least: int) -> None:
    path = DATA / name
    if not path.exists():  # a stand-in of the same look
        lines = "".join(f"{p} {p + 1} {p + 2} {p + 3}\n" for p in range(1, 50))
        rows = "".join(
            f"7,{n},20220408,900,{1649346288441 + n},1,1,0,0,0,0,1,20500,18000,0,0,0,0,1\n" for n in range(50)
        )
        path, least = put(tmp_path / "stand_in.csv", lines if format == "s3rec" else KUAIRAND + rows), 147
    report, log = bring(home, path)
    assert report.files[-1].format == format and report.rejected == 0
    assert len(log.events) >= least
    assert all(0 < int(str(row[0])) <= NOW_MS for row in log.said("time_ms"))
