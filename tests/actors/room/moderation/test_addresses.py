from actors.room.moderation import address_mark

KEY = b"k" * 32


def test_an_address_has_one_mark_under_each_key():
    mark = address_mark(KEY, "192.0.2.7")
    assert len(mark) == 32
    assert mark == address_mark(KEY, "::ffff:192.0.2.7")
    assert mark != address_mark(KEY, "192.0.2.8")
    assert mark != address_mark(b"x" * 32, "192.0.2.7")


def test_ipv6_counts_by_its_prefix():
    assert address_mark(KEY, "2001:db8::1") == address_mark(KEY, "2001:db8::2:1")
    assert address_mark(KEY, "2001:db8::1") != address_mark(KEY, "2001:db8:0:1::1")
    assert address_mark(KEY, "fe80::1%eth0") == address_mark(KEY, "fe80::2")


def test_what_is_no_address_has_no_mark():
    assert address_mark(KEY, "") == address_mark(KEY, "unknown") == ""
