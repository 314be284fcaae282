"""Every text of the studio's pages: a key, its English, its Korean.

Values stand in braces and are filled in by `Speech`. Sentences of the engine (a refused source, a
setting that does not fit) are shown as the engine wrote them, in English.
"""

from collections.abc import Mapping

from noonbit.studio.data.texts import DATA_TEXTS
from noonbit.studio.draw.texts import DRAW_TEXTS
from noonbit.studio.help_texts import HELP_TEXTS
from noonbit.studio.learn.texts import LEARN_TEXTS
from noonbit.studio.look.texts import LOOK_TEXTS
from noonbit.studio.network.texts import NETWORK_TEXTS
from noonbit.studio.runs.texts import RUNS_TEXTS
from noonbit.studio.train.texts import TRAIN_TEXTS
from noonbit.studio.watch.texts import WATCH_TEXTS

TEXTS: Mapping[str, tuple[str, str]] = {
    **DATA_TEXTS,
    **TRAIN_TEXTS,
    **WATCH_TEXTS,
    **NETWORK_TEXTS,
    **DRAW_TEXTS,
    **HELP_TEXTS,
    **LOOK_TEXTS,
    **RUNS_TEXTS,
    **LEARN_TEXTS,
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
    # Settings of a training
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
}
