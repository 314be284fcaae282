"""The texts of the page of a training; `texts.TEXTS` has them too."""

from collections.abc import Mapping

WATCH_TEXTS: Mapping[str, tuple[str, str]] = {
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
}
