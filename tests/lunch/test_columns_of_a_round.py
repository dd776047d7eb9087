"""A real round's columns as a file, to try the matcher on it again."""

import numpy as np
import pytest

from chalicelib.lunch.matching import __main__ as matching
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
