from builder.messages import one_line


def test_lines_and_control_characters_become_one_readable_line():
    assert one_line(ValueError("first\n  second\ttab \x00 \x1b[31m")) == "first second tab ? ?[31m"


def test_other_scripts_stay():
    assert one_line(ValueError("模型 é")) == "模型 é"
