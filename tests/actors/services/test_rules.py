import pytest

from actors.services.rules import (
    good_password,
    normal_description,
    normal_email,
    normal_name,
    normal_title,
)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        (" Ada@Stage.Example ", "ada@stage.example"),
        ("a.b+c@localhost", "a.b+c@localhost"),
        ("jose\u0301@stage.example", "jos\u00e9@stage.example"),
    ],
)
def test_good_emails(given, kept):
    assert normal_email(given) == kept


@pytest.mark.parametrize(
    "given",
    [
        "",
        "@",
        "a@",
        "@b",
        "a@b@c",
        "a b@c",
        "a@b..c",
        "a@.b",
        "a\u200b@b",
        "x" * 65 + "@b.c",
        "a@" + "b" * 260,
    ],
)
def test_bad_emails(given):
    with pytest.raises(ValueError):
        normal_email(given)


def test_passwords_are_kept_as_they_are():
    for password in ("12345678", " spaces ", "\u00e9" * 200, "x" * 200):
        assert good_password(password) == password


@pytest.mark.parametrize("given", ["1234567", "x" * 201, "\U0001f3b6" * 200 + "\U0001f3b6"])
def test_bad_passwords(given):
    with pytest.raises(ValueError):
        good_password(given)


def test_names_and_titles_are_one_line():
    assert normal_name("  Ada \n Lovelace\t") == "Ada Lovelace"
    assert normal_title("x" * 120) == "x" * 120
    assert normal_name("\U0001f468\u200d\U0001f3a4") == "\U0001f468\u200d\U0001f3a4"


@pytest.mark.parametrize("given", ["", " \n", "a\x00b", "a\u202eb", "a\ufeffb", "x" * 61])
def test_bad_names(given):
    with pytest.raises(ValueError):
        normal_name(given)


def test_descriptions_have_lines_and_no_unseen_marks():
    assert normal_description("one \r\ntwo\u202e\x00\n\n") == "one\ntwo"
    assert normal_description("") == ""
    with pytest.raises(ValueError):
        normal_description("x" * 2001)
