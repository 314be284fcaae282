"""The report in Korean: what can be done with the run, and what it cannot do."""

from collections.abc import Mapping

USE: Mapping[str, str] = {
    # Repeat
    "Repeat": "다시 해 보기",
    (
        "The network was a Python object. Give an equal one to <code>noonbit.train(source, "
        "model=...)</code>, with the settings of this file:"
    ): (
        "이 신경망은 Python 객체였습니다. 똑같은 객체를 <code>noonbit.train(source, "
        "model=...)</code>에 주고 다음 파일의 설정을 쓰세요."
    ),
    (
        "The recipe holds what all folds share; their seeds count up from %(seed)s, and the "
        "folds depend on the data alone."
    ): (
        "이 파일에는 모든 폴드에 공통된 설정이 들어 있습니다. 시드는 %(seed)s부터 하나씩 커지고, "
        "폴드는 데이터만으로 정해집니다."
    ),
    "The recipe holds what all members share; their seeds count up from %(seed)s.": (
        "이 파일에는 모든 멤버에 공통된 설정이 들어 있습니다. 시드는 %(seed)s부터 하나씩 커집니다."
    ),
    "The members’ folders hold their recipes.": "설정은 멤버마다 자기 폴더에 있습니다.",
    "The recipe holds every setting and the seed, %(seed)s.": (
        "이 파일에 모든 설정과 시드(%(seed)s)가 들어 있습니다."
    ),
    (
        "The clock had a say in every learning rate and in the last step, so the weights come "
        "out as others, about as good; what it decided is in <code>schedule.csv</code>, in the "
        "networks’ folders."
    ): (
        "학습률과 마지막 스텝을 걸린 시간에 맞춰 정했으므로, 다시 학습하면 가중치는 달라지고 "
        "성능은 비슷합니다. 그때 정한 것은 신경망마다 폴더의 <code>schedule.csv</code>에 적혀 "
        "있습니다."
    ),
    (
        "The clock had a say in every learning rate and in the last step, so the weights come "
        "out as others, about as good; what it decided is in <code>schedule.csv</code>, in the "
        "run folder."
    ): (
        "학습률과 마지막 스텝을 걸린 시간에 맞춰 정했으므로, 다시 학습하면 가중치는 달라지고 "
        "성능은 비슷합니다. 그때 정한 것은 실행 폴더의 <code>schedule.csv</code>에 적혀 있습니다."
    ),
    (
        "Settings were changed while it trained, so the weights come out as others: this trains "
        "as it was planned. The changes are in <code>changes.csv</code>, and "
        "<code>--resume</code> makes them again."
    ): (
        "학습하는 동안 설정을 바꾸었으므로 가중치가 달라집니다. 이 명령은 처음 계획대로 "
        "학습합니다. 바꾼 내용은 <code>changes.csv</code>에 있고, <code>--resume</code>이 그대로 "
        "다시 적용합니다."
    ),
    (
        "The run was extended, so the weights come out as others: this trains all epochs as "
        "planned at once."
    ): (
        "학습을 더 이어서 했으므로 가중치가 달라집니다. 이 명령은 모든 에포크를 처음부터 "
        "계획해서 학습합니다."
    ),
    (
        "On the same machine, with as many threads and the same versions, the weights come out "
        "the same, bit for bit; elsewhere sums are rounded in another order, and the accuracy "
        "may differ a little."
    ): (
        "같은 컴퓨터에서 스레드 수와 버전이 같으면 가중치가 비트 하나까지 똑같이 나옵니다. 다른 "
        "컴퓨터에서는 더하는 순서에 따라 반올림이 달라져 정확도가 조금 다를 수 있습니다."
    ),
    (
        "Fingerprint of the data (SHA-256 over %(content)s, labels and class names; equal for "
        "whoever has the same %(nouns)s):"
    ): (
        "데이터의 지문(%(content)s, 레이블, 클래스 이름의 SHA-256; 같은 %(nouns)s을(를) 가진 "
        "사람은 같은 값을 얻습니다):"
    ),
    # Limits
    "Limits": "한계",
    "What the %(accuracy)s does not say:": "정확도 %(accuracy)s가 말해 주지 않는 것:",
    (
        "<b>Other sources.</b> The test %(nouns)s come from the same source as the training "
        "%(nouns)s. %(capital_nouns)s made in another way (%(other_sources)s) can be named far "
        "worse."
    ): (
        "<b>다른 곳에서 온 데이터.</b> 테스트 %(nouns)s은(는) 학습 %(nouns)s과(와) 같은 곳에서 "
        "왔습니다. 다르게 만든 %(capital_nouns)s(%(other_sources)s)에서는 훨씬 많이 틀릴 수 "
        "있습니다."
    ),
    (
        "<b>Near duplicates.</b> The folds were drawn at random; only the positions of a game "
        "are kept together. Where %(nouns)s belong together (%(related)s), near copies stand on "
        "both sides, and the figure flatters."
    ): (
        "<b>거의 같은 것.</b> 폴드는 무작위로 나누었고, 한 기보의 국면만 한곳에 모았습니다. 서로 "
        "관련된 %(nouns)s(%(related)s)이(가) 있으면 거의 같은 것이 양쪽에 들어가서 정확도가 "
        "실제보다 좋게 나옵니다."
    ),
    (
        "<b>Near duplicates.</b> The folds were drawn at random; only exact copies are kept "
        "together. Where %(nouns)s belong together (%(related)s), near copies stand on both "
        "sides, and the figure flatters."
    ): (
        "<b>거의 같은 것.</b> 폴드는 무작위로 나누었고, 완전히 똑같은 것만 한곳에 모았습니다. "
        "서로 관련된 %(nouns)s(%(related)s)이(가) 있으면 거의 같은 것이 양쪽에 들어가서 정확도가 "
        "실제보다 좋게 나옵니다."
    ),
    (
        "<b>Choosing by the folds.</b> Nothing was chosen by them in this run; whoever "
        "cross-validates many recipes and keeps the best chooses by them, and the figure then "
        "flatters."
    ): (
        "<b>폴드로 고르기.</b> 여기에서는 폴드로 아무것도 고르지 않았습니다. 여러 설정을 교차 "
        "검증해서 가장 좋은 것을 남기면 폴드로 고른 셈이므로, 정확도가 실제보다 좋게 나옵니다."
    ),
    (
        "<b>Choosing by the test.</b> The test split is the source’s own. Nothing was chosen by "
        "it in this training; whoever trains many times and keeps the run with the best test "
        "figure chooses by it, and the figure then flatters."
    ): (
        "<b>테스트로 고르기.</b> 테스트 셋은 원본에 있던 그대로입니다. 이 학습에서는 그것으로 "
        "아무것도 고르지 않았습니다. 여러 번 학습해서 테스트 정확도가 가장 좋은 것을 남기면 "
        "테스트로 고른 셈이므로, 정확도가 실제보다 좋게 나옵니다."
    ),
    (
        "<b>Near duplicates.</b> The source has no test part of its own, so one was drawn at "
        "random. Where %(nouns)s belong together (%(related)s), near copies stand on both sides, "
        "and the figure flatters."
    ): (
        "<b>거의 같은 것.</b> 원본에 테스트 셋이 따로 없어서 무작위로 뽑았습니다. 서로 관련된 "
        "%(nouns)s(%(related)s)이(가) 있으면 거의 같은 것이 양쪽에 들어가서 정확도가 실제보다 "
        "좋게 나옵니다."
    ),
    (
        "<b>Rare classes.</b> <bdi>%(class_name)s</bdi> has the fewest test %(nouns)s, "
        "%(items)s, so its recall of %(recall)s is known no better than %(low)s to %(high)s (95 "
        "%% interval)."
    ): (
        "<b>드문 클래스.</b> 테스트 %(nouns)s이(가) 가장 적은 클래스는 "
        "<bdi>%(class_name)s</bdi>입니다. %(items)s개뿐이라, 재현율 %(recall)s는 %(low)s ~ "
        "%(high)s (95 %% 신뢰 구간)라고만 말할 수 있습니다."
    ),
    (
        "<b>Anything else.</b> Inputs whose highest probability is below %(threshold)s are "
        "answered with <code>unknown</code>. This happens to %(share)s of the test %(nouns)s too "
        "(95 %% interval %(low)s to %(high)s), although all of them belong to a class; the figures "
        "of this page are those of the network without it. What the network never saw may still "
        "be given a name, and with a high probability."
    ): (
        "<b>그 밖의 것.</b> 가장 높은 확률이 %(threshold)s보다 낮으면 <code>unknown</code>(모름)"
        "이라고 답합니다. 모두 클래스가 있는 테스트 %(nouns)s도 %(share)s는 그렇게 답합니다(95 %% "
        "신뢰 구간 %(low)s ~ %(high)s). 이 보고서의 값은 그렇게 답하지 않을 때의 값입니다. 한 번도 "
        "보지 못한 것에도 클래스의 이름으로, 높은 확률로 답할 수 있습니다."
    ),
    (
        "<b>Anything else.</b> Every input is given one of the %(class_count)s names, also "
        "%(no_class)s, and perhaps with a high probability."
    ): (
        "<b>그 밖의 것.</b> 무엇을 넣어도 이름 %(class_count)s개 가운데 하나로 답합니다. "
        "%(no_class)s도 마찬가지이고, 높은 확률로 답할 수도 있습니다."
    ),
    (
        "<b>Inputs.</b> The figure holds for %(nouns)s like these: %(shape)s. Others are brought "
        "to that: %(conversion)s; how well that goes was not measured here."
    ): (
        "<b>입력.</b> 이 정확도는 다음과 같은 %(nouns)s에 대한 것입니다: %(shape)s. 다른 것은 "
        "이렇게 바꾸어 넣습니다: %(conversion)s. 그 결과가 얼마나 좋은지는 여기에서 재지 "
        "않았습니다."
    ),
    (
        "<b>Other training %(nouns)s.</b> The interval holds luck in which %(nouns)s were "
        "tested, as if one network had named them all. With other %(nouns)s to learn from, or "
        "other seeds, the figure moves too: the folds give a taste of it in their standard "
        "deviation, but no interval."
    ): (
        "<b>다른 학습 데이터.</b> 구간은 어떤 %(nouns)s(으)로 시험했는지의 우연만 담고 있으며, "
        "신경망 하나가 모두 예측한 것처럼 계산했습니다. 다른 %(nouns)s(으)로 배우거나 시드가 "
        "다르면 정확도도 달라집니다. 폴드의 표준 편차로 짐작할 수는 있지만 구간은 아닙니다."
    ),
    (
        "<b>Luck of the seeds.</b> These are %(networks)s trainings, put together once. Others "
        "give a slightly different ensemble and figure; the intervals above do not hold that "
        "difference."
    ): (
        "<b>시드의 우연.</b> %(networks)s번 학습해서 한 번 합친 결과입니다. 다시 하면 앙상블과 "
        "정확도가 조금 달라지며, 위의 구간에는 그 차이가 들어 있지 않습니다."
    ),
    (
        "<b>Luck of the seed.</b> This is one training. Another seed gives a slightly different "
        "network and figure; the interval above does not hold that difference."
    ): (
        "<b>시드의 우연.</b> 한 번 학습한 결과입니다. 시드가 다르면 신경망과 정확도가 조금 "
        "달라지며, 위의 구간에는 그 차이가 들어 있지 않습니다."
    ),
}
