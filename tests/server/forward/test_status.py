from server.forward.status import RATE_WINDOW_S, Rate


def test_the_rate_is_that_of_the_last_seconds() -> None:
    rate = Rate()
    assert rate.kbps(100.0) == 0
    for tick in range(100):
        rate.add(100.0 + tick * 0.1, 12_500)  # 1 Mbit/s
    assert rate.kbps(109.9) == 1000
    assert rate.kbps(109.9 + RATE_WINDOW_S / 2) == 500
    assert rate.kbps(109.9 + RATE_WINDOW_S) == 0
