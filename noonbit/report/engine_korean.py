"""What the engine says most often in Korean: of splits, inputs and settings, in korean/ of data.

The engine words reasons, findings and refusals in English, as the command line prints them. Reports
and the studio show them in Korean where they have one of these forms, and otherwise as they are.
"""

import re
from collections.abc import Mapping
from functools import cache

from noonbit.language import choose_particles
from noonbit.report.korean.findings import FINDINGS
from noonbit.report.korean.refusals import REFUSALS
from noonbit.report.korean.titles import TITLES

VALUE = "{}"
"""Stands for any value; where the order is another one in Korean, `{0}` is the first there."""
SENTENCES: tuple[tuple[str, str], ...] = (
    # What gives classes away
    ("The {} alone tells the class of {} of {} pictures (the largest class has {}), so a network "
     "may learn that in place of what they show.",
     "{0} 하나만 보고도 사진 {2}장 가운데 {1}의 클래스를 맞힙니다(늘 가장 많은 클래스로 답하면 "
     "{3}). 신경망이 사진의 내용 대신 이것을 배울 수 있습니다."),
    # What a training began with
    ("Began with published weights of {} ({} tensors) from {}, licence {}, SHA-256 {}.",
     "{}의 공개된 가중치(텐서 {}개)에서 시작했습니다. 있던 곳: {}, 라이선스: {}, SHA-256: {}."),
    ("The last layer is a logistic regression on their {} features, with a penalty of {} that "
     "cross-validation on the training items chose; there it had {} right. From nothing, {} had {} "
     "of as many test items right.",
     "마지막 층은 그 특징 {}개로 한 로지스틱 회귀입니다. 규제의 세기 {}은(는) 학습 항목의 교차 "
     "검증으로 골랐고, 그때의 정확도는 {}입니다. 처음부터 학습한 {}의 정확도는, 같은 수의 테스트 "
     "항목에서 {}였습니다."),
    ("The last layer is a logistic regression on their {} features, with a penalty of {} that "
     "cross-validation on the training items chose; there it had {} right.",
     "마지막 층은 그 특징 {}개로 한 로지스틱 회귀입니다. 규제의 세기 {}은(는) 학습 항목의 교차 "
     "검증으로 골랐고, 그때의 정확도는 {}입니다."),
    # What too few test items tell
    ("The interval of the accuracy is {} points wide, too wide to tell much: {} are few. About {} "
     "would bring it to {} points.",
     "정확도의 신뢰 구간이 {} %p로 너무 넓어서 알 수 있는 것이 적습니다. {}로는 모자라고, "
     "{}개쯤이면 {} %p로 줄어듭니다."),
    ("The interval of the accuracy is {} points wide, too wide to tell much: {} are few. About {} "
     "would bring it to {} points, and --folds 5 tests every {}.",
     "정확도의 신뢰 구간이 {} %p로 너무 넓어서 알 수 있는 것이 적습니다. {}로는 모자라고, "
     "{}개쯤이면 {} %p로 줄어듭니다. --folds 5를 쓰면 모든 {}을(를) 시험합니다."),
    # What more items would bring
    ("The second half of the training {}s brought {} points (95 % interval {} to {}); twice the "
     "{}s would bring about {} points.",
     "학습 {}의 나머지 절반을 더하니 정확도가 {} %p 높아졌습니다(95 % 신뢰 구간 {} ~ {}). {}을(를) "
     "두 배로 늘리면 {} %p쯤 더 높아질 것입니다."),
    ("The second half of the training {}s brought {} points (95 % interval {} to {}), which may be "
     "luck: these test {}s cannot tell whether more would help.",
     "학습 {}의 나머지 절반을 더하니 정확도가 {} %p 달라졌지만(95 % 신뢰 구간 {} ~ {}) 우연일 수 "
     "있습니다. 이 테스트 {}만으로는 더 늘리면 나아질지 알 수 없습니다."),
    # How the data was read
    ("Left out, as no part of the data: {}.", "데이터가 아니어서 쓰지 않은 것: {}."),
    ("{} is not UTF-8 and was read as {}.", "{}: UTF-8이 아니어서 {} 인코딩으로 읽었습니다."),
    ("a folder a class", "클래스마다 폴더 하나"),
    ("a text file a class", "클래스마다 텍스트 파일 하나"),
    # How the data was split
    ("{} items set aside, every class in proportion", "클래스 비율을 지켜 떼어 둔 항목 {}개"),
    ("{} items set aside, those of {} whole games", "따로 떼어 둔 항목 {}개(기보 {}개 전체)"),
    ("each of {} items in one of {} folds, every class in proportion",
     "항목 {}개를 클래스 비율을 지켜 폴드 {}개에 나눔"),
    ("the source's own", "원본에 있던 그대로"),
    ("none, as was asked for", "없음(그렇게 정함)"),
    ("none, as there are too few items", "없음(항목이 너무 적음)"),
    # What an input is brought to, in pieces
    ("{} × {} pixels", "{} × {} 픽셀"),
    ("grey", "흑백"),
    ("colour", "컬러"),
    ("light on dark", "어두운 바탕에 밝은 획"),
    ("dark on light", "밝은 바탕에 어두운 획"),
    ("strokes in a box of {} × {}", "획은 {} × {} 상자 안"),
    ("centred by their middle", "상자의 가운데에 맞춤"),
    ("centred by their mass", "무게중심에 맞춤"),
    ("{} planes of {} × {} points", "평면 {}장, {} × {}점"),
    ("the numbers of its words, lower case, at most {} of them, out of {} words of the training "
     "sentences",
     "소문자로 바꾼 단어의 번호 최대 {}개(어휘는 학습 문장의 단어 {}개)"),
    # How others are brought to it, in pieces
    ("padded to the shape and resized", "여백을 채워 크기를 맞춤"),
    ("cropped to the middle and resized", "가운데를 잘라 크기를 맞춤"),
    ("made grey", "흑백으로 바꿈"),
    ("grey ones made colour", "흑백은 컬러로 바꿈"),
    ("inverted where the border has the other brightness", "바탕의 밝기가 반대이면 뒤집음"),
    ("cut to their strokes where these lie otherwise", "획의 위치가 다르면 획만 잘라 맞춤"),
    ("boards of another size are refused", "크기가 다른 바둑판은 받지 않음"),
    ("longer ones are shortened, and words that no training sentence has are passed over",
     "긴 문장은 줄이고, 학습 문장에 없던 단어는 건너뜀"),
    # Why a setting has its value
    ("no GPU was found", "GPU가 없음"),
    ("this processor multiplies it natively; weights stay float32",
     "이 프로세서는 이 형식의 곱셈을 직접 계산함. 가중치는 float32로 남음"),
    ("no native bfloat16 here", "이 컴퓨터는 bfloat16을 직접 계산하지 못함"),
    ("compiled layers; each thread takes a share of a batch, if it is large enough",
     "컴파일한 층. 배치가 충분히 크면 스레드마다 한 몫씩 계산함"),
    ("each thread takes a share of a batch, if it is large enough",
     "배치가 충분히 크면 스레드마다 한 몫씩 계산함"),
    ("compiled layers", "컴파일한 층"),
    ("PyTorch's own, for this network", "이 신경망에는 PyTorch의 방식"),
    ("the processors this process may use", "이 프로세스가 쓸 수 있는 프로세서 수"),
    ("the training images are grey", "학습 이미지가 흑백임"),
    ("every training image has it", "모든 학습 이미지가 이 크기임"),
    ("at least 99% of the training images have it", "학습 이미지의 99 % 이상이 그러함"),
    ("they fill one box and are centred alike in the training images",
     "학습 이미지에서 획의 크기와 위치가 서로 같음"),
    ("about a sixteenth of {} items", "항목 {}개의 16분의 1쯤"),
    ("{} of the items are nearest to one of another class",
     "항목의 {}는 가장 비슷한 것이 다른 클래스임"),
    ("trains {} best", "{} 학습에 가장 좋음"),
    ("{} does not settle at more", "{}: 더 크면 학습이 안정되지 않음"),
    ("ends at zero, so the last epoch is the best", "0에서 끝나므로 마지막 에포크가 가장 좋음"),
    ("twice the paper's, since it falls to zero", "0까지 줄어들므로 논문 값의 두 배"),
    ("of the CIFAR-10 speed records", "CIFAR-10 속도 기록의 값"),
    ("filters keep their norm, so there is nothing to decay",
     "필터의 크기가 유지되므로 줄일 것이 없음"),
    ("a fifth of the steps", "전체 스텝의 5분의 1"),
    ("constant from the first step", "첫 스텝부터 일정함"),
    ("off by default", "기본값은 쓰지 않음"),
    ("the paper's", "논문의 값"),
    ("the paper has none", "논문에 없음"),
    ("as {} has it", "{}의 값"),
    ("keeps short trainings calm", "짧은 학습을 안정시킴"),
    ("8 % of the shorter side", "짧은 변의 8 %"),
    ("8 % of the shorter side; a mirrored photograph means the same",
     "짧은 변의 8 %; 사진은 뒤집어도 뜻이 같음"),
    ("8 % of the shorter side; a mirrored sign may mean another class",
     "짧은 변의 8 %; 뒤집으면 다른 클래스가 될 수 있음"),
    ("the rules know no left and right, nor up and down", "바둑 규칙에는 상하좌우의 구별이 없음"),
    ("a sentence with other words is another sentence", "단어가 바뀌면 다른 문장이 됨"),
    ("suits every network here", "여기의 모든 신경망에 맞음"),
    ("what the report's headline is about", "보고서 맨 위의 값"),
    ("a rate that falls to zero averages too", "0까지 줄어드는 학습률은 평균과 같은 일을 함"),
    ("each view costs another prediction", "변형마다 예측을 한 번 더 해야 함"),
    ("the longest training sentence", "가장 긴 학습 문장"),
    ("those of the training sentences", "학습 문장의 단어"),
    ("as in Kim's code, since hardly any is not", "Kim의 코드와 같음(거의 모두 그러함)"),
    ("over {} are not ASCII", "{} 넘게 ASCII가 아님"),
    ("that of the games", "기보의 바둑판 크기"),
)  # fmt: skip
FORMS = (*SENTENCES, *TITLES, *FINDINGS, *REFUSALS)
NOUNS: Mapping[str, str] = {
    "image": "이미지",
    "picture": "그림",
    "sentence": "문장",
    "position": "국면",
    "game": "기보",
    "file": "파일",
    "class": "클래스",
    "classe": "클래스",
}
"""Of what is counted in a sentence, each without the s of its plural."""
PARTS: Mapping[str, str] = {
    "train": "학습",
    "validation": "검증",
    "test": "테스트",
    "train or validation": "학습이나 검증",
}
PROPERTIES: Mapping[str, str] = {
    "brightness": "밝기",
    "contrast": "대비",
    "sharpness": "선명도",
    "width": "너비",
    "height": "높이",
    "aspect ratio": "가로세로 비율",
    "format": "파일 형식",
    "colour": "색",
}
"""Of pictures that may give their classes away."""
COUNTED = re.compile(rf"([\d,]+) (?:({'|'.join(PARTS)}) )?({'|'.join(NOUNS)})s?")
OF_MEMBER = re.compile(r"of member (\d+): (.+)")
SIZES = re.compile(r"([\d,]+) sizes from (\S+) to (\S+)")
CLASSES = re.compile(r"(?:class|the classes) ('.+)")


