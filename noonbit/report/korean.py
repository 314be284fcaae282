"""Every text of the report in Korean, by its English.

Written for a reader who learns: short sentences, and the terms of Korean courses. Values stand as
`%(name)s`; a particle that depends on one is written as `은(는)` and chosen by noonbit/language.py.
"""

from collections.abc import Mapping

KOREAN: Mapping[str, str] = {
    # The page
    "%(low)s to %(high)s": "%(low)s ~ %(high)s",
    "%(network)s on %(source)s: %(accuracy)s": "%(source)s – %(network)s: %(accuracy)s",
    "Report of an ensemble": "앙상블 보고서",
    "Report of a cross-validation": "교차 검증 보고서",
    "Report of a training": "학습 보고서",
    "<b>%(network)s</b> on <b><bdi>%(source)s</bdi></b>": (
        "<b><bdi>%(source)s</bdi></b> 데이터로 학습한 <b>%(network)s</b>"
    ),
    (
        "of %(items)s in which the move that was played is its first choice: %(right)s right, "
        "%(missed)s wrong."
    ): (
        "%(items)s에서 실제로 둔 수를 첫 번째로 꼽은 비율입니다. %(right)s개는 맞았고 "
        "%(missed)s개는 틀렸습니다."
    ),
    "of %(items)s named correctly: %(right)s right, %(missed)s wrong.": (
        "%(items)s로 시험했습니다. %(right)s개는 맞았고 %(missed)s개는 틀렸습니다."
    ),
    (
        "<b>95 %% interval %(low)s to %(high)s</b> (over %(games)s games, since the positions of "
        "one are much alike): how far luck in which games were tested can move the figure."
    ): (
        "<b>95 %% 신뢰 구간 %(low)s ~ %(high)s</b> (한 기보의 국면은 서로 비슷하므로 기보 "
        "%(games)s개를 단위로 계산): 어떤 기보로 시험했는지에 따라 정확도가 이만큼 달라질 수 "
        "있습니다."
    ),
    (
        "<b>95 %% interval %(low)s to %(high)s</b> (Wilson’s): how far luck in which %(nouns)s "
        "were tested can move the figure."
    ): (
        "<b>95 %% 신뢰 구간 %(low)s ~ %(high)s</b> (윌슨 구간): 어떤 %(nouns)s(으)로 "
        "시험했는지에 따라 정확도가 이만큼 달라질 수 있습니다."
    ),
    (
        "Always answering the most frequent class would reach %(share)s, which is not below the "
        "interval, so these %(nouns)s do not show that anything was learned."
    ): (
        "가장 많은 클래스로만 답해도 %(share)s입니다. 이 값이 구간보다 낮지 않으므로, 이 "
        "%(nouns)s만으로는 무언가를 배웠다고 말할 수 없습니다."
    ),
    "Always answering the most frequent class would reach %(share)s.": (
        "가장 많은 클래스로만 답하면 %(share)s입니다."
    ),
    "Measured on": "시험한 데이터",
    (
        "%(reason)s. Each was named by the one network that neither learned from it nor was "
        "chosen by it."
    ): (
        "%(reason)s. 항목마다, 그 항목을 학습에도 가중치를 고르는 데에도 쓰지 않은 신경망 하나가 "
        "예측했습니다."
    ),
    "the test split: %(reason)s. It was not trained on, nor used to choose anything.": (
        "테스트 셋: %(reason)s. 학습에도, 무엇을 고르는 데에도 쓰지 않았습니다."
    ),
    "Folds": "폴드",
    (
        "a mean of %(mean)s over %(folds_counted)s folds, with a standard deviation of "
        "%(deviation)s points, from %(lowest)s to %(highest)s."
    ): (
        "폴드 %(folds_counted)s개의 평균 %(mean)s, 표준 편차 %(deviation)s %%p, 최저 %(lowest)s, "
        "최고 %(highest)s."
    ),
    "Combined": "합친 방법",
    (
        "from %(networks)s networks: the answer is %(how)s. They reach %(mean)s on average, the "
        "best of them %(best)s."
    ): (
        "신경망 %(networks)s개의 답을 합쳤습니다. 최종 답은 %(how)s입니다. 하나씩 보면 평균 "
        "%(mean)s, 가장 좋은 것은 %(best)s입니다."
    ),
    "Weights kept": "남긴 가중치",
    "those of the last epoch, %(epoch)s: nothing was chosen. Validation split: %(reason)s.": (
        "마지막 에포크(%(epoch)s)의 가중치입니다. 아무것도 고르지 않았습니다. 검증 셋: %(reason)s."
    ),
    (
        "those of the last step: the time budget was shorter than an epoch and too short to "
        "validate, so nothing was chosen."
    ): (
        "마지막 스텝의 가중치입니다. 시간 예산이 한 에포크보다 짧아 검증할 시간이 없었으므로 "
        "아무것도 고르지 않았습니다."
    ),
    "Weights chosen by": "가중치를 고른 기준",
    (
        "the %(metric)s on the validation split: %(reason)s. Epoch %(best)s of %(epochs)s was "
        "best, with an accuracy of %(accuracy)s."
    ): (
        "검증 셋의 %(metric)s: %(reason)s. %(epochs)s 에포크 가운데 %(best)s번째가 가장 좋았고, "
        "그때의 정확도는 %(accuracy)s입니다."
    ),
    "loss": "손실",
    "accuracy": "정확도",
    "Trained": "학습",
    (
        "in %(time)s, one network’s time added to the other’s; the first one on %(items)s of the "
        "other folds, while %(validation)s more of them chose its weights."
    ): (
        "모두 합쳐 %(time)s. 첫 번째 신경망은 다른 폴드의 %(items)s로 학습했고, 그 밖의 "
        "%(validation)s개로 가중치를 골랐습니다."
    ),
    (
        "in %(time)s, one network’s time added to the other’s; the first one on %(items)s of the "
        "other folds."
    ): ("모두 합쳐 %(time)s. 첫 번째 신경망은 다른 폴드의 %(items)s로 학습했습니다."),
    (
        "in %(time)s, one member’s time added to the other’s, on %(items)s, of which each member "
        "left some out to choose its weights."
    ): ("모두 합쳐 %(time)s, %(items)s로 학습. 멤버마다 그 일부를 남겨 두고 가중치를 골랐습니다."),
    "in %(time)s, one member’s time added to the other’s, on %(items)s.": (
        "모두 합쳐 %(time)s, %(items)s로 학습."
    ),
    "in %(time)s on %(items)s, with seed %(seed)s.": (
        "%(time)s, %(items)s로 학습. 시드는 %(seed)s입니다."
    ),
    "Parts of this report": "이 보고서의 차례",
    # Data
    "Data": "데이터",
    (
        "%(items)s of %(classes)s classes from <code>%(source)s</code>, read as %(format)s. "
        "Every %(noun)s is brought to %(shape)s before the network sees it."
    ): (
        "<code>%(source)s</code>의 %(items)s, 클래스 %(classes)s개입니다(형식: %(format)s). "
        "신경망에 넣기 전에 모든 %(noun)s을(를) 다음에 맞춥니다: %(shape)s."
    ),
    "Augmentation": "데이터 증강",
    (
        "%(train)s positions train, %(validation)s choose the best weights, and %(test)s "
        "measure: %(validation_reason)s; %(test_reason)s."
    ): (
        "국면 %(train)s개로 학습하고, %(validation)s개로 가장 좋은 가중치를 고르고, %(test)s개로 "
        "시험했습니다: %(validation_reason)s; %(test_reason)s."
    ),
    "class": "클래스",
    "training": "학습",
    "validation": "검증",
    "test": "테스트",
    "all": "전체",
    "%(capital_nouns)s of each class.": "클래스별 %(capital_nouns)s 수.",
    "%(capital_nouns)s of each class in the three splits.": (
        "클래스별 %(capital_nouns)s 수. 학습, 검증, 테스트 셋으로 나누었습니다."
    ),
    "The %(shown)s largest of %(classes)s classes are shown.": (
        "클래스 %(classes)s개 가운데 큰 것부터 %(shown)s개를 표시합니다."
    ),
    "Every fold has its share of each class, and what belongs together is in one fold.": (
        "폴드마다 모든 클래스가 고르게 들어 있고, 함께 있어야 할 것은 한 폴드에 들어 있습니다."
    ),
    (
        "The network learns from <em>training</em>, its best weights are chosen by "
        "<em>validation</em>, and the figures of this page are measured on <em>test</em>."
    ): (
        "신경망은 <em>학습 셋</em>으로 배우고, <em>검증 셋</em>으로 가장 좋은 가중치를 고르며, "
        "이 보고서의 숫자는 <em>테스트 셋</em>으로 잰 것입니다."
    ),
    "Training %(nouns)s as they were found, taken evenly over the training split.": (
        "학습 %(nouns)s 원본입니다. 학습 셋 전체에서 고르게 뽑았습니다."
    ),
    "Training %(nouns)s as the network sees them, taken evenly over the training split.": (
        "신경망이 보는 그대로의 학습 %(nouns)s입니다. 학습 셋 전체에서 고르게 뽑았습니다."
    ),
    "The first %(shown)s classes are shown.": "처음 클래스 %(shown)s개를 표시합니다.",
    "%(items)s left out, since it could not be read.": "%(items)s는 읽을 수 없어서 뺐습니다.",
    "%(items)s left out, since they could not be read.": "%(items)s는 읽을 수 없어서 뺐습니다.",
    "and %(more)s more: run.json names all of them.": (
        "그 밖에 %(more)s개가 더 있습니다. run.json에 모두 적혀 있습니다."
    ),
    # Network
    "Network": "신경망",
    (
        "<b>%(network)s</b> has %(parameters)s parameters in all members together (numbers that "
        "training adjusts) and does %(multiply_adds)s multiply-adds for one %(noun)s "
        "(multiplications, each with an addition: the work of one prediction)."
    ): (
        "<b>%(network)s</b>의 모든 멤버를 더하면 파라미터(학습으로 정해지는 수)가 "
        "%(parameters)s개이고, %(noun)s 하나를 예측할 때 곱셈-덧셈을 %(multiply_adds)s번 합니다."
    ),
    (
        "<b>%(network)s</b> has %(parameters)s parameters in all networks together (numbers that "
        "training adjusts) and does %(multiply_adds)s multiply-adds for one %(noun)s "
        "(multiplications, each with an addition: the work of one prediction)."
    ): (
        "<b>%(network)s</b>의 모든 신경망을 더하면 파라미터(학습으로 정해지는 수)가 "
        "%(parameters)s개이고, %(noun)s 하나를 예측할 때 곱셈-덧셈을 %(multiply_adds)s번 합니다."
    ),
    (
        "<b>%(network)s</b> has %(parameters)s parameters (numbers that training adjusts) and "
        "does %(multiply_adds)s multiply-adds for one %(noun)s (multiplications, each with an "
        "addition: the work of one prediction)."
    ): (
        "<b>%(network)s</b>에는 파라미터(학습으로 정해지는 수)가 %(parameters)s개 있고, %(noun)s "
        "하나를 예측할 때 곱셈-덧셈을 %(multiply_adds)s번 합니다."
    ),
    "layer": "층",
    "kind": "종류",
    "output": "출력",
    "parameters": "파라미터",
    "multiply-adds": "곱셈-덧셈",
    "The layers in the order in which %(one)s passes them. Output is %(axes)s.": (
        "%(one)s이(가) 지나가는 차례대로 적은 층입니다. 출력은 %(axes)s입니다."
    ),
    "The first %(shown)s of %(layer_count)s layers are shown.": (
        "층 %(layer_count)s개 가운데 처음 %(shown)s개를 표시합니다."
    ),
    "%(statistics)s running means and variances of batch norm are learned besides.": (
        "배치 정규화의 이동 평균과 분산 %(statistics)s개는 따로 구합니다."
    ),
    "The layers of every fold’s network are printed by": (
        "폴드마다 쓴 신경망의 층은 다음 명령으로 볼 수 있습니다."
    ),
    "The layers of every member are printed by": "멤버의 층은 다음 명령으로 볼 수 있습니다.",
    "The layers of each kind of member are printed by": (
        "멤버 종류마다 층은 다음 명령으로 볼 수 있습니다."
    ),
    (
        "The network was given as a Python object, which a run folder cannot keep, so its layers "
        "are not listed here."
    ): (
        "이 신경망은 파이썬 객체로 받은 것이라 실행 폴더에 담을 수 없으므로, 층을 적지 않았습니다."
    ),
    # Settings
    "Settings": "설정",
    "before step": "이 스텝 전에",
    "epochs over": "지난 에포크",
    "setting": "설정",
    "changed to": "바꾼 값",
    "What somebody changed while the network trained.": "학습하는 동안 사람이 바꾼 설정입니다.",
    "The first %(shown)s of %(change_count)s; all are in <code>changes.csv</code>.": (
        "%(change_count)s개 가운데 처음 %(shown)s개입니다. 전체는 <code>changes.csv</code>에 "
        "있습니다."
    ),
    "A learning rate holds from its step on, and falls as the planned one falls from there.": (
        "바꾼 학습률은 그 스텝부터 적용되고, 원래 계획과 같은 모양으로 줄어듭니다."
    ),
    "Stated for this training, other than the defaults:": "기본값과 다르게 직접 정한 설정:",
    "Nothing was stated other than the defaults.": "모든 설정이 기본값입니다.",
    "value": "값",
    "why": "이유",
    (
        "Settings that were derived from the data and the network. <code>recipe.toml</code> in "
        "the run folder has all of them."
    ): (
        "데이터와 신경망에 맞게 자동으로 정한 설정입니다. 전체 설정은 실행 폴더의 "
        "<code>recipe.toml</code>에 있습니다."
    ),
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
        "<b>예측할 때는 누가 답하는가.</b> <code>noonbit predict</code>는 신경망 "
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
        "Networks trained by the same recipe on more and more of the training %(nouns)s, all "
        "measured on the same %(items)s."
    ): (
        "학습용 %(nouns)s을(를) 점점 더 많이 써서 같은 설정으로 학습한 신경망들입니다. 모두 같은 "
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
    # Speed
    "Speed": "속도",
    "%(time)s for %(networks)s networks, one’s time added to the other’s": (
        "신경망 %(networks)s개를 모두 합쳐 %(time)s"
    ),
    "%(time)s for %(networks)s, one’s time added to the other’s": (
        "%(networks)s를 모두 합쳐 %(time)s"
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
    # Repeat
    "Repeat": "다시 해 보기",
    (
        "The network was a Python object. Give an equal one to <code>noonbit.train(source, "
        "model=...)</code>, with the settings of this file:"
    ): (
        "이 신경망은 파이썬 객체였습니다. 똑같은 객체를 <code>noonbit.train(source, "
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
    "Reliability: %(bins)s.": "신뢰도 그림: %(bins)s.",
    "Gain %(gains)s.": "앙상블로 얻은 것: %(gains)s.",
    "epoch": "에포크",
    "probability that the network stated": "신경망이 말한 확률",
    "stated %(confidence)s, right %(accuracy)s": "말한 확률 %(confidence)s, 맞은 비율 %(accuracy)s",
    "%(comparison)s: %(gain)s, 95 %% interval %(low)s to %(high)s": (
        "%(comparison)s: %(gain)s, 95 %% 신뢰 구간 %(low)s ~ %(high)s"
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
