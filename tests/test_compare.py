"""A report's table beside our runs."""

import pytest

from mlpcore import compare, records
from mlpcore.tables import Row, Table, configured, tables


def run(configuration, seed, accuracy, protocol="report"):
    part = {"accuracy": accuracy, "f1": accuracy}
    return {
        "configuration": configured(configuration, "cifar10", protocol),
        "seed": seed,
        "test": part,
        "train": part,
        "epochs": 10 + seed,
        "seconds": 60.5 + seed,
        "inference_seconds": 0.5,
        "parameters": 17802,
    }


@pytest.fixture
def table(tmp_path, monkeypatch):
    """Two runs of one row on record, none of the other, which the report does not have."""
    monkeypatch.setattr(records, "FOLDER", tmp_path)
    c = tables()["A1"].rows[0].configuration
    records.write("made", [run(c, seed, 0.5 + 0.002 * seed) for seed in (0, 1)])
    rows = Row("printed", c, {"test": 0.5}), Row("new", c | {"epochs": 7}, {})
    return Table("X1", "Made", "what", rows, "made")


@pytest.mark.parametrize(("printed", "expected"), [(0.501, True), (0.528, True), (0.529, False)])
def test_a_row_fits_up_to_0_015_beyond_the_interval(table, printed, expected):
    # mean 0.501, half width 12.706 x 0.001 = 0.0127: the edge is at 0.5287
    runs = table.results(protocol="report")[0]
    assert compare.fits(Row("r", {}, {"test": printed}), runs) is expected
    assert compare.fits(Row("r", {}, {"epochs": 3}), runs) is None


def test_lines(table):
    title, row, new = compare.lines(table)
    assert title.split() == ["X1", "Made", "report", "as", "there", "honest"]
    assert row.split() == ["printed", "0.500", "0.501±0.013", "="]
    assert new.split() == ["new"]


def test_html_has_what_was_printed_and_what_was_found(table):
    text = compare.html(table, "cost")
    assert text.startswith("<b>X1 Made</b><table>")
    assert text.count("<tr>") == 1 + 2 + 2  # heading, two names, printed and ours of one
    assert "<tr><td>ours<td>10.5±6.4<td>61.0±6.4<td>0.5<td>17,802" in text
    assert "<tr><td>printed<td>0.5<td><td><td>" in compare.html(table)


def test_html_names_what_it_can_show(table):
    with pytest.raises(ValueError, match=r"html: numbers is 'speed'.*accuracy"):
        compare.html(table, "speed")
