"""`sparewheel eval availability`."""

from click.testing import CliRunner

from sparewheel.app.cli.availability import HEADER, availability, chosen, row

FIGURES = {
    "name": "insufficient_system_resource and more",
    "questions": 30000,
    "right": 29999,
    "lost": 1,
    "wrong": 0,
    "hung": 0,
    "p50_s": 0.0152,
    "p99_s": 1.0429,
    "max_s": 12.345,
    "primary_calls_per_100": 100.0,
}


def test_the_table_fits_eighty_columns():
    """Header and rows line up."""
    assert max(len(HEADER), len(row(FIGURES))) <= 80
    assert row(FIGURES).split()[-8:] == ["29999", "1", "0", "0", "0.015", "1.043", "12.35", "100.0"]
    assert len(row(FIGURES)) == len(HEADER)


def test_the_scenarios_are_listed_without_playing_them():
    """Name and what each is about."""
    result = CliRunner().invoke(availability, ["--list", "--only", "stall"], standalone_mode=False)
    assert result.output.split(maxsplit=1) == [
        "stall",
        "keeps the connection warm and says nothing from second 3 to 15\n",
    ]


def test_without_files_every_fault_and_outage_is_played():
    """The long one over mixed faults is asked for by file."""
    names = [s.name for s in chosen((), ())]
    assert ("keepalive" in names, "all clouds down" in names, "mixed" in names) == (True, True, False)


def test_one_scenario_from_a_file_is_played_and_its_figures_written(tmp_path):
    """End to end on 127.0.0.1: three questions, table, JSON, exit code 0."""
    file = tmp_path / "s.toml"
    file.write_text('[[scenario]]\nname = "short"\nprimary = "503"\nquestions = 3\nper_second = 50.0\n', "utf-8")
    result = CliRunner().invoke(availability, [str(file), "--json", str(tmp_path / "o.json")], standalone_mode=False)
    assert (result.exception, result.return_value) == (None, 0)
    assert result.output.splitlines()[1].split()[:5] == ["short", "3", "0", "0", "0"]
    assert '"lost": 0' in (tmp_path / "o.json").read_text("utf-8")
