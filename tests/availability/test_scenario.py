"""Scenario files, schedules and the figures made of outcomes."""

import os

import pytest
from forked import Shared

from sparewheel.eval.availability.figures import figures, quantile, upper_bound
from sparewheel.eval.availability.load import Reply, ask_all, question, work_forked
from sparewheel.eval.availability.played import PLAYED
from sparewheel.eval.availability.scenario import BUILT_IN, UNREACHABLE, Scenario, load
from sparewheel.eval.availability.schedule import Always, Flapping, Mixed, Window, read
from sparewheel.rag.errors import SettingsError


def write(folder, text):
    file = folder / "s.toml"
    file.write_text(text, "utf-8")
    return file


def test_the_built_in_files_play_every_fault():
    """Each fault of the table and each unreachable address has a scenario of its own."""
    names = {s.name for s in load(BUILT_IN / "faults.toml")}
    well = {"ok", "thinks_first", "busy_then_answer"}
    assert names == (set(PLAYED) - well) | set(UNREACHABLE) | {"healthy"}


@pytest.mark.parametrize("file", sorted(p.name for p in BUILT_IN.glob("*.toml")))
def test_every_built_in_file_loads(file):
    """No scenario names what does not exist."""
    assert all(s.questions > 0 for s in load(BUILT_IN / file))


def test_keys_at_the_top_are_defaults(tmp_path):
    """A scenario's own key wins; a window's seconds are taken for the measured stretch."""
    text = """questions = 7
    [[scenario]]
    name = "a"
    [[scenario]]
    name = "b"
    questions = 9
    primary = { kind = "window", name = "503", start_s = 1.0, end_s = 2.0 }
    """
    a, b = load(write(tmp_path, text))
    assert (a.questions, b.questions, a.window, b.window) == (7, 9, None, (1.0, 2.0))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[[scenario]]\nname = 'x'\nprimary = 'keepalife'", "did you mean 'keepalive'"),
        ("[[scenario]]\nname = 'x'\nquestion = 3", "did you mean 'questions'"),
        ("[[scenario]]\nname = 'x'\nprimary = { kind = 'windou' }", "did you mean 'window'"),
        ("[[scenario]]\nname = 'x'\nprimary = { kind = 'window', name = '503' }", "'x'.*start_s"),
        ("questions = 3", "no scenario in it"),
        ("[[", "not valid TOML"),
    ],
)
def test_a_wrong_file_is_told_what_is_wrong(tmp_path, text, message):
    """The word, and the nearest one that exists."""
    with pytest.raises(SettingsError, match=message):
        load(write(tmp_path, text))


def test_a_missing_file_is_named(tmp_path):
    """With the path that was asked for."""
    with pytest.raises(SettingsError, match=r"nowhere\.toml"):
        load(tmp_path / "nowhere.toml")


def test_schedules_follow_the_clock():
    """Seconds since the scenario began decide."""
    window, flapping = Window("503", 2, 5), Flapping("reset", 1)
    assert [window.fault(t) for t in (0, 2, 4.9, 5)] == ["ok", "503", "503", "ok"]
    assert [flapping.fault(t) for t in (0, 0.9, 1, 2)] == ["reset", "reset", "ok", "reset"]
    assert Always("401").fault(99) == "401"


def test_a_mixed_schedule_keeps_its_share_and_is_seeded():
    """40 % within three standard deviations, the same every time; a gradual one ends where it should."""
    draws = [Mixed(["503"], 0.4, seed=3).fault(0) for _ in range(1)]
    mixed = Mixed(["503"], 0.4, seed=3)
    assert abs(sum(mixed.fault(0) == "503" for _ in range(5000)) - 2000) < 105
    assert [Mixed(["503"], 0.4, seed=3).fault(0)] == draws
    healing = Mixed(["503"], 1.0, end_share=0.0, over_s=10)
    assert (healing.fault(0), healing.fault(10), healing.fault(99)) == ("503", "ok", "ok")


def test_all_faults_means_the_passing_ones_of_the_endpoint():
    """400 and 422 are among them, since an upstream's verdict is not the asker's mistake; what lasts is not."""
    names = set(read({"kind": "mixed", "names": "*", "share": 0.5}).names)
    assert set(PLAYED) - names == {"ok", "401", "402", "404"}


