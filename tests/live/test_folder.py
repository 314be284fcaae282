"""The log of a live folder, which is read while it is written."""

from pathlib import Path

from noonbit.live.folder import LiveFolder


def test_a_line_is_read_once_it_is_whole(tmp_path: Path) -> None:
    folder = LiveFolder(tmp_path)
    folder.path.mkdir()
    folder.log.write_text('{"step": 1}\n{"st')
    lines, offset = folder.read_log()
    assert lines == [{"step": 1}]
    with folder.log.open("a") as file:
        file.write('ep": 2}\n')
    assert folder.read_log(offset)[0] == [{"step": 2}]
