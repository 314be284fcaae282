"""The texts of the pages that are drawn to; `texts.TEXTS` has them too."""

from collections.abc import Mapping

DRAW_TEXTS: Mapping[str, tuple[str, str]] = {
    "draw.choose": (
        "Choose a trained network, and draw, open or type what it shall answer.",
        "학습된 신경망을 고른 뒤, 그림을 그리거나 파일을 열거나 글을 입력해서 예측해 보세요.",
    ),
    "draw.none": (
        "No network is trained yet.",
        "아직 학습된 신경망이 없습니다.",
    ),
    "draw.train_first": ("Train one first", "먼저 학습하기"),
    "draw.to": ("Try the network of {source}", "{source} 신경망에 입력해 보기"),
    "draw.others": ("Other networks", "다른 신경망"),
    "draw.making": (
        "The network is taken out of its run, and compared with it on test items. This takes some "
        "seconds, once.",
        "신경망을 내보내고 테스트 항목으로 확인하는 중입니다. 처음 한 번만 몇 초 걸립니다.",
    ),
}