class Half:
    """Answers every second question in full, and the others by half."""

    def __init__(self):
        self.asked = 0

    async def ask(self, asked, passage):
        self.asked += 1
        if self.asked == 4:
            raise ConnectionError("gone")
        whole = passage.replace("written notice.", "written notice [1].")
        return Reply(whole if self.asked % 2 else whole[:20], "half")

    async def aclose(self):
        pass


async def test_half_an_answer_counts_as_wrong_and_an_error_as_lost():
    """The verdicts that the whole bench rests on."""
    outcomes = await ask_all(Half(), range(5), per_second=1e6)
    assert [o.verdict for o in outcomes] == ["right", "wrong", "right", "lost", "right"]
    assert outcomes[3].error == "ConnectionError: gone"


@pytest.mark.parametrize(
    ("reply", "verdict"),
    [
        (Reply("The notice period of question-0 is thirty days", "reader", True, True), "right"),
        (Reply("The notice period of question-0 is thirty days", "reader", False, True), "wrong"),
        (Reply("sixty days", "reader", True, True), "wrong"),
        (Reply("", "reader", True, True), "wrong"),
    ],
)
async def test_a_quote_is_right_when_it_is_verbatim_and_labelled(reply, verdict):
    """The local reader's answer must say that it is degraded."""

    class Says(Half):
        async def ask(self, asked, passage):
            return reply

    assert [o.verdict for o in await ask_all(Says(), range(1), 10.0)] == [verdict]


def test_the_passage_answers_the_question():
    """And holds no citation mark."""
    asked, passage = question(7)
    assert ("question-7" in asked, "question-7" in passage, "[1]" in passage) == (True, True, False)


def outcome(number, at_s, seconds, verdict="right"):
    return {
        "number": number,
        "at_s": at_s,
        "seconds": seconds,
        "verdict": verdict,
        "answered_by": "x",
        "degraded": 0,
        "error": "",
    }


def test_an_outage_is_timed_from_its_first_second():
    """Left after 0.4 s, two probes meanwhile, taken up again 1.5 s after its end."""
    scenario = Scenario("x", questions=200, per_second=10, window=(2.0, 12.0))
    calls = [i / 10 for i in range(25)] + [7.0, 11.0] + [13.5 + i / 10 for i in range(60)]
    stats = {"calls": len(calls), "busy": 0, "call_times": [(at, "?") for at in calls]}
    found = figures(scenario, [outcome(i, i / 10, 0.1) for i in range(200)], stats, {"busy": 0}, 0)
    assert (found["time_to_open_s"], found["calls_while_open"], found["time_to_recover_s"]) == (0.4, 2, 1.5)
    assert (found["right"], found["p99_s"], found["primary_calls_per_100"]) == (200, 0.1, 43.5)


def test_quantiles_are_values_that_occurred():
    """Nearest rank."""
    assert [quantile([1.0, 2.0, 3.0, 4.0], q) for q in (0.5, 0.75, 0.99)] == [2.0, 3.0, 4.0]


@pytest.mark.parametrize(
    ("bad", "total", "bound"), [(0, 29_956, 1.0000e-4), (0, 100, 0.029513), (3, 50, 0.147824), (10, 10, 1.0)]
)
def test_the_upper_bound_is_clopper_pearsons(bad, total, bound):
    """29,956 questions without a loss are 99.99 % at 95 % confidence."""
    assert upper_bound(bad, total) == pytest.approx(bound, rel=2e-3)


def test_a_forked_load_is_asked_by_processes_of_their_own():
    """Each number once, by children of a process that used the system before; what they share is closed once."""
    job = {
        "system": "forked:Shared",
        "setup": {},
        "per_second": 1000,
        "warm_up": 2,
        "forks": [[0, 8, 2], [1, 8, 2]],
    }
    found = work_forked(job)["outcomes"]
    assert sorted(o["number"] for o in found) == list(range(8))
    assert {o["verdict"] for o in found} == {"right"}
    processes = {o["answered_by"] for o in found}
    assert (len(processes), str(os.getpid()) in processes) == (2, False)
    assert Shared.closed == [os.getpid()]
