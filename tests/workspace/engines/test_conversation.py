from workspace.engines.conversation import sentences

WRAPPED = """\
Subject to the terms and conditions of this licence, each contributor
    hereby grants you a copyright licence. It is free of charge.
"""


def test_lines_that_a_file_has_wrapped_are_one_sentence():
    assert sentences(WRAPPED) == [
        "Subject to the terms and conditions of this licence, each contributor hereby grants you a copyright licence.",
        "It is free of charge.",
    ]


def test_short_lines_stand_for_themselves():
    assert sentences("oslo\nlisbon\n\nporto") == ["oslo", "lisbon", "porto"]
