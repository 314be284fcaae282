"""The report in Korean: charts, and what is counted and combined."""

from collections.abc import Mapping

WORDS: Mapping[str, str] = {
    # Charts, pictures and descriptions
    "move %(move)s, %(colour)s to play": "%(move)s수, %(colour)s 차례",
    "Accuracy %(accuracy)s, 95 %% interval from %(low)s to %(high)s": (
        "정확도 %(accuracy)s, 95 %% 신뢰 구간 %(low)s ~ %(high)s"
    ),
    (
        "Loss and accuracy over %(epochs)s epochs. The last epoch: training loss %(loss)s, "
        "training accuracy %(accuracy)s"
    ): (
        "%(epochs)s 에포크 동안의 손실과 정확도. 마지막 에포크: 학습 손실 %(loss)s, 학습 정확도 "
        "%(accuracy)s"
    ),
    ", validation loss %(loss)s, accuracy %(accuracy)s": (
        ", 검증 손실 %(loss)s, 검증 정확도 %(accuracy)s"
    ),
    "Reliability: %(bins)s.": "보정 그림: %(bins)s.",
    "Gain %(gains)s.": "앙상블로 얻은 것: %(gains)s.",
    "epoch": "에포크",
    "probability that the network stated": "신경망이 말한 확률",
    "stated %(confidence)s, right %(accuracy)s": "말한 확률 %(confidence)s, 맞은 비율 %(accuracy)s",
    "%(comparison)s: %(gain)s, 95 %% interval %(low)s to %(high)s": (
        "%(comparison)s: %(gain)s, 95 %% 신뢰 구간 %(low)s ~ %(high)s"
    ),
    "training %(nouns)s, on a logarithmic scale": "학습 %(nouns)s 수(로그 척도)",
    "%(items)s: %(accuracy)s, 95 %% interval %(low)s to %(high)s": (
        "%(items)s개: %(accuracy)s, 95 %% 신뢰 구간 %(low)s ~ %(high)s"
    ),
    "Accuracy by the number of training %(nouns)s: %(points)s.": (
        "학습 %(nouns)s 수에 따른 정확도: %(points)s."
    ),
    "points of accuracy gained": "높아진 정확도(%%p)",
    "share that was right": "실제로 맞은 비율",
    "dashed: training, solid: validation": "점선: 학습, 실선: 검증",
    "%(noun)s of %(real)s taken for %(predicted)s": (
        "%(real)s인데 %(predicted)s(으)로 예측한 %(noun)s"
    ),
    "over the mean of the members": "멤버의 평균보다",
    "over the best member": "가장 좋은 멤버보다",
    "training %(noun)s of %(name)s": "%(name)s 클래스의 학습 %(noun)s",
    # Things that are counted, and what they are called
    "image": "이미지",
    "sentence": "문장",
    "position": "국면",
    "test image": "테스트 이미지",
    "test sentence": "테스트 문장",
    "test position": "테스트 국면",
    "item": "항목",
    "other": "그 밖의 클래스",
    "thread": "스레드",
    "Problem": "문제",
    "Note": "참고",
    "black": "흑",
    "white": "백",
    "the network": "신경망",
    "the usual points": "많이 둔 점",
    "a linear look at 5x5 points": "5x5점을 보는 선형 모델",
    # How outputs are combined; see members.py
    "the sum of its members’ outputs": "멤버들의 출력을 더한 값",
    "the mean of its members’ probabilities": "멤버들이 말한 확률의 평균",
    "a vote of its members, ties decided by the mean of their probabilities": (
        "멤버들의 투표 결과(같은 표가 나오면 확률의 평균으로 결정)"
    ),
    # Of the kinds of input; see `ReportWords`
    "another camera, other hands, other light": "다른 카메라, 다른 손글씨, 다른 조명 등",
    "frames of one film, several by one person": "한 동영상의 여러 장면이나 한 사람이 만든 여러 장",
    "a picture of none of them": "어느 클래스도 아닌 그림",
    "channels × height × width, or units": "채널 × 높이 × 너비 또는 유닛 수",
    "pixels": "픽셀",
    "another paper, other years, another subject": "다른 신문, 다른 시기, 다른 주제 등",
    "of one text, several by one person": "한 글에서 나오거나 한 사람이 쓴 여러 문장",
    "a sentence about something else": "전혀 다른 이야기를 하는 문장",
    "numbers × words, or units": "숫자 × 단어 또는 유닛 수",
    "texts": "글",
    "weaker players, another time, handicap": "약한 기사, 다른 시대, 접바둑 등",
    "of one game; here games are never divided, but a player's games are alike": (
        "한 대국에서 나온 국면; 여기에서는 대국을 나누지 않지만 한 기사의 대국은 서로 비슷함"
    ),
    "a position in which a pass is best": "한 수 쉬는 것이 가장 좋은 국면",
    "channels × height × width, or points": "채널 × 높이 × 너비 또는 점 수",
}
