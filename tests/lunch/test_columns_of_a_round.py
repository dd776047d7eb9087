"""A real round's columns as a file, to try the matcher on it again."""

import numpy as np
import pytest

from chalicelib.lunch.matching import BadColumns, Columns
from chalicelib.lunch.matching import __main__ as matching
from chalicelib.lunch.matching.columns import columns_to_arrays, from_arrays
from infra.local import columns


def test_a_round_that_was_exported_is_matched_offline(community, tmp_path, capsys):
    community.member("ada")
    community.member("bob")
    given, found = tmp_path / "in.npz", tmp_path / "out.npz"
    columns.main(["2026-W49", str(community.locations["Harbour"]), str(given)])
    people = int(capsys.readouterr().out.split()[0])
    assert matching.main([str(given), str(found)]) == 0
    assert len(np.load(found)["group"]) == people == 2


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [([], "usage"), (["2026-W49", "Harbour", "in.npz"], "usage"), (["2026-W99", "1", "in.npz"], "week")],
)
def test_what_is_no_round_is_refused_with_a_sentence(community, arguments, sentence):
    with pytest.raises(SystemExit, match=sentence):
        columns.main(arguments)


def test_a_location_that_is_not_there_is_said(community, tmp_path):
    with pytest.raises(SystemExit, match="there is no location 999"):
        columns.main(["2026-W49", "999", str(tmp_path / "in.npz")])


@pytest.mark.parametrize("starts", [1, 5, 12, 60])
def test_a_file_keeps_how_many_starts_a_day_has(starts):
    given = Columns([0], [1], [1], [0], starts=starts)
    arrays = columns_to_arrays(given)
    assert from_arrays(arrays).starts == starts
    del arrays["starts"]
    assert from_arrays(arrays).starts == 12


@pytest.mark.parametrize("wrong", [[5], 5.5, 0, 61])
def test_starts_that_are_no_number_of_them_are_refused(wrong):
    arrays = columns_to_arrays(Columns([0], [1], [1], [0])) | {"starts": np.array(wrong)}
    with pytest.raises(BadColumns):
        from_arrays(arrays)
