"""The texts of the form for a training; `texts.TEXTS` has them too."""

from collections.abc import Mapping

TRAIN_TEXTS: Mapping[str, tuple[str, str]] = {
    "train.new": ("A new training", "새 학습"),
    "train.runs": ("Trainings", "학습 목록"),
    "train.data": ("Data", "데이터"),
    "train.own_data": ("Data of your own …", "내 데이터 …"),
    "train.data_path": (
        "Path of a folder, a file or an archive on this computer",
        "이 컴퓨터에 있는 폴더, 파일 또는 압축 파일의 경로",
    ),
    "train.no_data": (
        "Choose a data set, or type the path of your own.",
        "데이터를 고르거나 내 데이터의 경로를 입력해 주세요.",
    ),
    "train.network": ("Network", "신경망"),
    "train.default_network": ("The one that suits the data", "데이터에 맞는 신경망"),
    "train.own_network": ("A network of your own …", "내 신경망 …"),
    "train.built": ("a network of your own", "내 신경망"),
    "takes.sentences": ("for sentences", "문장용"),
    "takes.boards": ("for Go positions", "바둑 국면용"),
    "train.network_path": (
        "Path of a TOML file on this computer",
        "이 컴퓨터에 있는 TOML 파일의 경로",
    ),
    "train.fast": (
        "In seconds, with a small network",
        "작은 신경망으로 몇 초 만에 학습",
    ),
    "train.pretrained": (
        "Photographs: begin with what others learned (--pretrained)",
        "사진: 다른 사람이 사전 학습한 가중치로 시작 (--pretrained)",
    ),
    "train.settings": ("Settings", "설정"),
    "train.settings_help": (
        "Whatever is left open is derived from the data and this computer.",
        "비워 둔 설정은 데이터와 이 컴퓨터에 맞게 정해집니다.",
    ),
    "train.skip_bad": ("Leave out what cannot be read", "읽을 수 없는 것은 빼고 학습"),
    "train.derived": ("derived", "자동"),
    "train.begin": ("Begin training", "학습 시작"),
}
