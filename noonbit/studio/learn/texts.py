"""The texts of the page on which the documents are followed; `texts.TEXTS` has them too."""

from collections.abc import Mapping

from noonbit.course.experiments.results import OUTCOME_WORDS

LEARN_TEXTS: Mapping[str, tuple[str, str]] = {
    "page.learn": ("Learn", "배우기"),
    "learn.about": (
        "Five course documents, program by program: what each teaches, a button that runs it, and "
        "what came out beside what the document says.",
        "강의 문서 다섯 개를 프로그램 순서대로 따라갑니다. 배울 것을 읽고, 버튼을 눌러 실행하고, "
        "결과를 문서의 결과와 비교합니다.",
    ),
    "learn.find": ("Find a heading or a term", "제목이나 용어 찾기"),
    "learn.find_example": ("dropout, max pooling, D2", "드롭아웃, 맥스 풀링, D2"),
    "learn.found": ("{count} found", "{count}개를 찾았습니다"),
    "learn.programs": ("Programs: {count}", "프로그램 {count}개"),
    "learn.documents": ("The documents", "문서"),
    "learn.all": ("All documents", "모든 문서"),
    "learn.no_document": ("There is no document {name}.", "{name} 문서가 없습니다."),
    "learn.contents": ("Contents", "차례"),
    "learn.quick": ("Run it, quick", "짧게 실행"),
    "learn.full": ("Run it as documented", "문서대로 실행"),
    "learn.run": ("Run it", "실행"),
    "learn.watch": ("Train it and watch", "학습하며 지켜보기"),
    "learn.stop": ("Stop", "멈추기"),
    "learn.of": ("{action}: {heading}", "{action}: {heading}"),
    "learn.long": (
        "As documented, some trainings take hours; they go on when this page is closed.",
        "문서대로 학습하면 몇 시간이 걸리기도 합니다. 이 페이지를 닫아도 계속 실행됩니다.",
    ),
    "learn.needs_run": (
        "This is about a trained network: train one first, on this page or on Train.",
        "학습된 신경망이 있어야 합니다. 이 페이지나 ‘학습’ 페이지에서 먼저 학습해 주세요.",
    ),
    "learn.output": ("Output of {command}", "{command}의 출력"),
    "learn.running": ("running …", "실행 중 …"),
    "learn.ended": ("ended", "끝났습니다"),
    "learn.failed": ("It ended with: {sentence}", "다음과 같이 끝났습니다: {sentence}"),
    "learn.picture": ("Picture that the command wrote", "명령으로 저장한 그림"),
    "learn.says": ("The document says", "문서의 결과"),
    "learn.measured": ("Measured by noonbit", "noonbit이 잰 결과"),
    "learn.here": ("Here", "여기에서 잰 결과"),
    "learn.not_here": ("not run here yet", "아직 실행하지 않았습니다"),
    "learn.next": ("Next, try", "다음에 해 볼 것"),
    "learn.page": ("Do it on the page {page}", "‘{page}’ 페이지에서 하기"),
    **{f"outcome.{name}": words for name, words in OUTCOME_WORDS.items()},
    "learn.other_data": (
        "The quick form takes other data than the text is about: {data}.",
        "짧은 실행에는 위의 설명과 다른 데이터를 씁니다. {data}.",
    ),
    "learn.small": (
        "A small picture of {size}, on which every number can be read; size, stride and padding of "
        "the window are those of the command.",
        "숫자를 하나하나 볼 수 있도록 {size} 크기의 작은 그림을 씁니다. 창의 크기, 스트라이드, "
        "패딩은 명령과 같습니다.",
    ),
    # Moving a window over a picture
    "drawing.convolution": ("Move the filter", "필터 움직여 보기"),
    "drawing.pooling": ("Move the pooling window", "풀링 창 움직여 보기"),
    "grid.picture": ("Picture", "그림"),
    "grid.filter": ("Filter", "필터"),
    "grid.output": ("Output", "출력"),
    "grid.cell": (
        "{grid}, row {row}, column {column}",
        "{grid} {row}행 {column}열",
    ),
    "grid.place": ("Place of the window", "창의 위치"),
    "grid.stride": ("Stride", "스트라이드"),
    "grid.padding": ("Padding", "패딩"),
    "grid.back": ("Back", "이전"),
    "grid.next": ("Next", "다음"),
    "grid.size": ("Size of the output", "출력 크기"),
    "grid.at": (
        "Place {number} of {count}, row {row}, column {column}",
        "{count}곳 중 {number}번째, {row}행 {column}열",
    ),
    "grid.rounded": (
        "rounded down: the last pixels are left out",
        "소수점 아래를 버립니다. 마지막 픽셀은 쓰지 않습니다",
    ),
    "grid.help": (
        "Move with the arrow keys, and change any number.",
        "화살표 키로 움직이고, 숫자를 바꿔 보세요.",
    ),
    # The network by hand
    "drawing.byhand": ("One step of the network by hand", "손으로 만든 신경망의 한 스텝"),
    "byhand.place": ("Step", "단계"),
    "byhand.at": ("Step {number} of {count}", "{count}단계 중 {number}단계"),
    "byhand.input": (
        "A picture x of three pixels, its one-hot label t, and two layers of weights: W to the "
        "three hidden units, V to the two outputs.",
        "픽셀이 세 개인 그림 x, 원-핫 레이블 t, 가중치 두 층이 있습니다. W는 은닉 유닛 세 개로, "
        "V는 출력 두 개로 이어집니다.",
    ),
    "byhand.summed": (
        "Forward: each hidden unit adds up the pixels times its weights.",
        "순전파: 은닉 유닛마다 픽셀과 가중치를 곱해서 더합니다.",
    ),
    "byhand.relu": (
        "ReLU lets positive sums through, and makes 0 of negative ones.",
        "ReLU는 양수는 그대로 보내고 음수는 0으로 만듭니다.",
    ),
    "byhand.dropout": (
        "Dropout: the mask 1, 0, 1 leaves the second unit out; those that stay are doubled, so "
        "that the sum is the same on average.",
        "드롭아웃: 마스크 1, 0, 1로 둘째 유닛을 뺍니다. 남은 유닛은 두 배로 키워서 합의 평균을 "
        "유지합니다.",
    ),
    "byhand.output": (
        "Each output adds up the hidden units times its weights.",
        "출력마다 은닉 유닛과 가중치를 곱해서 더합니다.",
    ),
    "byhand.error": (
        "The squared error: how far the outputs are from the label.",
        "제곱 오차: 출력이 레이블에서 얼마나 떨어져 있는지 잽니다.",
    ),
    "byhand.output_delta": (
        "Backward: what each output should change by.",
        "역전파: 출력마다 얼마나 바뀌어야 하는지 구합니다.",
    ),
    "byhand.hidden_delta": (
        "The same for each hidden unit, through the weights V; with the mask alone, as the "
        "document has it.",
        "은닉 유닛의 몫은 가중치 V를 거꾸로 지나 구합니다. 문서처럼 마스크만 곱합니다.",
    ),
    "byhand.second": (
        "Update of V: the learning rate 0.1, times what came in, times what should change.",
        "V 갱신: 학습률 0.1, 들어온 값, 바뀌어야 할 값을 모두 곱해서 V에 더합니다.",
    ),
    "byhand.first": (
        "Update of W in the same way. Weights of a black pixel stay as they are.",
        "W도 같은 방법으로 갱신합니다. 검은 픽셀의 가중치는 그대로입니다.",
    ),
    "byhand.again": (
        "The same picture once more: the error has become smaller. That is learning.",
        "같은 그림을 다시 넣으면 오차가 줄어 있습니다. 이것이 학습입니다.",
    ),
    # The table of 20 epochs
    "drawing.byhand-table": ("The table of 20 epochs", "20 에포크의 표"),
    "table.begin": ("Compute the table here", "여기에서 표 계산하기"),
    "table.epoch": ("Epoch", "에포크"),
    "table.train_error": ("Training error", "학습 오차"),
    "table.train_accuracy": ("Training accuracy", "학습 정확도"),
    "table.test_error": ("Test error", "테스트 오차"),
    "table.test_accuracy": ("Test accuracy", "테스트 정확도"),
    "table.same": ("as documented", "문서와 같음"),
    "table.other": ("not as documented", "문서와 다름"),
    "table.yes": ("yes", "예"),
    "table.no": ("no", "아니요"),
    "table.all": (
        "All {count} figures of these lines are the document's to the last digit.",
        "이 줄들의 숫자 {count}개가 모두 문서와 마지막 자리까지 같습니다.",
    ),
    # One-hot, split, dropout, gradient check
    "drawing.one-hot": ("A label as one-hot", "레이블을 원-핫으로"),
    "one-hot.label": ("Label", "레이블"),
    "one-hot.row": ("The label {label} is {row}", "레이블 {label} → {row}"),
    "drawing.split": ("Training, validation and test", "학습, 검증, 테스트 나누기"),
    "split.count": ("Pictures that validate", "검증에 쓸 그림 수"),
    "split.said": (
        "{train} train, {validation} validate, {test} test",
        "학습 {train}장, 검증 {validation}장, 테스트 {test}장",
    ),
    "split.train": ("training", "학습"),
    "split.validation": ("validation", "검증"),
    "split.test": ("test", "테스트"),
    "split.why": (
        "Validation says when to stop and what is better. The test set is asked once, at the end; "
        "otherwise it would be a part of the training.",
        "검증 셋으로 언제 멈출지, 무엇이 나은지 정합니다. 테스트 셋은 마지막에 한 번만 씁니다. "
        "그러지 않으면 테스트 셋도 학습의 일부가 되어 버립니다.",
    ),
    "drawing.dropout": ("Units that are left out", "빠지는 유닛 보기"),
    "dropout.rate": ("Share that is left out", "빼는 비율"),
    "dropout.again": ("Next step", "다음 스텝"),
    "dropout.said": (
        "{kept} of {count} units take part in this step; their outputs are multiplied by {factor}.",
        "이번 스텝에는 유닛 {count}개 가운데 {kept}개가 참여하고, 출력은 {factor}배가 됩니다.",
    ),
    "drawing.gradcheck": ("The numbers of a gradient check", "그래디언트 체크의 숫자"),
    "gradcheck.step": ("Size of the step h", "간격 h"),
    "gradcheck.loss": (
        "The loss of one unit with the weight w = 0.5: L(w) = (tanh(w * 1.5) - 0.2)²",
        "가중치 w = 0.5인 유닛 하나의 손실: L(w) = (tanh(w * 1.5) - 0.2)²",
    ),
    "gradcheck.derivative": ("By the derivative", "미분으로 구한 기울기"),
    "gradcheck.difference": ("By the difference", "차분으로 구한 기울기"),
    "gradcheck.error": ("Relative error", "상대 오차"),
    "gradcheck.why": (
        "A large step misses the curve, a tiny one loses digits: about 1e-5 is best in float64. A "
        "wrong derivative differs at every step.",
        "간격이 크면 곡선을 놓치고 너무 작으면 유효 자릿수를 잃습니다. float64에서는 1e-5쯤이 "
        "가장 좋습니다. 미분이 틀렸다면 어떤 간격에서도 값이 다릅니다.",
    ),
    # Drawings that the engine makes
    "drawing.architecture": ("The network as a drawing", "그림으로 보는 신경망"),
    "architecture.show": ("Draw {name}", "{name} 그리기"),
    "architecture.said": (
        "{name} on {input}: {count} layers, {parameters} parameters",
        "{name}, 입력 {input}: 층 {count}개, 파라미터 {parameters}개",
    ),
    "architecture.legend": (
        "Height is the side of the maps, width their number; below, the parameters.",
        "높이는 특징 맵의 한 변, 너비는 특징 맵의 수입니다. 아래에 파라미터 수를 적었습니다.",
    ),
    "architecture.convolution": ("convolution", "합성곱"),
    "architecture.pool": ("pool", "풀링"),
    "architecture.dense": ("dense", "밀집층"),
    "architecture.input": ("input", "입력"),
    "drawing.augmentation": ("Pictures of the augmentation", "데이터 부풀리기 그림"),
    "augmentation.show": ("Draw them", "그림 그리기"),
    "augmentation.said": (
        "A triangle, and what rotation by 90 degrees, shifts of 10 %, zoom of 0.3 and flips make "
        "of it, a row each",
        "삼각형 하나를 90도 회전, 10 % 이동, 0.3 확대, 뒤집기로 한 줄씩 바꾼 그림",
    ),
    "drawing.ensemble": ("The members and the ensemble", "멤버와 앙상블"),
    "ensemble.document": ("document's", "문서 결과"),
    "ensemble.noonbit": ("noonbit's", "noonbit 결과"),
    "ensemble.said": (
        "{who}: the members reach {low} to {high} %, the ensemble {ensemble} %",
        "{who}: 멤버 {low} ~ {high} %, 앙상블 {ensemble} %",
    ),
    "ensemble.legend": (
        "Each ring is a member, the filled mark is the ensemble: test accuracy in per cent.",
        "동그라미 하나가 멤버 하나, 채운 표시가 앙상블입니다. 테스트 정확도(%)입니다.",
    ),
    "drawing.curves": ("Two trainings as curves", "두 학습을 곡선으로 비교"),
    "curves.begin": ("Train both", "둘 다 학습하기"),
    "curves.about": (
        "Both learn from some of the small digits that come with the installation. Solid: "
        "training, dashed: validation. The gap between the two is overfitting.",
        "noonbit에 들어 있는 작은 숫자 그림의 일부로 둘을 학습합니다. 실선은 학습, 점선은 "
        "검증입니다. 두 선의 간격이 과적합입니다.",
    ),
    "curves.dnn": ("dense (DNN)", "밀집 신경망(DNN)"),
    "curves.cnn": ("convolutional (CNN)", "합성곱 신경망(CNN)"),
    "curves.without": ("without dropout", "드롭아웃 없음"),
    "curves.with": ("with dropout", "드롭아웃 있음"),
    "curves.pair_said": (
        "Validation loss by now: {first} {first_value}, {second} {second_value}.",
        "지금까지의 검증 손실: {first} {first_value}, {second} {second_value}",
    ),
}
