"""What the command adds to `run_demo`, which has tests of its own."""

from pathlib import Path

import pytest

from tacan.cli import main
from tacan.demo import METHODS, DemoRecord
from tacan.progress import Stage

ENTRY = {"mAP": 0.5432, "cmc": {"1": 0.61, "5": 0.87}}
SCORES = {
    "tacan": ENTRY | {"occlusion_auc": 0.9876},
    "mean_pooling": ENTRY | {"mAP": 0.4321, "occlusion_auc": None},
}


@pytest.fixture
def calls(monkeypatch):
    """Calls of `run_demo`, which tells of two steps, one of them done before."""
    made = []

    def run_demo(settings, out, *, fresh, listener):
        made.append((settings, out, fresh))
        with listener(
            Stage(1, 2, "Generate people", "tracklets", done=True, seconds=12.3)
        ) as progress:
            progress(0, 1)
        with listener(Stage(2, 2, "Train TACAN", "iterations", done=False)) as progress:
            progress(3, 7)
            if settings.seed == 99:
                raise KeyboardInterrupt
        return DemoRecord(out, out / "report.html", out / "picture.png", SCORES, {}, ())

    monkeypatch.setattr("tacan.demo.run_demo", run_demo)
    return made


def run(*words):
    with pytest.raises(SystemExit) as ended:
        main(["demo", *words])
        raise SystemExit(0)
    return ended.value.code


def test_one_table_and_the_report_s_place_are_the_result(calls, capsys):
    assert run("--out", "some where") == 0
    out = capsys.readouterr().out
    assert out.count("mAP") == 1
    for method, numbers in zip(
        METHODS, (("54.3", "61.0", "87.0", "0.988"), ("43.2",)), strict=True
    ):
        (row,) = (line for line in out.splitlines() if method.title in line)
        assert all(number in row for number in numbers)
    assert "mars-9330" in out
    assert str(Path("some where") / "report.html") in out


def test_each_step_says_which_of_how_many_it_is(calls, capsys):
    run()
    err = capsys.readouterr().err
    assert "[1/2] Generate people: done before, in 12 s" in err
    assert "[2/2] Train TACAN" in err
    assert "3/7 iterations" in " ".join(err.split())


def test_options_reach_the_demo(calls):
    run("--out", "x", "--seed", "4", "--iterations", "30", "--fresh")
    run()
    (settings, out, fresh), (plain, default, not_fresh) = calls
    assert (settings.seed, settings.iterations, out, fresh) == (4, 30, Path("x"), True)
    assert (plain.seed, plain.iterations, default, not_fresh) == (0, None, Path("demo"), False)


def test_an_interruption_says_how_to_go_on(calls, capsys):
    assert run("--seed", "99") == 130
    assert "the same command" in capsys.readouterr().err


@pytest.mark.parametrize("words", [["--seed", "-1"], ["--iterations", "1"], ["--sed", "1"]])
def test_wrong_usage_is_told_before_anything_is_made(calls, words):
    assert run(*words) == 2
    assert not calls
