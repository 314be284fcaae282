"""Name formats that are not read, and say how their data becomes one that is."""

from noonbit.data.files import File, head, suffix_of

PICKLE_SUFFIXES = (".pkl", ".pickle", ".p", ".joblib", ".pt", ".pth", ".ckpt")
OFFICE_SUFFIXES = (".xlsx", ".xlsm", ".ods", ".xls")
NOT_OPENED = frozenset((*PICKLE_SUFFIXES, *OFFICE_SUFFIXES, ".docx", ".pptx", ".jar"))
"""Suffixes of files that are zip archives to a machine, and something else to people."""
_PICKLE = (
    "is a pickle, which can run code when it is opened, so noonbit opens none. Save its arrays "
    "where you trust it: numpy.savez('data.npz', x_train=..., y_train=...)"
)
_SHEET = "is a spreadsheet. Save the sheet as CSV, and give that"
_PACKED = "is an archive that noonbit does not open. Unpack it, and give the folder"
_RECORDS = (
    "holds TensorFlow's records. Save its arrays: numpy.savez('data.npz', x_train=..., y_train=...)"
)
_BEGINS = (
    (b"\x80\x02", _PICKLE),
    (b"\x80\x03", _PICKLE),
    (b"\x80\x04", _PICKLE),
    (b"\x80\x05", _PICKLE),
    (b"\xd0\xcf\x11\xe0", _SHEET),
    (b"Rar!\x1a\x07", _PACKED),
    (b"7z\xbc\xaf\x27\x1c", _PACKED),
)
_SUFFIXES = {
    **dict.fromkeys(PICKLE_SUFFIXES, _PICKLE),
    **dict.fromkeys(OFFICE_SUFFIXES, _SHEET),
    **dict.fromkeys((".rar", ".7z"), _PACKED),
    **dict.fromkeys((".tfrecord", ".tfrecords"), _RECORDS),
    ".mdb": "is an LMDB database. Write its pictures into a folder a class",
    ".dcm": "is a DICOM image. Save the pictures as PNG, in a folder a class",
}
_MEMBERS = {"xl/workbook.xml": _SHEET, "data.pkl": _PICKLE}
"""Members that say what a zip archive is: Excel's workbook, PyTorch's file."""


def describe_way_out(files: list[File], source: str) -> str | None:
    """Return a sentence on the first file of a known format that is not read; None without one."""
    for file in files:
        for member, reason in _MEMBERS.items():
            if file.path is None and f"/{file.name}".endswith(f"/{member}"):
                return f"{source} {reason}."
    for file in files[:1000]:
        begin = head(file, 8)
        reason = _SUFFIXES.get(suffix_of(file.name)) or next(
            (reason for magic, reason in _BEGINS if begin.startswith(magic)), ""
        )
        if reason:
            return f"{file.name} {reason}."
    return None
