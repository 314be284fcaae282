"""The texts of the pages on runs; `texts.TEXTS` has them too."""

from collections.abc import Mapping

RUNS_TEXTS: Mapping[str, tuple[str, str]] = {
    "page.runs": ("Runs", "실행 목록"),
    # The table
    "runs.intro": (
        "Every training that left a folder. Choose two or more to see whether one is really better "
        "than another.",
        "학습할 때마다 실행 폴더가 하나씩 남습니다. 둘 이상을 골라 어느 쪽이 정말 더 나은지 비교해 "
        "보세요.",
    ),
    "runs.search": ("Search", "찾기"),
    "runs.search_help": (
        "words of the name, the data, the network or the status",
        "이름, 데이터, 신경망, 상태에 들어 있는 말",
    ),
    "runs.shown": ("{shown} of {count} runs", "전체 {count}개 중 {shown}개"),
    "runs.no_match": ("No run has these words.", "찾는 말이 들어 있는 실행이 없습니다."),
    "runs.older": (
        "{count} more are not shown: search for them.",
        "{count}개는 표시하지 않습니다. 찾기로 좁혀 주세요.",
    ),
    "runs.sort_by": ("Sort by: {column}", "정렬: {column}"),
    "runs.actions": ("Go on", "다음 할 일"),
    "runs.choose": ("Choose", "선택"),
    "runs.choose_run": ("Compare {name}", "{name} 비교하기"),
    "runs.compare": ("Compare", "비교하기"),
    "runs.compare_none": (
        "Choose two runs or more. The first that you choose is what the others are compared with.",
        "둘 이상 고르세요. 가장 먼저 고른 것이 비교의 기준이 됩니다.",
    ),
    "runs.compare_one": (
        "{name} is chosen: the others will be compared with it.",
        "{name}을(를) 골랐습니다. 이것이 비교의 기준이 됩니다.",
    ),
    "runs.compare_some": (
        "{count} are chosen, and compared with {name}.",
        "{count}개를 골랐습니다. 기준은 {name}입니다.",
    ),
    "runs.compare_many": (
        "At most {most} are compared at once.",
        "한 번에 {most}개까지 비교할 수 있습니다.",
    ),
    "runs.not_listed": ("Not listed ({count})", "목록에 없는 것({count}개)"),
    "runs.none_yet": (
        "There is no run yet. A training leaves one.",
        "아직 실행이 없습니다. 학습하면 하나씩 생깁니다.",
    ),
    "runs.train": ("Begin a training", "학습 시작하기"),
    "runs.watch": ("Watch", "지켜보기"),
    "runs.report": ("Report", "보고서"),
    "runs.look": ("Look", "살펴보기"),
    "runs.draw": ("Draw", "그리기"),
    "runs.take_out": ("Export, serve", "내보내기·서버"),
    "runs.to_table": ("All runs", "실행 목록으로"),
    "column.name": ("Run", "실행"),
    "column.source": ("Data", "데이터"),
    "column.model": ("Network", "신경망"),
    "column.status": ("Status", "상태"),
    "column.accuracy": ("Accuracy", "정확도"),
    "column.train_seconds": ("Training time", "학습 시간"),
    "column.parameters": ("Parameters", "파라미터"),
    "column.created": ("Begun", "시작 시각"),
    "column.interval": ("95 % interval", "95 % 신뢰 구간"),
    "column.tested": ("Tested on", "테스트한 항목"),
    "runs.tested_on": ("{items} test items", "테스트 항목 {items}개"),
    "runs.tested_folds": ("{items} items in folds", "교차 검증 항목 {items}개"),
    # Side by side
    "compare.title": ("Runs side by side", "나란히 비교"),
    "compare.few": (
        "Choose two runs or more in the table, and compare them from there.",
        "목록에서 둘 이상을 골라 비교해 주세요.",
    ),
    "compare.reference": ("reference", "기준"),
    "compare.take": ("Make it the reference", "기준으로 삼기"),
    "compare.take_named": ("Make {name} the reference", "{name}을(를) 기준으로 삼기"),
    "compare.figures": ("Figures", "수치"),
    "compare.verdict": ("Is it really better?", "정말 더 나은가?"),
    "compare.verdict_help": (
        "Both answered the same test items, so their difference is known better than either "
        "accuracy: intervals that overlap above decide nothing. One is better if the 95 % interval "
        "of the difference does not hold zero.",
        "같은 테스트 항목에 답했으므로 차이는 각각의 정확도보다 더 정확히 알 수 있습니다. 위의 "
        "신뢰 구간이 겹치는지만 보고는 판단할 수 없습니다. 차이의 95 % 신뢰 구간에 0이 들어 "
        "있지 않으면 어느 한쪽이 더 나은 것입니다.",
    ),
    "compare.asking": (
        "The answers are compared item by item.",
        "항목마다 답을 비교하는 중입니다.",
    ),
    "compare.better": ("better than {reference}", "{reference}보다 나음"),
    "compare.worse": ("worse than {reference}", "{reference}보다 못함"),
    "compare.undecided": (
        "not to be told apart from {reference}",
        "{reference}과(와) 차이를 알 수 없음",
    ),
    "compare.gain": (
        "{gain} percentage points on the {items} test items that both have; 95 % interval {low} to "
        "{high}.",
        "둘이 함께 답한 테스트 항목 {items}개에서 정확도 차이는 {gain} %p이고, 95 % 신뢰 구간은 "
        "{low} ~ {high}입니다.",
    ),
    "compare.counts": (
        "Items that only this one has right: {only_other}; only the reference: {only_reference}.",
        "이쪽만 맞힌 항목 {only_other}개, 기준만 맞힌 항목 {only_reference}개.",
    ),
    "compare.p_value": ("McNemar's test: p {p}.", "맥니마 검정: p {p}."),
    "compare.groups": (
        "The interval is over {groups} groups, such as games, whose items are much alike.",
        "신뢰 구간은 서로 비슷한 항목들의 묶음(대국 등) {groups}개를 단위로 구했습니다.",
    ),
    "compare.luck": (
        "With other seeds each training comes out a little differently. This compares these "
        "networks, not the settings that made them: for that, train each several times.",
        "시드가 다르면 학습 결과도 조금씩 달라집니다. 이 비교는 이 신경망들에 대한 것이지 설정에 "
        "대한 것이 아닙니다. 설정을 비교하려면 각각 여러 번 학습해야 합니다.",
    ),
    "compare.curves": ("Curves", "곡선"),
    "compare.loss": ("Loss", "손실"),
    "compare.accuracy": ("Accuracy", "정확도"),
    "compare.curves_help": (
        "Solid: validation. Dashed: training.",
        "실선은 검증, 점선은 학습입니다.",
    ),
    "compare.curves_said": (
        "The curves of {measure} of {count} runs, by epoch.",
        "실행 {count}개의 {measure} 곡선. 가로축은 에포크입니다.",
    ),
    "compare.no_curves": (
        "An ensemble or a cross-validation has no curves of its own: {names}.",
        "앙상블과 교차 검증에는 자체 곡선이 없습니다: {names}.",
    ),
    "compare.validation": ("{name}, validation", "{name}, 검증"),
    "compare.training": ("{name}, training", "{name}, 학습"),
    "compare.settings": ("Settings that differ", "서로 다른 설정"),
    "compare.setting": ("Setting", "설정"),
    "compare.same": ("No setting differs.", "서로 다른 설정이 없습니다."),
    "topic.training": ("Training", "학습"),
    "topic.data": ("Data", "데이터"),
    "topic.input": ("Input", "입력"),
    "topic.machine": ("Machine", "컴퓨터"),
    # A run as a file, a page or a server
    "take_out.title": ("Take it out", "내보내기와 서버"),
    "take_out.untrained": (
        "{name} has no weights yet: they are there when its training has ended.",
        "{name}에는 아직 가중치가 없습니다. 학습이 끝나면 생깁니다.",
    ),
    "take_out.onnx": ("As an ONNX file", "ONNX 파일로"),
    "take_out.onnx_help": (
        "One file from bytes to probabilities, for programs in any language. It answers the test "
        "items before it is kept.",
        "바이트를 넣으면 확률이 나오는 파일 하나로, 어떤 언어의 프로그램에서도 쓸 수 있습니다. "
        "테스트 항목으로 확인한 뒤 저장합니다.",
    ),
    "take_out.page": ("As a page", "웹 페이지로"),
    "take_out.page_help": (
        "One HTML file on which anybody can draw to the network, without installing anything and "
        "without the internet.",
        "HTML 파일 하나로, 설치나 인터넷 없이 누구나 그림을 그려 이 신경망에 물어볼 수 있습니다.",
    ),
    "take_out.make": ("Make the file", "파일 만들기"),
    "take_out.make_onnx": ("Make the ONNX file", "ONNX 파일 만들기"),
    "take_out.make_page": ("Make the page", "페이지 만들기"),
    "take_out.making": (
        "It is made, and compared with the run. This takes some seconds.",
        "파일을 만들어 실행과 비교하는 중입니다. 몇 초 걸립니다.",
    ),
    "take_out.download": ("Download {file} ({size})", "{file} 내려받기({size})"),
    "take_out.serve": ("As a server", "서버로"),
    "take_out.serve_help": (
        "Programs on this computer ask it over HTTP. It ends with the studio, or when you stop it.",
        "이 컴퓨터의 프로그램이 HTTP로 물어볼 수 있습니다. 스튜디오를 끝내거나 여기서 멈추면 "
        "끝납니다.",
    ),
    "take_out.start": ("Start the server", "서버 시작"),
    "take_out.starting": (
        "The server starts. The first time, the run is exported for it.",
        "서버를 시작하는 중입니다. 처음에는 내보내기부터 합니다.",
    ),
    "take_out.serves": ("It answers at {url}", "{url}에서 답합니다"),
    "take_out.documentation": ("What it can be asked", "물어볼 수 있는 것"),
    "take_out.ask": ("Ask it from a terminal:", "터미널에서 물어보려면:"),
    "take_out.stop": ("Stop the server", "서버 멈추기"),
    "take_out.ended": ("The server has ended.", "서버가 끝났습니다."),
}
