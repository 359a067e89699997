"""Every bound of the system in one place, each with its reason."""

# An id longer than this is a mistake (a URL, a text) and would bloat every index that holds it.
ID_CHARS_MAX = 256
# Titles and texts are read by ranking and search; more than this adds nothing to a vector.
TITLE_CHARS_MAX = 1_000
TEXT_CHARS_MAX = 20_000
# Topics per item: counters are kept for each of them, so the number is bounded.
TOPICS_MAX = 8
# A request body. A thousand full events are about 400 kB; ten times that is a mistake.
BODY_BYTES_MAX = 4_000_000
# Events of one request: one flush of the log takes about this many without delaying others.
EVENTS_PER_REQUEST_MAX = 10_000
# Items or people of one bulk request.
BULK_MAX = 5_000
# Names in one list of an item or a person: interests, blocked owners, markets.
NAMES_MAX = 1_000
# A phone's clock may be off by minutes; further ahead the order of behaviour would be false.
CLOCK_AHEAD_MS_MAX = 10 * 60 * 1000
# Context is small facts about the moment (device, query), never a document.
CONTEXT_KEYS_MAX = 32
CONTEXT_CHARS_MAX = 1_000
# A surface is a short name such as feed or mall.
SURFACE_CHARS_MAX = 64
# A place further down than this was never reached by a thumb.
PLACE_MAX = 100_000
# One exposure's seconds: longer than a day is a stuck player.
SECONDS_MAX = 86_400.0
VALUE_MAX = 1e9
# Places of one page, and candidates ranked for it.
PAGE_ITEMS_MAX = 100
CANDIDATES_MAX = 2_000
# Behaviours kept in memory per person; the whole life stays in the log.
SEQUENCE_MAX = 200
# Behaviours read by the sequence model and by target attention.
TOKENS_MAX = 64
# Neighbours kept per item in the co-occurrence table.
NEIGHBOURS_MAX = 32
# Events waiting for one flush of the log; beyond this the door answers "too much" instead of growing.
FLUSH_QUEUE_MAX = 200_000
# Events written by one transaction; more would make everybody's answer wait for the longest one.
GROUP_ROWS_MAX = 20_000
# Fewer events of one append are written row by row: as cheap, and in the person's index at once.
LOT_EVENTS_MIN = 16
# Rows of one Parquet file of the log: small enough to be rewritten when a person asks to be forgotten.
SEGMENT_ROWS_MAX = 1_000_000
# Rows moved by one step of compaction: appends wait for its deletion.
COMPACT_ROWS_MAX = 200_000
# Recent ids of the log folded into the large table: by compaction, by an idle writer, and by a busy one that must.
# A fold writes the whole large table at worst (24 bytes an id), so it must be worth it; a busy one delays answers.
MERGE_IDS_MIN = 50_000
MERGE_IDS_IDLE_MIN = 100_000
MERGE_IDS_MAX = 500_000
# Encoded pages and changes read at once: decoded they take about five times as much memory.
STRETCH_BYTES_MAX = 16_000_000
# Page records waiting to be moved to the log.
PAGE_QUEUE_MAX = 20_000
# Requests per key and second where the key states no other limit.
REQUESTS_PER_S_DEFAULT = 5_000.0
# Values shown in an error are cut to this length.
SHOWN_CHARS_MAX = 80
# An upload. A phone's quarter of an hour in high quality is about this large.
UPLOAD_BYTES_MAX = 2_000_000_000
UPLOAD_NAME_CHARS_MAX = 255
# A file that stopped coming is kept this long for its sender to go on.
UPLOAD_KEPT_MS = 24 * 3_600_000
# Files of one person that are coming at once, and that she may begin in an hour.
UPLOADS_OPEN_MAX = 5
UPLOADS_PER_HOUR_MAX = 60
# Short video ends here; more would hold the one ffmpeg of a small machine for most of an hour.
VIDEO_S_MAX = 900.0
VIDEO_S_MIN = 0.3
# 8K; beyond it a few kilobytes can unpack to more memory than the machine has.
VIDEO_SIDE_MAX = 8_192
VIDEO_PIXELS_MAX = 8_192 * 4_608
VIDEO_FRAMES_PER_S_MAX = 240.0
# All pixels of all frames: a quarter of an hour of 1080p at 60 a second, or 8 minutes of 4K at 30. A file of a few
# megabytes can hold many times that, all of it black, and would keep the one ffmpeg busy for half a day.
VIDEO_WORK_PIXELS_MAX = 120_000_000_000
# A worker that has said nothing for this long is dead, and its job is somebody else's.
JOB_LEASE_MS = 15_000
JOB_TRIES_MAX = 4
# Memory and output of one ffmpeg; a file that needs more is no short video.
FFMPEG_MEMORY_BYTES_MAX = 6_000_000_000
FFMPEG_OUTPUT_BYTES_MAX = 1_000_000_000
# Text seen or heard in a video that is kept for search.
HEARD_CHARS_MAX = 4_000
# A topic's name is a word or two; videos, pages and addresses carry it.
TOPIC_CHARS_MAX = 64
# A caption that is longer than a screen is not read; a comment is shorter than a caption.
CAPTION_CHARS_MAX = 2_000
COMMENT_CHARS_MAX = 500
MESSAGE_CHARS_MAX = 1_000
# People named in one comment: each of them is told, so the number is bounded.
MENTIONS_MAX = 10
# One list of the app, such as comments or videos of a maker: about three screens.
LIST_MAX = 50
# Comments, and messages, of one person in a minute: faster than anybody types with sense.
COMMENTS_PER_MIN = 20
MESSAGES_PER_MIN = 40
# Videos that one person may have open as drafts; each holds an upload.
DRAFTS_MAX = 200
# Collections of one person, and videos in one of them.
COLLECTIONS_MAX = 200
COLLECTED_MAX = 1_000
# Browsers of one person that want to be woken.
PUSH_SUBSCRIPTIONS_MAX = 20
# Rows of the log that a request brings into the counts itself; more is left to the tick, so that nobody waits for it.
COUNTED_BY_REQUEST_MAX = 5_000
# Postings of one journal entry: a pool of creators is shared out in several entries where it has more videos.
POSTINGS_MAX = 5_000
# The year 2100; an instant behind it is a mistake of units.
INSTANT_MS_MAX = 4_102_444_800_000
# Entries of one call on the ledger, all of which are written or none.
ENTRIES_PER_CALL_MAX = 10_000
# Postings waiting for one flush of the ledger, and written by one transaction.
LEDGER_QUEUE_MAX = 200_000
LEDGER_GROUP_MAX = 20_000
