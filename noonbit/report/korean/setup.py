"""The report in Korean: the head of the report: what was trained on what, and how."""

from collections.abc import Mapping

SETUP: Mapping[str, str] = {
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
    "Weights": "가중치",
    (
        "published weights with a new last layer, fitted in one step; there were no epochs to "
        "choose from."
    ): ("공개된 가중치에, 한 번에 학습한 마지막 층을 얹었습니다. 에포크는 고르지 않았습니다."),
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
        "시간을 모두 더해 %(time)s. 첫 번째 신경망은 다른 폴드의 %(items)s로 학습했고, 그 밖의 "
        "%(validation)s개로 가중치를 골랐습니다."
    ),
    (
        "in %(time)s, one network’s time added to the other’s; the first one on %(items)s of the "
        "other folds."
    ): ("시간을 모두 더해 %(time)s. 첫 번째 신경망은 다른 폴드의 %(items)s로 학습했습니다."),
    (
        "in %(time)s, one member’s time added to the other’s, on %(items)s, of which each member "
        "left some out to choose its weights."
    ): (
        "시간을 모두 더해 %(time)s, %(items)s로 학습. 멤버마다 그 일부를 남겨 두고 가중치를 "
        "골랐습니다."
    ),
    "in %(time)s, one member’s time added to the other’s, on %(items)s.": (
        "시간을 모두 더해 %(time)s, %(items)s로 학습."
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
        "폴드마다 클래스 비율이 같고, 함께 있어야 할 것은 한 폴드에 모여 있습니다."
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
    "The first %(shown)s classes are shown.": "처음 %(shown)s개 클래스를 표시합니다.",
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
        "배치 정규화의 이동 평균과 이동 분산 %(statistics)s개는 따로 구합니다."
    ),
    "The layers of every fold’s network are printed by": (
        "폴드마다 쓴 신경망의 층은 다음 명령으로 볼 수 있습니다."
    ),
    "The layers of every member are printed by": "모든 멤버의 층은 다음 명령으로 볼 수 있습니다.",
    "The layers of each kind of member are printed by": (
        "멤버 종류별 층은 다음 명령으로 볼 수 있습니다."
    ),
    (
        "The network was given as a Python object, which a run folder cannot keep, so its layers "
        "are not listed here."
    ): (
        "이 신경망은 Python 객체로 받은 것이라 실행 폴더에 담을 수 없으므로, 층을 적지 않았습니다."
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
    (
        "Stated for this training, or brought by its published weights, other than the defaults:"
    ): "기본값과 다르게 직접 정했거나, 공개된 가중치 때문에 정해진 설정:",
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
}
