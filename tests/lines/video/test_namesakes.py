"""Topics that are one thing in two scripts are found by the videos they stand under."""

from walras.lines.video.namesakes import namesakes


def test_two_scripts_over_the_same_videos_are_one_topic() -> None:
    found = namesakes([("dance", "舞蹈"), ("dance", "舞蹈"), ("dance",), ("food", "舞蹈"), ("cars",)])
    assert namesakes([("village-basketball", "村BA")]) != {}
    assert found == {"dance": ("舞蹈",), "舞蹈": ("dance",)}


def test_topics_of_one_script_and_rare_company_are_not() -> None:
    assert namesakes([("cats", "pets")] * 3) == {}
    assert namesakes([("food", "美食"), ("food",), ("food",), ("美食",)]) == {}
