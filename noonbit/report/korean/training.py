"""The report in Korean: folds, members, the course of the training and its speed."""

from collections.abc import Mapping

TRAINING: Mapping[str, str] = {
    # Folds
    "All %(items)s were dealt into %(fold_count)s folds, every game whole.": (
        "%(items)s를 기보 단위로 폴드 %(fold_count)s개에 나누었습니다."
    ),
    (
        "All %(items)s were dealt into %(fold_count)s folds, every class in proportion and "
        "copies of one %(noun)s together."
    ): (
        "%(items)s를 폴드 %(fold_count)s개에 나누었습니다. 클래스 비율을 맞추었고, 똑같은 "
        "%(noun)s은(는) 같은 폴드에 넣었습니다."
    ),
    (
        "For each fold, a network of its own was trained on the others and asked about this one. "
        "So every %(noun)s was named once, by a network that had not learned from it; those "
        "answers are what this page is about."
    ): (
        "폴드마다, 나머지 폴드로 새 신경망을 학습해서 그 폴드를 예측하게 했습니다. 그래서 모든 "
        "%(noun)s을(를) 그것으로 학습하지 않은 신경망이 한 번씩 예측했습니다. 이 보고서는 그 답을 "
        "다룹니다."
    ),
    "fold": "폴드",
    "trained in": "학습 시간",
    "95 %% interval": "95 %% 신뢰 구간",
    "mean of the folds, and standard deviation": "폴드의 평균과 표준 편차",
    "± %(deviation)s points": "± %(deviation)s %%p(퍼센트포인트)",
    "all %(nouns)s": "%(nouns)s 전체",
    (
        "The accuracy of each fold’s network on its fold. The lines are 95 %% intervals: how far "
        "luck in which %(nouns)s were tested can move a figure. The standard deviation says how "
        "far folds differ, and nothing about their mean: the networks share most of their "
        "training %(nouns)s, so the folds are not independent, and no unbiased estimate of the "
        "variance of their mean exists (Bengio and Grandvalet, 2004)."
    ): (
        "폴드마다 그 폴드를 맡은 신경망의 정확도입니다. 선은 95 %% 신뢰 구간으로, 어떤 "
        "%(nouns)s(으)로 시험했는지에 따라 값이 얼마나 달라질 수 있는지를 보여 줍니다. 표준 편차는 "
        "폴드끼리 얼마나 다른지를 말할 뿐, 평균이 얼마나 정확한지는 말하지 않습니다. 신경망들이 "
        "학습 데이터를 대부분 함께 쓰므로 폴드는 서로 독립이 아니며, 평균의 분산을 치우침 없이 "
        "추정할 방법은 없습니다(Bengio and Grandvalet, 2004)."
    ),
    (
        "<b>What the run answers with.</b> <code>noonbit predict</code> asks all %(fold_count)s "
        "networks, as members of an ensemble: the answer is %(how)s. How good that is was not "
        "measured here, and could not be: every %(noun)s trained some of them. Each network of "
        "this page learned from fewer %(nouns)s than there are, and answered alone."
    ): (
        "<b>예측할 때는 무엇이 답하나.</b> <code>noonbit predict</code>는 신경망 "
        "%(fold_count)s개를 앙상블의 멤버로 삼아 모두에게 묻습니다. 최종 답은 %(how)s입니다. "
        "모든 %(noun)s이(가) 그 가운데 몇몇을 학습하는 데 쓰였으므로, 앙상블이 얼마나 좋은지는 "
        "재지 않았고 잴 수도 없습니다. 이 보고서의 신경망은 저마다 전체보다 적은 데이터로 배우고 "
        "혼자 답했습니다."
    ),
    "The source’s own test part was left alone, so it can measure all of them together:": (
        "원본에 따로 있던 테스트 셋은 건드리지 않았으므로, 다음 명령으로 전체를 함께 시험할 수 "
        "있습니다."
    ),
    # Members
    "Members": "멤버",
    (
        "The members and the ensemble were measured on the same %(items)s. The ensemble’s answer "
        "is %(how)s."
    ): ("멤버와 앙상블을 같은 %(items)s로 시험했습니다. 앙상블의 답은 %(how)s입니다."),
    "member": "멤버",
    "network": "신경망",
    "what sets it apart": "다른 점",
    "mean of the members": "멤버의 평균",
    "ensemble": "앙상블",
    (
        "The accuracy of each member and of the ensemble. The lines are Wilson’s intervals, each "
        "as if it stood alone; since all were asked about the same %(nouns)s, their differences "
        "are known better than that."
    ): (
        "멤버와 앙상블의 정확도입니다. 선은 저마다 따로 계산한 윌슨 구간입니다. 모두 같은 "
        "%(nouns)s(으)로 시험했으므로, 서로의 차이는 이 선보다 더 정확히 알 수 있습니다."
    ),
    (
        "What the ensemble gains: %(mean_gain)s points over the mean of its members (95 %% "
        "interval %(mean_low)s to %(mean_high)s) and %(best_gain)s over the best, member "
        "%(best)s (%(best_low)s to %(best_high)s). An interval to the right of the dashed line "
        "shows a gain that luck in which %(nouns)s were tested does not explain. Both compare "
        "answers to the same %(nouns)s: the first by resampling the %(nouns)s (a percentile "
        "bootstrap), the second by Newcombe’s interval for paired shares (1998, method 10). The "
        "best member was found by these same test %(nouns)s, which flatters it."
    ): (
        "앙상블로 얻은 것: 멤버의 평균보다 %(mean_gain)s %%p (95 %% 신뢰 구간 %(mean_low)s ~ "
        "%(mean_high)s), 가장 좋은 멤버인 %(best)s번보다 %(best_gain)s %%p (%(best_low)s ~ "
        "%(best_high)s). 구간이 점선의 오른쪽에 있으면, 어떤 %(nouns)s(으)로 시험했는지의 "
        "우연만으로는 설명할 수 없는 차이입니다. 둘 다 같은 %(nouns)s에 대한 답을 비교합니다. "
        "앞의 것은 %(nouns)s을(를) 다시 뽑아서(백분위수 부트스트랩), 뒤의 것은 짝지은 비율에 "
        "대한 뉴컴의 구간(1998, 방법 10)으로 구했습니다. 가장 좋은 멤버는 바로 이 테스트 "
        "%(nouns)s(으)로 골랐으므로 실제보다 좋게 보입니다."
    ),
    (
        "The members do not all agree on %(not_unanimous)s of the test %(nouns)s; two of them "
        "disagree on %(pairwise)s on average. Where all agree, an ensemble changes nothing: it "
        "gains from members that err on different %(nouns)s."
    ): (
        "테스트 %(nouns)s의 %(not_unanimous)s에서 멤버들의 답이 갈립니다. 두 멤버씩 비교하면 "
        "평균 %(pairwise)s에서 답이 다릅니다. 모두의 답이 같은 곳에서는 앙상블이 바꾸는 것이 "
        "없습니다. 서로 다른 %(nouns)s에서 틀리는 멤버들이 모일 때 앙상블이 좋아집니다."
    ),
    # History
    "History": "학습 과정",
    "validation loss": "검증 손실",
    "training loss": "학습 손실",
    "validation accuracy": "검증 정확도",
    "training accuracy": "학습 정확도",
    (
        "The last layer was fitted at once to the features that the published weights give, so "
        "there are no epochs to compare. On the %(nouns)s that it was fitted to, its loss is "
        "%(loss)s and its accuracy %(accuracy)s; they say nothing about new %(nouns)s."
    ): (
        "공개된 가중치가 뽑은 특징으로 마지막 층을 한 번에 학습했으므로, 견주어 볼 에포크가 "
        "없습니다. 학습한 %(nouns)s에서 손실은 %(loss)s, 정확도는 %(accuracy)s입니다. 다른 "
        "%(nouns)s에서의 값이 아닙니다."
    ),
    (
        "Loss is what training makes small (how improbable the network found the right classes); "
        "accuracy is the share named correctly. The upright line marks epoch %(epoch)s, whose "
        "weights were kept."
    ): (
        "손실은 학습하면서 줄여 나가는 값으로, 신경망이 정답의 확률을 얼마나 낮게 보았는지를 "
        "나타냅니다. 정확도는 맞힌 비율입니다. 세로선은 가중치를 남긴 %(epoch)s번째 "
        "에포크입니다."
    ),
    "Values of the first tenth of the epochs may lie outside the frame.": (
        "처음 10분의 1에 해당하는 에포크의 값은 그림 밖으로 나갈 수 있습니다."
    ),
    (
        "Training figures are means over an epoch in which the weights still changed: they can "
        "be worse than those of validation."
    ): (
        "학습 곡선의 값은 가중치가 바뀌고 있는 한 에포크 동안의 평균이라서 검증 값보다 나쁠 수 "
        "있습니다."
    ),
    (
        "So can those of %(nouns)s that were shifted or otherwise varied, as the training "
        "%(nouns)s were here."
    ): ("여기에서는 학습 %(nouns)s을(를) 옮기거나 변형했으므로 더욱 그렇습니다."),
    "The training loss was computed with smoothed targets.": (
        "학습 손실은 레이블 스무딩을 한 값입니다."
    ),
    # Speed
    "Speed": "속도",
    "%(time)s for %(networks)s networks, one’s time added to the other’s": (
        "신경망 %(networks)s개의 시간을 모두 더해 %(time)s"
    ),
    "%(time)s for %(networks)s, one’s time added to the other’s": (
        "%(networks)s의 시간을 모두 더해 %(time)s"
    ),
    "%(time)s for %(epochs)s epoch, %(speed)s %(nouns)s a second (median over the epochs)": (
        "%(epochs)s 에포크에 %(time)s, 1초에 %(nouns)s %(speed)s개(에포크별 값의 중앙값)"
    ),
    "%(time)s for %(epochs)s epochs, %(speed)s %(nouns)s a second (median over the epochs)": (
        "%(epochs)s 에포크에 %(time)s, 1초에 %(nouns)s %(speed)s개(에포크별 값의 중앙값)"
    ),
    "%(networks)s were trained side by side": "한 번에 %(networks)s개씩 나란히 학습",
    "loading the data": "데이터 읽기",
    "everything": "전체",
    "%(time)s, from opening the source to the end of this page": (
        "%(time)s, 데이터를 여는 것부터 이 보고서를 쓰기까지"
    ),
    "most memory used": "최대 메모리",
    "machine": "컴퓨터",
    "%(processor)s; %(threads)s, device %(device)s, precision %(precision)s; %(platform)s": (
        "%(processor)s; %(threads)s, 장치 %(device)s, 정밀도 %(precision)s; %(platform)s"
    ),
    "processor unknown": "알 수 없는 프로세서",
    "versions": "버전",
}
