"""Every text of the studio's pages: a key, its English, its Korean.

Values stand in braces and are filled in by `Speech`. Sentences of the engine (a refused source, a
setting that does not fit) are shown as the engine wrote them, in English.
"""

from collections.abc import Mapping

from noonbit.studio.data.texts import DATA_TEXTS
from noonbit.studio.learn.texts import LEARN_TEXTS
from noonbit.studio.look.texts import LOOK_TEXTS
from noonbit.studio.network_texts import NETWORK_TEXTS
from noonbit.studio.runs.texts import RUNS_TEXTS

TEXTS: Mapping[str, tuple[str, str]] = {
    **DATA_TEXTS,
    **LEARN_TEXTS,
    **NETWORK_TEXTS,
    **RUNS_TEXTS,
    **LOOK_TEXTS,
    # The frame
    "studio": ("noonbit studio", "noonbit 스튜디오"),
    "skip": ("Skip to the content", "본문으로 건너뛰기"),
    "pages": ("Pages", "페이지"),
    "language": ("Language", "언어"),
    "theme": ("Light or dark", "밝게 또는 어둡게"),
    "theme.auto": ("Theme: as the system", "테마: 시스템 설정"),
    "theme.light": ("Theme: light", "테마: 밝게"),
    "theme.dark": ("Theme: dark", "테마: 어둡게"),
    "no_page": ("There is no such page.", "그런 페이지가 없습니다."),
    "to_the_start": ("To the first page", "첫 페이지로"),
    # The pages
    "page.data": ("Data", "데이터"),
    "page.train": ("Train", "학습"),
    "page.network": ("Network", "신경망"),
    "page.draw": ("Draw", "그리기"),
    # Train
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
        "사진: 다른 사람이 미리 학습한 가중치로 시작 (--pretrained)",
    ),
    "train.settings": ("Settings", "설정"),
    "train.settings_help": (
        "Whatever is left open is derived from the data and this computer.",
        "비워 둔 설정은 데이터와 이 컴퓨터에 맞게 정해집니다.",
    ),
    "train.skip_bad": ("Leave out what cannot be read", "읽을 수 없는 것은 빼고 학습"),
    "train.derived": ("derived", "자동"),
    "train.begin": ("Begin training", "학습 시작"),
    "setting.epochs": ("Epochs", "에포크"),
    "setting.batch_size": ("Batch size", "배치 크기"),
    "setting.learning_rate": ("Learning rate", "학습률"),
    "setting.momentum": ("Momentum", "모멘텀"),
    "setting.weight_decay": ("Weight decay", "가중치 감쇠"),
    "setting.optimizer": ("Optimizer", "최적화 방법"),
    "setting.augment": ("Augmentation", "데이터 증강"),
    # The list of runs
    "runs.none": ("There is none yet.", "아직 없습니다."),
    "runs.more": ("{count} older ones are not shown.", "더 오래된 {count}개는 표시하지 않습니다."),
    "runs.accuracy": ("{accuracy} right", "정확도 {accuracy}"),
    "status.starting": ("starting", "시작하는 중"),
    "status.training": ("training", "학습 중"),
    "status.paused": ("paused", "일시 정지"),
    "status.interrupted": ("stopped", "멈춤"),
    "status.finished": ("finished", "완료"),
    "status.diverged": ("diverged", "발산"),
    "status.failed": ("failed", "실패"),
    # Watching
    "watch.no_run": ("There is no training called {name}.", "{name}(이)라는 학습이 없습니다."),
    "watch.to_the_list": ("To the form and the list", "새 학습과 학습 목록으로"),
    "watch.log": ("What the training has said so far", "학습 과정에서 나온 메시지"),
    "watch.epoch": ("Epoch", "에포크"),
    "watch.loss": ("Loss", "손실"),
    "watch.accuracy": ("Accuracy", "정확도"),
    "watch.speed": ("Items per second", "초당 항목 수"),
    "watch.left": ("Time left", "남은 시간"),
    "watch.rate": ("Learning rate now", "현재 학습률"),
    "watch.progress": ("Progress", "진행률"),
    "watch.layers": ("What happens in each layer", "층마다 일어나는 일"),
    "watch.result": ("Test accuracy", "테스트 정확도"),
    "watch.interval": (
        "of {items} test items right, which it has never seen. Luck in which items were tested can "
        "move this: with 95 % confidence it lies between {low} and {high}.",
        "학습에 쓰지 않은 테스트 항목 {items}개 기준입니다. 어떤 항목으로 시험했는지에 따라 "
        "달라질 수 있으며, 95 % 신뢰 구간은 {low} ~ {high}입니다.",
    ),
    "watch.preparing": (
        "The data are opened and the network is built.",
        "데이터를 열고 신경망을 만드는 중입니다.",
    ),
    "watch.report": ("Open the report", "보고서 열기"),
    "watch.draw": ("Try it with inputs of your own", "직접 입력해 보기"),
    "watch.can_resume": (
        "It was stopped, and can go on where it was.",
        "학습이 멈췄습니다. 멈춘 곳에서 이어서 학습할 수 있습니다.",
    ),
    "watch.resume": ("Go on training", "이어서 학습"),
    "curves.training": ("training", "학습"),
    "curves.validation": ("validation", "검증"),
    "curves.step": ("step", "스텝"),
    "curves.epoch": ("epoch", "에포크"),
    "curves.loss_said": (
        "The curves of the loss; of the training it is {value} now.",
        "손실 곡선. 현재 학습 손실은 {value}입니다.",
    ),
    "curves.accuracy_said": (
        "The curves of the accuracy; of the training it is {value} now.",
        "정확도 곡선. 현재 학습 정확도는 {value}입니다.",
    ),
    # Steering
    "control": ("Steer the training", "학습 조종"),
    "control.pause": ("Pause", "일시 정지"),
    "control.go": ("Go on", "계속"),
    "control.step": ("One step", "한 스텝"),
    "control.stop": ("Stop and save", "저장하고 멈추기"),
    "control.settings": ("Change while it trains", "학습 중에 바꾸기"),
    "control.settings_help": (
        "Type another value and press Enter; it holds from the next step on. The learning rate "
        "here is the highest: a schedule lowers it, and the number above is the one of this "
        "moment. Every change is kept with its step.",
        "다른 값을 입력하고 Enter를 누르세요. 다음 스텝부터 적용됩니다. 여기의 학습률은 가장 "
        "높은 값이며 스케줄에 따라 낮아지고, 위의 숫자가 현재 값입니다. 바꾼 내용은 모두 "
        "스텝과 함께 기록됩니다.",
    ),
    "control.set": ("Set: {setting}", "적용: {setting}"),
    "control.none": ("this optimizer has none", "이 최적화 방법에는 없음"),
    "control.changed": ("Step {step}: {setting} {value}", "스텝 {step}: {setting} {value}"),
    "control.no_number": (
        "{setting} is a number such as 0.01, and not “{typed}”.",
        "{setting}에는 0.01 같은 숫자를 입력해 주세요. ‘{typed}’은(는) 숫자가 아닙니다.",
    ),
    # Draw
    "draw.choose": (
        "Choose a trained network, and draw, open or type what it shall answer.",
        "학습된 신경망을 고른 뒤, 그림을 그리거나 파일을 열거나 글을 입력해서 예측해 보세요.",
    ),
    "draw.none": (
        "No network is trained yet.",
        "아직 학습된 신경망이 없습니다.",
    ),
    "draw.train_first": ("Train one first", "먼저 학습하기"),
    "draw.to": ("Try the network of {source}", "{source} 신경망에 입력해 보기"),
    "draw.others": ("Other networks", "다른 신경망"),
    "draw.making": (
        "The network is taken out of its run, and compared with it on test items. This takes some "
        "seconds, once.",
        "신경망을 내보내고 테스트 항목으로 확인하는 중입니다. 처음 한 번만 몇 초 걸립니다.",
    ),
}
