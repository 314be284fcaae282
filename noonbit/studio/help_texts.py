"""A plain sentence for each technical word of a form; `texts.TEXTS` has them too."""

from collections.abc import Mapping

HELP_TEXTS: Mapping[str, tuple[str, str]] = {
    "help.of": ("What does this mean? {term}", "무슨 뜻인가요? {term}"),
    # Settings of a training
    "help.network": (
        "The network is a row of layers that turns an input into a probability for each class. "
        "Large ones learn more and take longer.",
        "신경망은 여러 층을 거쳐 입력을 클래스별 확률로 바꿉니다. 클수록 더 많이 배우지만 오래 "
        "걸립니다.",
    ),
    "help.epochs": (
        "In one epoch the network sees every training item once. With more epochs it learns "
        "longer; with too many it learns the training items by heart.",
        "에포크 한 번은 모든 학습 데이터를 한 번씩 보는 것입니다. 늘리면 더 오래 배우고, 너무 "
        "늘리면 학습 데이터를 외워 버립니다.",
    ),
    "help.batch_size": (
        "How many items the network looks at before its weights are corrected once. Large batches "
        "are steadier, small ones correct more often.",
        "가중치를 한 번 고칠 때까지 보는 데이터의 개수입니다. 크면 안정적이고, 작으면 더 자주 "
        "고칩니다.",
    ),
    "help.learning_rate": (
        "How far the weights move at each correction. Too small, and the network learns slowly; "
        "too large, and it overshoots and may not learn at all.",
        "가중치를 한 번 고칠 때 움직이는 정도입니다. 너무 작으면 느리게 배우고, 너무 크면 목표를 "
        "지나쳐 아예 배우지 못할 수 있습니다.",
    ),
    "help.optimizer": (
        "The rule by which the weights are corrected. SGD follows the gradient as it is; Adam and "
        "others also choose how far each weight moves.",
        "가중치를 고치는 규칙입니다. SGD는 기울기를 그대로 따르고, Adam 등은 가중치마다 얼마나 "
        "움직일지도 정합니다.",
    ),
    "help.momentum": (
        "How much of the last correction goes on into the next one, like a ball that keeps "
        "rolling: 0.9 is usual.",
        "지난번에 고친 방향을 다음에도 이어 가는 정도입니다. 굴러가던 공이 계속 구르는 것과 "
        "같습니다. 보통 0.9를 씁니다.",
    ),
    "help.weight_decay": (
        "At every step all weights are drawn a little towards zero, so that none grows without "
        "need. It works against overfitting.",
        "스텝마다 모든 가중치를 조금씩 0 쪽으로 당겨서 쓸데없이 커지지 않게 합니다. 과적합을 "
        "줄입니다.",
    ),
    "help.augment": (
        "Every time a training picture is shown, it is changed a little, such as shifted or "
        "turned, so that few pictures teach more. Test pictures stay as they are.",
        "학습 이미지를 보여 줄 때마다 조금씩 옮기거나 돌려서, 적은 이미지로 더 많이 배우게 합니다. "
        "테스트 이미지는 그대로 둡니다.",
    ),
    # What a network costs
    "help.parameters": (
        "The numbers that the network learns, its weights.",
        "신경망이 배우는 숫자, 곧 가중치의 개수입니다.",
    ),
    "help.multiply_adds": (
        "How often two numbers are multiplied and added to answer one input: what an answer costs.",
        "입력 하나에 답할 때 두 수를 곱해서 더하는 횟수입니다. 답하는 데 드는 계산량을 뜻합니다.",
    ),
    # Layers
    "help.kind.conv": (
        "Small filters slide over the picture. Each looks for one pattern, and where it finds it "
        "becomes a map.",
        "작은 필터가 그림 위를 움직입니다. 필터마다 무늬 하나를 찾고, 그 무늬가 있는 자리를 특징 "
        "맵에 나타냅니다.",
    ),
    "help.kind.pool": (
        "Keeps one number of each small window, so that the maps shrink and small shifts matter "
        "less.",
        "작은 창마다 숫자 하나만 남깁니다. 특징 맵이 작아지고, 조금 움직여도 결과가 덜 바뀝니다.",
    ),
    "help.kind.global_pool": (
        "Makes one number of each whole map.",
        "특징 맵 하나를 통째로 숫자 하나로 만듭니다.",
    ),
    "help.kind.norm": (
        "Brings the numbers of each map to one scale over the batch, so that training is faster "
        "and steadier.",
        "배치 전체에서 특징 맵마다 숫자의 크기를 고르게 맞춥니다. 학습이 더 빠르고 안정됩니다.",
    ),
    "help.kind.relu": (
        "Lets positive numbers through and makes 0 of negative ones. Without it, many layers in a "
        "row could do no more than one.",
        "양수는 그대로 보내고 음수는 0으로 만듭니다. 이것이 없으면 층을 아무리 쌓아도 한 층과 "
        "같습니다.",
    ),
    "help.kind.dropout": (
        "In training, a random share of the numbers is left out at every step, so that the "
        "network relies on none alone. It works against overfitting.",
        "학습할 때 스텝마다 숫자의 일부를 무작위로 빼서, 어느 하나에만 기대지 않게 합니다. "
        "과적합을 줄입니다.",
    ),
    "help.kind.flatten": (
        "Lays the maps out as one row of numbers, which a dense layer takes.",
        "특징 맵을 한 줄의 숫자로 펼쳐 밀집층(완전 연결 층)에 넣습니다.",
    ),
    "help.kind.dense": (
        "Each of its units is connected with every number that comes in.",
        "유닛마다 들어오는 모든 숫자와 연결됩니다.",
    ),
    "help.field.filters": (
        "how many patterns are looked for, and so how many maps come out.",
        "찾는 무늬의 수이며, 나오는 특징 맵의 수와 같습니다.",
    ),
    "help.field.size": (
        "how many pixels wide and high the window is.",
        "창의 가로와 세로 픽셀 수입니다.",
    ),
    "help.field.stride": (
        "how many pixels the window moves at a time; with 2 the maps become half as wide.",
        "창이 한 번에 움직이는 픽셀 수입니다. 2이면 특징 맵의 폭이 절반이 됩니다.",
    ),
    "help.field.padding": (
        "zeros around the picture, so that the maps do not shrink and its edge counts too.",
        "둘레에 붙이는 0입니다. 특징 맵이 줄지 않고 가장자리도 고르게 봅니다.",
    ),
    "help.field.how": (
        "which number stays: the largest of the window, or the mean.",
        "남길 숫자입니다. 창에서 가장 큰 값이나 평균입니다.",
    ),
    "help.field.rate": (
        "the share that is left out; 0.5 is half.",
        "빼는 비율입니다. 0.5이면 절반입니다.",
    ),
    "help.field.units": (
        "how many numbers come out.",
        "나오는 숫자의 개수입니다.",
    ),
}
