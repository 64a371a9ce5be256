from actors.stream.health import SERIES_POINTS, Point
from actors.stream.health.series import Second, Series


def series_of(count: int) -> Series:
    series = Series()
    for number in range(count):
        series.append(
            Second(Point(number, float(number), 25.0, None, 0, 0), 1.0, 1.0, jumps=number)
        )
    return series


def test_five_minutes_are_kept_the_oldest_first() -> None:
    points = series_of(1_000).points
    assert len(points) == SERIES_POINTS == 300
    assert [point.at_ms for point in points] == list(range(700, 1_000))


def test_means_are_over_the_newest() -> None:
    assert series_of(10).mean(lambda second: second.point.kbps, 3) == 8.0
    assert series_of(2).mean(lambda second: second.point.kbps, 5) == 0.5
    assert Series().mean(lambda second: second.point.kbps, 5) == 0.0


def test_what_a_total_has_gained() -> None:
    def gained(count: int, seconds: int) -> int:
        return series_of(count).gained(lambda second: second.jumps, seconds)

    assert gained(0, 60) == 0
    assert gained(100, 60) == 60
    assert gained(31, 60) == 30  # all there was since the show began
    assert gained(1_000, 299) == 299
    assert gained(1_000, 5_000) == 299  # as far as is known
