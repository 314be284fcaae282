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
    "look.into": ("Look into it", "살펴보기"),
    "look.into_named": ("Look into it: {name}", "살펴보기: {name}"),
    "look.untested": (
        "{name} has not been tested: a training tests its network when it ends.",
        "아직 테스트하지 않은 신경망입니다({name}). 테스트는 학습이 끝날 때 이루어집니다.",
    ),
    # A run
    "look.starting": (
        "The network is loaded into a process of its own, where it stays for some minutes.",
        "신경망을 별도의 프로세스로 불러오는 중입니다. 불러온 뒤에는 몇 분 동안 바로 답합니다.",
    ),
    "look.interval": (
        "of {items} test items right. With 95 % confidence, between {low} and {high}.",
        "테스트 항목 {items}개 기준 정확도. 95 % 신뢰 구간 {low} ~ {high}.",
    ),
    "look.interval_groups": (
        "of {items} test items in {groups} groups right. With 95 % confidence, over groups, "
        "between {low} and {high}.",
        "{groups}개 묶음의 테스트 항목 {items}개 기준 정확도. 묶음 단위 95 % 신뢰 구간 "
        "{low} ~ {high}.",
    ),
    "look.watch": ("How it was trained", "학습 과정"),
    "look.no_data": (
        "The data cannot be opened, so that the items are shown without their contents: {reason}",
        "데이터를 열 수 없어서 항목의 내용 없이 결과만 보여 줍니다: {reason}",
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
        "실제 {real}, 예측 {predicted}: {count}개",
    ),
    "look.cell_right": ("{real}, recognised: {count}", "{real}, 맞힌 항목 {count}개"),
    # The items of a selection
    "look.items": ("Test items", "테스트 항목"),
    "look.worst": ("Worst mistakes", "가장 크게 틀린 항목"),
    "look.close": ("Right, but unsure", "간신히 맞힌 항목"),
    "look.of_cell": ("{real} taken for {predicted}", "실제 {real} → 예측 {predicted}"),
    "look.of_right_cell": ("{real}, recognised", "{real}, 맞힌 항목"),
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
    "look.range": ("{first} to {last} of {total}", "{total}개 중 {first} ~ {last}번째"),
    "look.previous": ("Previous", "이전"),
    "look.next": ("Next", "다음"),
    "look.why": ("See why", "이유 보기"),
    "look.card": (
        "Item {item}: {real}, taken for {predicted} with {confidence}. See why",
        "항목 {item}: 실제 {real}, 예측 {predicted} ({confidence}). 이유 보기",
    ),
    "look.picture": ("item {item}, {label}", "항목 {item}, {label}"),
    # Calibration
    "look.calibration": (
        "How far its probabilities can be believed",
        "보정: 확률을 얼마나 믿을 수 있나",
    ),
    "look.calibration_help": (
        "Of the items for which it stated 90 %, about 90 % should be right: then the points lie on "
        "the diagonal. Expected calibration error {error}; stated on average {stated}, right "
        "{right}.",
        "확률 90 %로 답한 항목 가운데 90 %쯤이 맞으면 점이 대각선 위에 놓입니다. 기대 보정 "
        "오차(ECE) {error}, 평균 확률 {stated}, 실제 정확도 {right}.",
    ),
    "look.stated": ("Probability stated", "예측 확률"),
    "look.was_right": ("Share right", "맞힌 비율"),
    "look.count": ("Items", "항목 수"),
    "look.ideal": ("As it should be", "이상적인 경우"),
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
    "look.f1": ("F1", "F1 점수"),
    # An input of one's own
    "own.pictures": ("Ask about a picture of your own", "내 그림으로 물어보기"),
    "own.pictures_label": (
        "A picture, which you can also drop here. It stays on this computer.",
        "그림을 여기에 끌어다 놓아도 됩니다. 그림은 이 컴퓨터 밖으로 나가지 않습니다.",
    ),
    "own.sentences": ("Ask about a sentence of your own", "내 문장으로 물어보기"),
    "own.sentences_label": (
        "A sentence as those that trained the network.",
        "신경망이 학습한 것과 같은 종류의 문장을 적어 주세요.",
    ),
    "own.boards": ("Ask about a game of your own", "내 기보로 물어보기"),
    "own.boards_label": (
        "A game as an SGF file, which you can also drop here: the next move is explained.",
        "SGF 기보를 여기에 끌어다 놓아도 됩니다. 마지막 수 다음의 한 수를 설명합니다.",
    ),
    "own.choose": ("Choose a file", "파일 고르기"),
    "own.explain": ("Explain", "설명 보기"),
    # Why: one input
    "why.item": ("Item {item}", "항목 {item}"),
    "why.own": ("Your own", "내가 넣은 입력"),
    "why.no_item": (
        "There is no such item, and no such file any more.",
        "그런 항목이 없거나, 넣은 파일이 더는 남아 있지 않습니다.",
    ),
    "why.to_run": ("To the network", "신경망으로"),
    "why.back": ("Back to {source}", "{source} 결과로 돌아가기"),
    "why.waiting": (
        "The network answers, and what decided is measured. The first time takes some seconds.",
        "신경망이 답하고, 무엇이 답을 결정했는지 재는 중입니다. 처음에는 몇 초 걸립니다.",
    ),
    "why.split.train": ("learned from in training", "학습에 쓴 항목"),
    "why.split.validation": ("from the validation split", "검증 항목"),
    "why.split.test": ("a test item, never learned from", "학습에 쓰지 않은 테스트 항목"),
    "why.adjusted": ("changed to fit: {changes}", "신경망에 맞게 바꿈: {changes}"),
    "why.input": ("What it sees", "신경망이 보는 것"),
    "why.prepared": ("as the network takes it", "신경망에 들어가는 이미지"),
    "why.no_data": (
        "The data cannot be opened, so that only the stored answer is shown: {reason}",
        "데이터를 열 수 없어서 저장된 예측만 보여 줍니다: {reason}",
    ),
    "why.no_nearest": (
        "It cannot be compared with the training pictures: {reason}",
        "학습 이미지와 비교할 수 없습니다: {reason}",
    ),
    "why.original": ("as it was given", "원본 이미지"),
    "why.diagram": ("The position; explained is {move}", "국면. {move}에 두는 이유"),
    "why.diagram_help": (
        "Stones are marked by how much the move loses without them.",
        "돌마다 그 돌이 없을 때 이 수의 확률이 얼마나 달라지는지를 표시했습니다.",
    ),
    "why.answer": ("What it answers", "신경망의 예측"),
    "why.right": ("Right: it is {real}.", "맞았습니다. 실제 클래스도 {real}입니다."),
    "why.wrong": (
        "Wrong: it is {real}, and was taken for {predicted}.",
        "틀렸습니다. 실제 클래스는 {real}, 예측은 {predicted}입니다.",
    ),
    "why.played": (
        "Played was {real}; the network says {predicted}.",
        "실제로 둔 수는 {real}, 예측은 {predicted}입니다.",
    ),
    "why.answer_help": (
        "Choose another class to see what speaks for it instead.",
        "다른 클래스를 고르면 그 클래스로 볼 만한 근거를 보여 줍니다.",
    ),
    "why.regions": ("What speaks for {name}", "{name} 쪽 근거"),
    "why.regions_help": (
        "Orange speaks for the class, blue against it. A map shows where the answer comes from, "
        "not whether that is a good reason.",
        "주황색은 그 클래스로 보게 한 부분, 파란색은 아니라고 보게 한 부분입니다. 답이 "
        "어디에서 나왔는지를 보여 줄 뿐, 좋은 근거인지까지 말해 주지는 않습니다.",
    ),
    "why.grad-cam": ("Grad-CAM", "Grad-CAM 히트맵"),
    "why.grad-cam_help": (
        "Where the last convolution finds what raises this class; as coarse as its maps are.",
        "마지막 합성곱 층이 이 클래스의 점수를 높이는 특징을 찾은 곳입니다. 특징 맵만큼 거칩니다.",
    ),
    "why.occlusion": ("Occlusion", "가려 보기(occlusion)"),
    "why.occlusion_help": (
        "A patch covers one place after the other: how much less probable the class becomes there.",
        "작은 조각으로 한 곳씩 가려 보며, 가렸을 때 이 클래스의 확률이 얼마나 "
        "떨어지는지를 쟀습니다.",
    ),
    "why.most_of_it": (
        "{share} of what speaks for it lies {place}.",
        "근거의 {share}가 {place}에 있습니다.",
    ),
    "why.nowhere": (
        "Nothing in the picture speaks for it.",
        "이미지 안에 그렇게 볼 근거가 없습니다.",
    ),
    "why.ninth.0": ("in the upper left", "왼쪽 위"),
    "why.ninth.1": ("at the top", "위쪽 가운데"),
    "why.ninth.2": ("in the upper right", "오른쪽 위"),
    "why.ninth.3": ("on the left", "왼쪽 가운데"),
    "why.ninth.4": ("in the centre", "한가운데"),
    "why.ninth.5": ("on the right", "오른쪽 가운데"),
    "why.ninth.6": ("in the lower left", "왼쪽 아래"),
    "why.ninth.7": ("at the bottom", "아래쪽 가운데"),
    "why.ninth.8": ("in the lower right", "오른쪽 아래"),
    "why.members": (
        "{count} networks answer together; Grad-CAM and likeness are their means, and the layers "
        "below are those of the first.",
        "신경망 {count}개가 함께 답합니다. Grad-CAM과 유사도는 평균이고, 아래의 층은 "
        "첫 번째 신경망의 것입니다.",
    ),
    "why.nearest": ("What it is like", "닮은 학습 항목"),
    "why.comparing": (
        "It is compared with every training picture; the first time takes a while.",
        "모든 학습 이미지와 비교하는 중입니다. 처음에는 시간이 조금 걸립니다.",
    ),
    "why.nearest_help": (
        "Of {count} training pictures, those whose features before the last layer point most "
        "nearly the same way (cosine, at most 1).",
        "학습 이미지 {count}장 가운데, 마지막 층 바로 앞의 특징이 가장 비슷한 이미지입니다(코사인 "
        "유사도, 최대 1).",
    ),
    "why.neighbour": (
        "Training item {item}: {label}, likeness {similarity}",
        "학습 항목 {item}: {label}, 유사도 {similarity}",
    ),
    "why.words": ("What speaks for {name}", "{name} 쪽 근거"),
    "why.words_help": (
        "Orange words speak for the class, blue ones against it; underlined ones the network does "
        "not know. The table has the word groups whose score is highest.",
        "주황색 단어는 그 클래스로 보게 한 단어, 파란색은 아니라고 보게 한 단어입니다. 밑줄 친 "
        "단어는 신경망이 모르는 단어입니다. 표에는 점수를 가장 많이 높인 단어 묶음이 있습니다.",
    ),
    "why.unknown": ("not in the vocabulary", "어휘에 없는 단어"),
    "why.ngram": ("Words", "단어 묶음"),
    "why.weight": ("Adds to its score", "점수에 더한 값"),
    "why.layers_help": (
        "From the input to the answer: the activations of each layer, and what would change them. "
        "Choose a map to enlarge it.",
        "입력에서 답까지, 층마다 계산한 특징 맵과 그 기울기입니다. 그림을 고르면 크게 볼 수 "
        "있습니다.",
    ),
}
