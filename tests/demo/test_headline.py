import pytest

from tacan.demo.headline import write_headline
from tacan.demo.settings import DemoSettings


def scores(own, plain, auc=0.9):
    def entry(value, auc):
        return {"mAP": value, "cmc": {"1": value, "5": value}, "occlusion_auc": auc}

    return {"tacan": entry(own, auc), "mean_pooling": entry(plain, None)}


@pytest.mark.parametrize(
    ("own", "plain", "title"),
    [
        (0.55, 0.43, "adds 12.0 points"),
        (0.43, 0.55, "cost 12.0 points of mAP in this run"),
        (0.431, 0.43, "made no difference"),
    ],
)
def test_the_title_says_what_came_out(own, plain, title):
    assert title in write_headline(DemoSettings(), scores(own, plain)).title


def test_the_numbers_are_those_of_the_scores():
    headline = write_headline(DemoSettings(test_identities=77), scores(0.551, 0.43))
    assert [figure.value for figure in headline.figures] == ["55.1", "55.1", "0.90"]
    assert headline.figures[0].change == "43.0 with mean pooling"
    assert "77 others" in headline.lede


def test_without_an_auc_there_is_no_number_for_it():
    assert len(write_headline(DemoSettings(), scores(0.5, 0.4, auc=None)).figures) == 2
