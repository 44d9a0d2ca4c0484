from hil.targets.crazyflie.stamps import TaskClock, Unwrapped

WRAP = 1 << 24


def test_stamps_count_on_where_24_bits_end():
    unwrap = Unwrapped()
    assert [unwrap(stamp) for stamp in (WRAP - 10, WRAP - 1, 4, 14)] == [WRAP - 10, WRAP - 1, WRAP + 4, WRAP + 14]


def test_a_packet_overtaken_by_a_newer_one_keeps_its_time():
    unwrap = Unwrapped()
    assert [unwrap(stamp) for stamp in (WRAP - 5, 5, WRAP - 1, 15)] == [WRAP - 5, WRAP + 5, WRAP - 1, WRAP + 15]


def test_a_stamp_belongs_to_the_nearest_tick():
    clock = TaskClock(5000, 100)
    assert [clock.tick(stamp) for stamp in (4980, 4990, 5000, 5004, 5006, 6000)] == [-2, -1, 0, 0, 1, 100]
