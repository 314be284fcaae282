"""The report in Korean: what came out: moves, classes, mistakes, probabilities."""

from collections.abc import Mapping

ANSWERS: Mapping[str, str] = {
    # Moves
    "Moves": "수",
    (
        "How often the move that was played is what the network finds most probable (top 1), and "
        "how often it is among the five most probable (top 5), in %(positions)s positions of "
        "%(games)s games of which none was learned from. Strong players differ, and many "
        "positions have several good moves, so nobody finds them all. Beside it, what costs "
        "little and has to be beaten: the points in the order of how often they were played in "
        "the training games, and a linear model, which weighs the planes of the 5 × 5 points "
        "around each point. Illegal moves are left out of all three."
    ): (
        "실제로 둔 수를 신경망이 가장 가능성 높게 본 비율(top 1)과, 가능성이 높은 다섯 수 안에 "
        "든 비율(top 5)입니다. 학습에 쓰지 않은 기보 %(games)s개의 국면 %(positions)s개로 "
        "쟀습니다. 강한 기사끼리도 수가 갈리고 좋은 수가 여럿인 국면도 많으므로, 누구도 모두 "
        "맞힐 수는 없습니다. 그 아래는 적은 비용으로 얻는, 반드시 넘어야 할 기준입니다. 학습 "
        "기보에서 많이 둔 차례대로 점을 고르는 방법과, 점마다 둘레 5 × 5점의 평면에 가중치를 "
        "두는 선형 모델입니다. 셋 모두 둘 수 없는 수는 뺐습니다."
    ),
    "answered by": "답한 것",
    (
        "The positions of one game are much alike, so the intervals are those of a ratio of two "
        "sums over games (Cochran, 1977), not over positions. Points that the network finds "
        "exactly as probable, as the four corners of an empty board, count as not found here; "
        "the headline takes the first of them."
    ): (
        "한 기보의 국면은 서로 비슷하므로, 구간은 국면이 아니라 기보를 단위로 한 두 합의 비율로 "
        "계산했습니다(Cochran, 1977). 빈 바둑판의 네 귀처럼 신경망이 똑같이 가능성 있다고 본 "
        "점은 여기에서는 맞히지 못한 것으로 셉니다. 맨 위의 정확도는 그 가운데 첫 점을 답으로 "
        "봅니다."
    ),
    "moves": "몇 번째 수",
    "positions": "국면",
    "%(first)s to %(last)s": "%(first)s ~ %(last)s수",
    "%(first)s and later": "%(first)s수부터",
    "The network at each stage of the game.": "대국의 단계별로 본 신경망의 정확도입니다.",
    "Found": "맞힌 수",
    "Surest of another move": "다른 수를 가장 확신한 국면",
    (
        "Red is where the network expects the next move, the numbers are its first five; the "
        "ring is the last stone, the blue square the move that was played. Any position of a "
        "game: <code>%(command)s</code>"
    ): (
        "빨간색은 신경망이 다음 수를 예상하는 곳이고, 숫자는 첫 다섯 수입니다. 동그라미는 바로 "
        "앞에 둔 돌, 파란 네모는 실제로 둔 수입니다. 기보의 다른 국면은 이렇게 봅니다: "
        "<code>%(command)s</code>"
    ),
    # Classes
    "Classes": "클래스",
    "precision": "정밀도",
    "recall": "재현율",
    "recall, 95 %% interval": "재현율, 95 %% 신뢰 구간",
    "The weakest class first.": "가장 약한 클래스부터 표시합니다.",
    "The %(shown)s weakest of %(class_count)s are shown.": (
        "클래스 %(class_count)s개 가운데 가장 약한 %(shown)s개입니다."
    ),
    (
        "Recall: of the %(nouns)s of this class, the share that was found. Precision: of the "
        "%(nouns)s called by its name, the share that bears it rightly. F1: one figure for both, "
        "their harmonic mean. The lines show how far luck in which %(nouns)s were tested can "
        "move the recall."
    ): (
        "재현율: 이 클래스의 %(nouns)s 가운데 찾아낸 비율. 정밀도: 이 클래스라고 답한 %(nouns)s "
        "가운데 맞은 비율. F1: 둘을 하나로 묶은 조화 평균. 선은 어떤 %(nouns)s(으)로 "
        "시험했는지에 따라 재현율이 얼마나 달라질 수 있는지를 보여 줍니다."
    ),
    # The confusion matrix
    "Confusions": "혼동 행렬",
    "true ↓ named →": "정답 ↓ 예측 →",
    (
        "The confusion matrix: each row holds the test %(nouns)s of one class, each column what "
        "they were called. Blue is right, orange is wrong; the tint grows with the share of the "
        "row."
    ): (
        "혼동 행렬입니다. 행은 한 클래스의 테스트 %(nouns)s이고, 열은 신경망이 예측한 "
        "클래스입니다. 파란색은 맞은 것, 주황색은 틀린 것이며, 색이 진할수록 그 행에서 "
        "차지하는 비율이 큽니다."
    ),
    (
        "The %(shown)s most confused of %(class_count)s classes are shown, the others are taken "
        "together, so the last field holds right and wrong ones."
    ): (
        "클래스 %(class_count)s개 가운데 가장 많이 혼동한 %(shown)s개를 표시하고 나머지는 하나로 "
        "묶었습니다. 그래서 마지막 칸에는 맞은 것과 틀린 것이 섞여 있습니다."
    ),
    "The most frequent confusions": "가장 많이 혼동한 클래스",
    (
        "<b><bdi>%(real)s</bdi></b> taken for <b><bdi>%(predicted)s</bdi></b>: %(times)s of "
        "%(items)s (%(share)s)"
    ): (
        "<b><bdi>%(real)s</bdi></b> → <b><bdi>%(predicted)s</bdi></b>: %(items)s 가운데 "
        "%(times)s개 (%(share)s)"
    ),
    # Learning curve
    "Curve": "학습 곡선",
    (
        "Each dot is a network of the table below, its upright line the 95 %% interval. The "
        "horizontal axis is logarithmic: each doubling is the same distance."
    ): (
        "점 하나가 아래 표의 신경망 하나이고, 세로선은 95 %% 신뢰 구간입니다. 가로축에서는 같은 "
        "거리가 같은 배율을 뜻합니다."
    ),
    (
        "Networks trained by the same recipe on more and more of the training %(nouns)s, all "
        "measured on the same %(items)s."
    ): (
        "학습 %(nouns)s을(를) 점점 더 많이 써서 같은 설정으로 학습한 신경망들입니다. 모두 같은 "
        "%(items)s로 시험했습니다."
    ),
    # Check
    "Check": "점검",
    (
        "%(wrong)s of %(judged)s are probably labelled wrongly (confident learning, Northcutt et "
        "al., 2021). Each label was judged by a network that had not learned it. The most "
        "probable errors first; look at each before you change it."
    ): (
        "%(judged)s 가운데 %(wrong)s개는 레이블이 잘못되었을 가능성이 큽니다(confident learning, "
        "Northcutt et al., 2021). 레이블마다 그 항목을 배우지 않은 신경망이 판단했습니다. 가능성이 "
        "큰 것부터 보여 주니, 고치기 전에 하나씩 확인하세요."
    ),
    (
        "None of %(judged)s is probably labelled wrongly (confident learning, Northcutt et al., "
        "2021)."
    ): (
        "%(judged)s 가운데 레이블이 잘못된 것으로 보이는 항목은 없습니다(confident learning, "
        "Northcutt et al., 2021)."
    ),
    'labelled <b class="bad"><bdi>%(given)s</bdi></b>': (
        '레이블 <b class="bad"><bdi>%(given)s</bdi></b>'
    ),
    "likely <b><bdi>%(likely)s</bdi></b>": "추정 <b><bdi>%(likely)s</bdi></b>",
    "Nearly in training": "학습 데이터와 거의 같은 것",
    (
        "%(near)s are nearly one that trained: re-encoded, cropped or brightened (their grey "
        "levels correlate by %(limit)s or more)."
    ): (
        "%(near)s는 학습에 쓰인 것과 거의 같습니다. 다시 저장했거나 조금 잘랐거나 밝기를 바꾼 "
        "것입니다(밝기의 상관계수 %(limit)s 이상)."
    ),
    (
        "Without copies, exact or near, the accuracy is <b>%(accuracy)s</b> of %(items)s (95 %% "
        "interval %(low)s to %(high)s)."
    ): (
        "같거나 거의 같은 것을 빼면 정확도는 %(items)s에서 <b>%(accuracy)s</b>입니다(95 %% 신뢰 "
        "구간 %(low)s ~ %(high)s)."
    ),
    "like %(other)s": "%(other)s와(과) 거의 같음",
    "%(odd)s far beyond the others.": "다른 것들과 크게 다른 %(odd)s입니다.",
    "dark": "어두움",
    "bright": "밝음",
    "flat": "대비가 거의 없음",
    "blurry": "흐림",
    "What gives the class away": "클래스를 드러내는 속성",
    # Mistakes
    "Mistakes": "틀린 예측",
    "The %(shown)s most confident of %(missed)s mistakes,": (
        "틀린 예측 %(missed)s개 가운데 가장 확신한 %(shown)s개입니다."
    ),
    "The only mistake,": "틀린 예측은 이것 하나입니다.",
    "The %(missed)s mistakes,": "틀린 예측 %(missed)s개입니다.",
    (
        "the most confident first; in brackets, the probability that the network stated. Look "
        "for wrong labels, for %(nouns)s that people could not tell apart either, and for a "
        "cause that several share."
    ): (
        "가장 확신한 것부터 보여 주며, 괄호 안은 신경망이 말한 확률입니다. 레이블이 잘못된 것, "
        "사람도 구별하기 어려운 %(nouns)s, 여럿에 공통된 원인이 있는지 살펴보세요."
    ),
    "is <b><bdi>%(real)s</bdi></b>": "정답 <b><bdi>%(real)s</bdi></b>",
    'named <b class="bad"><bdi>%(predicted)s</bdi></b>': (
        '예측 <b class="bad"><bdi>%(predicted)s</bdi></b>'
    ),
    "true class: %(probability)s": "정답의 확률: %(probability)s",
    "All of them: <code>%(command)s</code>": "모두 보기: <code>%(command)s</code>",
    "None: every test %(noun)s was named correctly.": (
        "없습니다. 테스트 %(noun)s을(를) 모두 맞혔습니다."
    ),
    # Words
    "is and was named <b><bdi>%(predicted)s</bdi></b>": (
        "정답과 예측 모두 <b><bdi>%(predicted)s</bdi></b>"
    ),
    'is <b><bdi>%(real)s</bdi></b>, named <b class="bad"><bdi>%(predicted)s</bdi></b>': (
        '정답 <b><bdi>%(real)s</bdi></b>, 예측 <b class="bad"><bdi>%(predicted)s</bdi></b>'
    ),
    "Words": "단어",
    (
        "Which words decided? A filter looks for some n-gram of 3, 4 or 5 words and hands on the "
        "one it finds most; the last layer multiplies and adds. So what each n-gram gave is "
        "known exactly. Blue words speak for the answer, orange ones against it, in proportion; "
        "the figures are what an n-gram adds to the answer’s logit beside the other classes’. "
        "Words with a dotted line are in no training sentence."
    ): (
        "어떤 단어가 답을 정했을까요? 필터는 저마다 3, 4, 5개 단어로 된 어떤 n-gram을 찾아 가장 "
        "뚜렷한 것을 넘기고, 마지막 층은 곱하고 더할 뿐입니다. 그래서 n-gram마다 얼마나 "
        "기여했는지 정확히 알 수 있습니다. 파란 단어는 그 답을 뒷받침하고 주황 단어는 반대하며, "
        "진할수록 기여가 큽니다. 숫자는 다른 클래스와 견주어 n-gram이 답의 로짓에 더한 값입니다. "
        "점선이 그어진 단어는 학습 문장에 없던 단어입니다."
    ),
    "The most confident right answers": "가장 확신하고 맞힌 답",
    "The most confident wrong answers": "가장 확신하고 틀린 답",
    "Of any sentence: <code>%(command)s</code>": (
        "어떤 문장이든 이렇게 볼 수 있습니다: <code>%(command)s</code>"
    ),
    # Calibration
    "Calibration": "보정",
    (
        "Can its probabilities be taken at their word? The network stated %(confidence)s on "
        "average and was right in %(accuracy)s of the cases:"
    ): (
        "신경망이 말하는 확률을 그대로 믿어도 될까요? 평균 %(confidence)s로 확신했고 실제로는 "
        "%(accuracy)s를 맞혔습니다."
    ),
    "on the whole its probabilities hold.": "전체로 보면 확률을 믿을 만합니다.",
    "it is too sure of itself.": "실제보다 더 확신하는 편입니다.",
    "it is more often right than it says.": "말한 것보다 더 자주 맞힙니다.",
    (
        "Before a network states a probability, what it gives is divided by a temperature, found "
        "on its own validation %(nouns)s; that changes no decision."
    ): (
        "신경망마다, 출력을 자기 검증 %(nouns)s에서 찾은 온도로 나눈 뒤에 확률을 계산합니다. "
        "예측한 클래스는 바뀌지 않습니다."
    ),
    (
        "Before it states a probability, what the network gives is divided by %(temperature)s, a "
        "temperature found on the validation %(nouns)s; that changes no decision."
    ): (
        "신경망의 출력을, 검증 %(nouns)s에서 찾은 온도 %(temperature)s(으)로 나눈 뒤에 확률을 "
        "계산합니다. 예측한 클래스는 바뀌지 않습니다."
    ),
    (
        "The expected calibration error is %(error)s: so far, on average, is a stated "
        "probability from the share that was right among the %(nouns)s with about that "
        "probability; 0 would be perfect. The loss on the test %(nouns)s (mean cross-entropy) is "
        "%(loss)s."
    ): (
        "기대 보정 오차는 %(error)s입니다. 신경망이 말한 확률과, 비슷한 확률을 말한 %(nouns)s "
        "가운데 실제로 맞은 비율이 평균 이만큼 다르다는 뜻이며, 0이면 완벽합니다. 테스트 "
        "%(nouns)s의 손실(평균 교차 엔트로피)은 %(loss)s입니다."
    ),
    (
        "Each dot holds the %(nouns)s whose stated probability fell into one tenth of the scale; "
        "bars below say how many. On the dashed diagonal, of all %(nouns)s with a stated 90 %%, "
        "nine in ten are right. Above it the network is too modest, below it too sure. Upright "
        "lines are 95 %% intervals."
    ): (
        "점 하나는 말한 확률이 같은 구간(눈금의 10분의 1)에 든 %(nouns)s을(를) 모은 것이고, "
        "아래 막대는 그 수입니다. 점선 위에서는, 예를 들어 90 %%라고 말한 %(nouns)s 열 개 "
        "가운데 아홉 개가 맞습니다. 점선보다 위에 있으면 자신이 없는 편이고, 아래에 있으면 "
        "지나치게 확신하는 것입니다. 세로선은 95 %% 신뢰 구간입니다."
    ),
}