def translate_engine(text: str) -> str | None:
    """Return the Korean of a sentence, or of pieces parted by commas; None if one is unknown."""
    if (of_member := OF_MEMBER.fullmatch(text)) is not None:
        reason = translate_engine(of_member[2])
        return None if reason is None else f"멤버 {of_member[1]}: {reason}"
    if (whole := translate_sentence(text)) is not None:
        return whole
    pieces = [translate_sentence(piece) for piece in text.split(", ")]
    known = [piece for piece in pieces if piece is not None]
    return ", ".join(known) if len(known) == len(pieces) else None


def translate_sentence(text: str) -> str | None:
    """Return the Korean of one sentence; None for a form that is not in the table."""
    for pattern, korean in compile_sentences():
        if (match := pattern.fullmatch(text)) is not None:
            return choose_particles(korean.format(*map(translate_value, match.groups())))
    return None


def translate_value(value: str) -> str:
    """Return a value of a sentence, of which some are words: `7 test images`, `train`."""
    if (match := COUNTED.fullmatch(value)) is not None:
        count, part, noun = match.groups()
        return f"{f'{PARTS[part]} ' if part else ''}{NOUNS[noun]} {count}개"
    if (match := SIZES.fullmatch(value)) is not None:
        count, smallest, largest = match.groups()
        return f"{smallest} ~ {largest}({count}가지)"
    if (match := CLASSES.fullmatch(value)) is not None:
        return f"클래스 {match[1]}"
    return PARTS.get(value) or NOUNS.get(value) or PROPERTIES.get(value) or value


@cache
def compile_sentences() -> list[tuple[re.Pattern[str], str]]:
    """Return each English form as a pattern, with its Korean."""
    return [
        (re.compile(r"(.+?)".join(map(re.escape, english.split(VALUE)))), korean)
        for english, korean in FORMS
    ]
