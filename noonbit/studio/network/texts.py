"""The texts of the page on which networks are compared and built; `texts.TEXTS` has them too."""

from collections.abc import Mapping

from noonbit.models.layer_table import REASONS

KOREAN_REASONS: Mapping[str, str] = {
    "conv_window": "입력이 {input}인데 {sum}은(는) 1보다 작습니다. padding을 same으로 바꾸거나, "
    "크기를 줄이거나, 풀링을 줄여 주세요",
    "pool_window": "입력이 {input}인데 {sum}은(는) 1보다 작습니다. 크기를 줄이거나 풀링을 "
    "줄여 주세요",
    "uneven_padding": "padding이 same이면 {side}픽셀의 앞에 0을 {before}개, 뒤에 {after}개 붙여야 "
    "하지만 층은 양쪽에 똑같이 붙입니다. padding을 {after}(으)로 하면 출력은 {output}입니다",
    "needs_maps": "입력이 한 줄로 된 숫자 {input}개인데 이 층에는 특징 맵이 필요합니다. 플래튼 "
    "앞으로 옮겨 주세요",
    "needs_row": "입력이 {input} 특징 맵인데 이 층에는 한 줄로 된 숫자가 필요합니다. 앞에 플래튼을 "
    "넣어 주세요",
    "parameters": "이 층까지 파라미터가 {count}개인데 {most}개까지만 학습합니다. 필터나 유닛을 "
    "줄이거나 플래튼 앞에서 풀링해 주세요",
    "values": "이 층까지 이미지 하나의 출력이 {count}개인데 {most}개까지만 학습합니다. 필터를 "
    "줄이거나, 스트라이드를 늘리거나, 더 일찍 풀링해 주세요",
    "multiply_adds": "이 층까지 이미지 하나에 곱셈-덧셈이 {count}번인데 {most}번까지만 학습합니다. "
    "필터를 줄이거나, 스트라이드를 늘리거나, 더 일찍 풀링해 주세요",
}
"""`REASONS` of the engine in Korean."""

NETWORK_TEXTS: Mapping[str, tuple[str, str]] = {
    "network.data": ("Data", "데이터"),
    "network.counting": (
        "The data are opened, and each network is counted for them. This takes some seconds, "
        "once; until then the sizes below are those of 28x28 pixels.",
        "데이터를 열고 신경망마다 비용을 계산하는 중입니다. 처음 한 번만 몇 초 걸리며, 그동안 "
        "아래의 크기는 28x28 픽셀 기준입니다.",
    ),
    "network.for": (
        "For {train} training items of {size} in {classes} classes; the times are a forecast for "
        "this computer, within a factor of 2 while it does nothing else.",
        "학습 항목 {train}개, 크기 {size}, 클래스 {classes}개 기준입니다. 시간은 이 컴퓨터가 다른 "
        "일을 하지 않을 때의 예상이며, 실제와 2배까지 차이가 날 수 있습니다.",
    ),
    "network.build": ("Build a network", "신경망 만들기"),
    "network.build_help": (
        "The image goes through the layers from top to bottom. What is dashed follows by itself: "
        "in the end, a unit for each class.",
        "이미지는 위에서 아래로 층을 차례로 지나갑니다. 점선으로 그린 층은 자동으로 붙으며, 마지막 "
        "층에는 클래스마다 유닛이 하나씩 있습니다.",
    ),
    "network.saved_ones": ("Saved networks:", "저장한 신경망:"),
    "network.typing": (
        "A number is missing.",
        "숫자를 입력해 주세요.",
    ),
    "network.no_build": (
        "Layers in a row are for pictures and boards; these data are sentences.",
        "층을 쌓아 만드는 신경망은 이미지와 바둑 국면용인데, 이 데이터는 문장입니다.",
    ),
    "network.catalogue": ("Ready-made networks", "준비된 신경망"),
    "network.parameters": ("Parameters", "파라미터"),
    "network.multiply_adds": ("Multiply-adds", "곱셈-덧셈"),
    "network.epoch": ("An epoch", "한 에포크"),
    "network.training": ("Training ({epochs} epochs)", "학습({epochs} 에포크)"),
    "network.planned": ("Training", "학습"),
    "network.train": ("Set up its training", "학습 설정하기"),
    "network.train_named": ("Train {name}", "{name} 학습하기"),
    "network.layers": ("Layers", "층 보기"),
    "network.layers_of": ("Layers of {name}", "{name}의 층"),
    "network.close": ("Close", "닫기"),
    "network.layer": ("Layer", "층"),
    "network.output": ("Output", "출력"),
    "network.add": ("Add a layer at the end", "끝에 층 추가"),
    "network.up": ("Move layer {number} up", "{number}번 층을 위로"),
    "network.down": ("Move layer {number} down", "{number}번 층을 아래로"),
    "network.remove": ("Remove layer {number}", "{number}번 층 빼기"),
    "network.input": ("Input: {shape}", "입력: {shape}"),
    "network.added": ("follows by itself", "자동으로 붙음"),
    "network.waits": (
        "The layer above has to fit first.",
        "위의 층부터 맞춰야 합니다.",
    ),
    "network.misfit": (
        "Layer {number} does not fit: {reason}",
        "{number}번 층이 맞지 않습니다: {reason}",
    ),
    "network.rounded": ("rounded down", "소수점 아래 버림"),
    "network.parameters_are": ("{formula} parameters", "파라미터 {formula}개"),
    "network.multiply_adds_are": ("{count} multiply-adds", "곱셈-덧셈 {count}번"),
    "network.unknown_time": ("known with the data", "데이터를 연 뒤에 표시"),
    "network.name": ("Name", "이름"),
    "network.first_name": ("my-network", "내-신경망"),
    "network.save": ("Save as TOML", "TOML로 저장"),
    "network.saved": ("Saved: {path}", "저장했습니다: {path}"),
    "network.file": ("The file", "파일 내용"),
    "kind.conv": ("Convolution", "합성곱"),
    "kind.pool": ("Pool", "풀링"),
    "kind.global_pool": ("Global pool", "전역 풀링"),
    "kind.norm": ("Batch norm", "배치 정규화"),
    "kind.relu": ("ReLU", "ReLU 활성화"),
    "kind.dropout": ("Dropout", "드롭아웃"),
    "kind.flatten": ("Flatten", "플래튼"),
    "kind.dense": ("Dense", "밀집층"),
    "field.filters": ("Filters", "필터 수"),
    "field.size": ("Size", "크기"),
    "field.stride": ("Stride", "스트라이드"),
    "field.padding": ("Padding", "패딩"),
    "field.how": ("How", "방법"),
    "field.rate": ("Rate", "비율"),
    "field.units": ("Units", "유닛 수"),
    "value.valid": ("none", "없음"),
    "value.same": ("same size", "같은 크기"),
    "value.as_size": ("as the size", "크기와 같음"),
    "value.max": ("largest", "최댓값"),
    "value.average": ("mean", "평균"),
    "time.seconds": ("{count} s", "{count}초"),
    "time.minutes": ("{count} min", "{count}분"),
    "time.hours": ("{count} h", "{count}시간"),
    **{
        f"misfit.{name}": (f"{english}.", f"{KOREAN_REASONS[name]}.")
        for name, english in REASONS.items()
    },
}
