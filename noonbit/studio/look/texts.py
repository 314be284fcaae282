"""The texts of the pages that look into a run; `texts.TEXTS` has them too."""

from collections.abc import Mapping

LOOK_TEXTS: Mapping[str, tuple[str, str]] = {
    "page.look": ("Look", "살펴보기"),
    # The choice of a run
    "look.choose": (
        "Choose a tested network, and see what it gets right, what it gets wrong, and why.",
        "테스트를 마친 신경망을 고르고, 무엇을 맞히고 무엇을 틀리는지, 왜 그런지 살펴보세요.",
    ),
    "look.none": ("No network is tested yet.", "아직 테스트를 마친 신경망이 없습니다."),
    "look.others": ("Other networks", "다른 신경망"),
    "look.untested": (
        "{name} has not been tested: a training tests its network when it ends.",
        "{name}은(는) 아직 테스트하지 않았습니다. 테스트는 학습이 끝날 때 이루어집니다.",
    ),
    # A run
    "look.starting": (
        "The network is loaded into a process of its own, where it stays for some minutes.",
        "신경망을 별도의 프로세스로 불러오는 중입니다. 불러온 뒤에는 몇 분 동안 바로 답합니다.",
    ),
    "look.interval": (
        "of {items} test items right. With 95 % confidence, between {low} and {high}.",
        "테스트 항목 {items}개 기준 정확도. 95 % 신뢰 구간 {low}–{high}.",
    ),
    "look.interval_groups": (
        "of {items} test items in {groups} groups right. With 95 % confidence, over groups, "
        "between {low} and {high}.",
        "{groups}개 묶음의 테스트 항목 {items}개 기준 정확도. 묶음 단위 95 % 신뢰 구간 "
        "{low}–{high}.",
    ),
    "look.watch": ("How it was trained", "학습 과정"),
    "look.no_data": (
        "Its pictures cannot be shown: {reason}",
        "그림을 표시할 수 없습니다: {reason}",
    ),
    # The confusion matrix
    "look.matrix": ("What it takes for what", "혼동 행렬: 무엇을 무엇으로 보나"),
    "look.matrix_help": (
        "A row for each true class, a column for what the network said. Choose a number to see its "
        "items; with the keyboard, the arrow keys go from one to the next.",
        "행은 실제 클래스, 열은 신경망의 예측입니다. 숫자를 고르면 해당 항목이 나타납니다. "
        "키보드에서는 화살표 키로 옮겨 다닐 수 있습니다.",
    ),
    "look.matrix_part": (
        "The classes that are confused most are shown, all others are taken together.",
        "가장 많이 혼동하는 클래스만 표시하고 나머지는 하나로 묶었습니다.",
    ),
    "look.matrix_axis": ("true ↓ said →", "실제 ↓ 예측 →"),
    "look.cell": (
        "{real}, taken for {predicted}: {count}",
        "{real}, {predicted}(으)로 예측: {count}개",
    ),
    "look.cell_right": ("{real}, recognised: {count}", "{real}, 맞힘: {count}개"),
    # The items of a selection
    "look.items": ("Test items", "테스트 항목"),
    "look.worst": ("Worst mistakes", "가장 크게 틀린 항목"),
    "look.close": ("Right, but unsure", "간신히 맞힌 항목"),
    "look.of_cell": ("{real} taken for {predicted}", "{predicted}(으)로 본 {real}"),
    "look.of_right_cell": ("{real}, recognised", "맞힌 {real}"),
    "look.worst_help": (
        "The highest loss first: the network gave the true class least.",
        "손실이 큰 순서입니다. 실제 클래스에 준 확률이 가장 낮은 항목이 먼저 나옵니다.",
    ),
    "look.close_help": (
        "The least sure first: another class was nearly as probable.",
        "확신이 낮은 순서입니다. 다른 클래스로 예측할 뻔한 항목이 먼저 나옵니다.",
    ),
    "look.cell_help": ("The most confident first.", "확신이 높은 순서입니다."),
    "look.empty": ("There is none.", "해당하는 항목이 없습니다."),
    "look.range": ("{first} to {last} of {total}", "{total}개 중 {first}–{last}"),
    "look.previous": ("Previous", "이전"),
    "look.next": ("Next", "다음"),
    "look.why": ("See why", "이유 보기"),
    "look.card": (
        "Item {item}: {real}, taken for {predicted} with {confidence}. See why",
        "항목 {item}: {real}, {confidence} 확률로 {predicted}(으)로 예측. 이유 보기",
    ),
    "look.picture": ("item {item}, {label}", "항목 {item}, {label}"),
    # Calibration
    "look.calibration": (
        "How far its probabilities can be believed",
        "확률을 얼마나 믿을 수 있나(보정)",
    ),
    "look.calibration_help": (
        "Of the items for which it stated 90 %, about 90 % should be right: then the points lie on "
        "the diagonal. Expected calibration error {error}; stated on average {stated}, right "
        "{right}.",
        "90 %라고 답한 항목 가운데 90 %쯤 맞으면 점이 대각선 위에 놓입니다. 기대 보정 오차(ECE) "
        "{error}, 평균 확률 {stated}, 실제 정확도 {right}.",
    ),
    "look.stated": ("probability stated", "예측 확률"),
    "look.was_right": ("share right", "맞힌 비율"),
    "look.count": ("items", "항목 수"),
    "look.ideal": ("as it should be", "이상적인 경우"),
    "look.calibration_said": (
        "stated {stated}, right {right}, {count} items",
        "예측 확률 {stated}, 맞힌 비율 {right}, {count}개",
    ),
    # Classes
    "look.classes": ("Each class", "클래스별 결과"),
    "look.classes_help": (
        "The one recognised worst first. Recall: how many of the class were found, with the 95 % "
        "interval; precision: how many of those called so were.",
        "가장 못 맞히는 클래스부터 나옵니다. 재현율은 그 클래스를 찾아낸 비율(95 % 신뢰 구간 "
        "포함), 정밀도는 그 클래스라고 한 것 중 맞은 비율입니다.",
    ),
    "look.classes_part": ("The worst {shown} of {all}.", "{all}개 중 하위 {shown}개."),
    "look.class": ("Class", "클래스"),
    "look.precision": ("Precision", "정밀도"),
    "look.recall": ("Recall", "재현율"),
    "look.recall_interval": ("95 % interval", "95 % 신뢰 구간"),
    "look.f1": ("F1", "F1"),
}
