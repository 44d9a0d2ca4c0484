import pytest

from hil.core.errors import BadInput
from hil.core.types import LEVEL, ZERO3, Start, State
from hil.references.polynomial import Polynomial, read_pieces

HEADER = "duration," + ",".join(f"{axis}^{k}" for axis in ("x", "y", "z", "yaw") for k in range(8)) + ","
ROW = "1.5," + ",".join(str(k / 10) for k in range(32)) + ","
START = Start(State((1.0, 2.0, 3.0), ZERO3, LEVEL, ZERO3))


@pytest.fixture
def write(tmp_path):
    def write_lines(*lines):
        path = tmp_path / "path.csv"
        path.write_text("\n".join(lines) + "\n")
        return path

    return write_lines


def test_a_row_is_a_duration_and_eight_ascending_coefficients_of_x_y_z_yaw(write):
    (piece,) = read_pieces(write(HEADER, ROW))
    assert piece.duration_s == 1.5
    assert [axis[0] for axis in piece.axes] == [0.0, 0.8, 1.6, 2.4]
    assert piece.axes[0] == (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7)


def test_blank_lines_comments_and_a_missing_header_are_fine(write):
    assert len(read_pieces(write("# made by hand", "", HEADER, "", ROW, "# more", ROW.rstrip(",")))) == 2
    assert len(read_pieces(write(ROW))) == 1


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        ((HEADER,), "no pieces"),
        ((HEADER, ROW, "1,2,3"), r"path\.csv:3: 3 columns, expected 33"),
        ((HEADER, ROW.replace("0.5", "half")), r"path\.csv:2: column 7: 'half' is not a number"),
        ((HEADER, ROW.replace("0.5", "nan")), r"path\.csv:2: column 7: nan is not finite"),
        ((HEADER, ROW.replace("1.5", "-1", 1)), r"path\.csv:2: column 1: duration must be greater than 0, got -1"),
        ((HEADER, ROW.replace("0.5", "1e200")), r"path\.csv:2: column 7: must be within ±1e\+09, got 1e\+200"),
        ((HEADER, ROW.replace("1.5", "1e9", 1)), r"path\.csv:2: column 1: duration must be at most 600 s, got 1e\+09"),
        ((HEADER, HEADER), r"path\.csv:2: column 1: 'duration' is not a number"),
    ],
)
def test_a_bad_file_is_told_with_its_line(write, lines, told):
    with pytest.raises(BadInput, match=told):
        read_pieces(write(*lines))


def test_a_file_that_is_not_text_is_told_as_such(tmp_path):
    path = tmp_path / "path.csv"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(BadInput, match="cannot be read as text"):
        read_pieces(path)


def task(path, **keys):
    return Polynomial(kind="polynomial", file=str(path), **keys)


def test_the_path_begins_where_the_vehicle_starts_unless_shifted(write):
    path = write(HEADER, ROW)
    assert task(path).reference(START).at(0.0).position == pytest.approx((1.0, 2.0, 3.0))
    shifted = task(path, shift_m=(0.0, 0.0, 1.0)).reference(START)
    assert shifted.at(0.0).position == pytest.approx((0.0, 0.8, 2.6))


def test_time_restarts_at_each_piece_and_the_end_is_at_rest(write):
    reference = task(write(HEADER, ROW, ROW), shift_m=(0.0, 0.0, 0.0)).reference(START)
    assert reference.duration_s == 3.0
    assert reference.at(2.0).position == pytest.approx(reference.at(0.5).position)
    end = reference.at(10.0)
    assert end.position == pytest.approx(reference.at(1.5 - 1e-9).position)
    assert end.velocity == ZERO3


def test_a_slower_path_is_the_same_path(write):
    path = write(HEADER, ROW)
    fast, slow = task(path).reference(START), task(path, time_scale=2.0).reference(START)
    assert slow.duration_s == 2 * fast.duration_s
    assert slow.at(1.0).position == pytest.approx(fast.at(0.5).position)
    assert slow.at(1.0).velocity == pytest.approx([v / 2 for v in fast.at(0.5).velocity])
    assert slow.at(1.0).acceleration == pytest.approx([a / 4 for a in fast.at(0.5).acceleration])
