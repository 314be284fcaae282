/*
 * Every word of the page, in English and Korean, and numbers as each language writes them.
 *
 * Text is bound to its element: `write(button, "undo")` fills the element now and again when the
 * language is switched. Values such as {count} come from an object; a value may be a function, which
 * is asked anew in each language.
 */

const TEXTS = {
  en: {
    language: "Language",
    about_page: "A trained network in one page. It works without a network connection, and nothing you draw or open leaves this device.",
    accuracy_label: "Test accuracy",
    accuracy: "{accuracy} of {items} test {noun} right",
    not_measured: "not measured",
    interval: "95 % interval {low} to {high}",
    network_trained: "{network}, trained on {source}",
    input_label: "Input",
    check_label: "Self-check",
    check_running: "checking {number} of {count} against Python’s answers …",
    check_passed: "{agree} of {count} agree with Python’s answers, worst difference {worst}",
    check_failed: "{agree} of {count} agree with Python’s answers, worst difference {worst}",
    refused_title: "This page does not answer",
    refused: "It computed the {count} test items again and did not get the answers that Python gave, so its predictions cannot be trusted here. Try another browser, or export the page again.",
    broken: "This page does not work here: {reason}",

    pictures: "images",
    sentences: "sentences",
    boards: "positions",

    // The picture
    give_picture: "Give it a picture",
    draw: "Draw",
    draw_here: "Drawing area",
    draw_hint: "Draw here",
    draw_large_hint: "Draw here, as large as this field",
    undo: "Undo",
    clear: "Clear",
    pen_width: "Pen width",
    draw_help: "Draw with a mouse, a finger or a pen. By keyboard: arrow keys move the pen, space puts it down or lifts it, {undo} undoes, Delete clears.",
    pen_down: "Pen down",
    pen_up: "Pen up",
    choose: "Choose a file",
    photograph: "Take a photo",
    drop_here: "Drop a picture here, or paste one with {keys}",
    the_picture: "The picture you gave",
    camera: "Camera",
    shoot: "Take the photo",
    cancel: "Cancel",
    camera_failed: "The camera is not available to this page. Choose a file instead.",
    no_picture: "That was no picture.",
    "refused.empty": "This file is empty.",
    "refused.not_a_picture": "This file is no picture.",
    "refused.format_not_read": "Browsers do not read {format} pictures. Save it as PNG or JPEG first.",
    "refused.cut_off": "This file ends before the picture does, after {bytes} bytes.",
    "refused.cannot_be_decoded": "This {format} file is damaged, or of a kind that this browser does not read.",
    "refused.too_many_pixels": "This picture has {width}\u00a0×\u00a0{height} pixels, more than the {limit} that are read.",
    "refused.other_depth": "This picture has levels up to {highest}, more than the {white} of the training images.",

    // What goes in
    sees: "What the network sees",
    sees_label: "The {width}\u00a0×\u00a0{height} pixels that go into the network, enlarged",
    sees_nothing: "Nothing yet.",
    "done.none": "Taken as it is.",
    "done.resized": "Resized to {width}\u00a0×\u00a0{height} pixels.",
    "done.made grey": "Made grey.",
    "done.made colour": "Made colour.",
    "done.inverted": "Inverted: it learned from the other polarity.",
    "done.reframed": "Cut to the strokes, scaled and centred like the training images.",
    "done.shortened": "Shortened to {length} words, as long as the longest training sentence.",
    "done.partly unknown": "Words that no training sentence has are all alike to the network: it knows only that a word stands there.",
    "warn.blank": "There is nothing in it, so the answer means nothing.",
    "warn.unsure": "It is unsure: probabilities as low as these are rare among its test items. This may be something that it was not trained on.",
    "warn.unlike": "This does not look like what it was trained on. The answer means little.",

    // The answer
    answer: "Answer",
    no_answer: "The answer appears here.",
    thinking: "Thinking …",
    certainty: "probability {probability}",
    certainty_unknown: "none of its classes; most like {name}, probability {probability}",
    spoken_unknown: "Unknown: none of its classes. Most like {name}, {probability}.",
    spoken: "{name}, {probability}. Then {next}, {next_probability}.",
    spoken_alone: "{name}, {probability}.",
    "truth.pictures": "Test image {number}. Its true class is {name}: {verdict}.",
    "truth.sentences": "Test sentence {number}. Its true class is {name}: {verdict}.",
    "truth.boards": "Test position {number}. The move that was played is {name}, the network’s choice number {rank}.",
    right: "right",
    wrong: "wrong",
    more_classes: "Show {count} more",
    fewer_classes: "Show fewer",

    // The maps
    maps: "What lights up inside",
    maps_help: "Each field is one feature map: bright where its filter responds. Every layer has its own scale from its lowest to its highest value. Choose a layer to enlarge its maps.",
    maps_later: "The layers’ maps appear with the first answer.",
    "layer.convolution": "Convolution {number}",
    "layer.pool": "Pooling {number}",
    "layer.dense": "Dense layer {number}",
    "layer.words": "Word vectors {number}",
    layer_map: "one map, {height}\u00a0×\u00a0{width}",
    layer_maps: "{count} maps, {height}\u00a0×\u00a0{width}",
    layer_units: "{count} units",
    maps_shown: "the first {shown} shown",
    enlarge: "{name}: {size}. Enlarge",
    map_number: "Map {number} of {count}",
    map_range: "This map: {low} to {high}. The layer: {layer_low} to {layer_high}.",
    unit_value: "Its value is {low}. The layer: {layer_low} to {layer_high}.",
    previous: "Previous",
    next: "Next",
    close: "Close",

    // Test items
    samples: "Try test items",
    samples_help: "Items of the test set, which the network never learned from.",
    sample_picture: "Test image {number}, {name}",
    sample_board: "Position {number}",

    // Sentences
    give_sentence: "Write a sentence",
    sentence_hint: "Type or paste a sentence …",
    words: "The words that decided",
    words_help_ngrams: "How much each word speaks for (+) or against (−) “{name}”, beside the mean of all classes. The number under a word is its weight: exactly what the groups of words around it add to the answer, split evenly over their words.",
    words_help_occlusion: "How much each word speaks for (+) or against (−) “{name}”, beside the mean of all classes. The number under a word is its weight: what the answer loses when that one word is left out. These weights do not add up to the answer.",
    word_unknown: "unknown",
    ngrams: "Groups of words with the most weight",

    // Go
    give_board: "Play on the board",
    board_label: "Go board, {size}\u00a0×\u00a0{size}",
    board_help: "Click a point to play. By keyboard: arrow keys move, Enter plays, P passes, {undo} takes back.",
    to_move: "{colour} to move",
    black: "Black",
    white: "White",
    pass: "Pass",
    new_game: "Clear the board",
    captured: "Captured: by Black {black}, by White {white}",
    moves_played: "Move {count}",
    point_empty: "{point}, empty",
    point_stone: "{point}, {colour}",
    point_ranked: "{point}, empty, most probable move number {rank}, {probability}",
    played: "{colour} {point}",
    passed: "{colour} passes",
    "illegal.occupied": "{point} is on a stone.",
    "illegal.ko": "{point} would take the ko back at once.",
    "illegal.suicide": "{point} would be suicide.",
    nothing_to_undo: "Nothing to take back.",

    // The contract, in words
    "contract.pixels": "{width}\u00a0×\u00a0{height} pixels",
    "contract.grey": "grey",
    "contract.colour": "colour",
    "contract.light on dark": "light strokes on a dark ground",
    "contract.dark on light": "dark strokes on a light ground",
    "contract.mass": "strokes fill a box of {width}\u00a0×\u00a0{height} pixels, centred by their mass",
    "contract.middle": "strokes fill a box of {width}\u00a0×\u00a0{height} pixels, centred by its middle",
    "contract.pad": "other shapes get a margin",
    "contract.crop": "other shapes are cropped to the middle",
    "contract.words": "up to {length} words, out of {words} that the training sentences have",
    "contract.planes": "{planes} planes of a {width}\u00a0×\u00a0{height} board",
    "contract.classes": "{count} classes",
    rule: "An input is said to look unlike the training data when no class reaches {threshold}.",
    rule_measured: "An input is said to look unlike the training data when no class reaches {threshold}; of {items} test {noun}, {share} are.",
    weights_float16: "The weights are stored as 16-bit floats.",
    weights_float32: "The weights are stored as 32-bit floats.",
  },
  ko: {
    language: "언어",
    about_page: "학습된 신경망이 들어 있는 한 장짜리 페이지입니다. 인터넷 없이 작동하며, 그리거나 연 것은 이 기기 밖으로 나가지 않습니다.",
    accuracy_label: "테스트 정확도",
    accuracy: "{accuracy} (테스트 {noun} {items}개 기준)",
    not_measured: "측정하지 않음",
    interval: "95 % 신뢰 구간 {low} ~ {high}",
    network_trained: "{network}, {source} 데이터로 학습",
    input_label: "입력",
    check_label: "자가 점검",
    check_running: "Python의 결과와 비교하는 중: {count}개 중 {number}번째 …",
    check_passed: "{count}개 중 {agree}개가 Python의 결과와 일치, 최대 차이 {worst}",
    check_failed: "{count}개 중 {agree}개만 Python의 결과와 일치, 최대 차이 {worst}",
    refused_title: "이 페이지는 예측하지 않습니다",
    refused: "테스트 항목 {count}개를 다시 계산했더니 Python의 결과와 달랐습니다. 따라서 여기에서 나오는 예측은 믿을 수 없습니다. 다른 브라우저로 열어 보거나 페이지를 다시 내보내 주세요.",
    broken: "이 페이지는 여기에서 작동하지 않습니다: {reason}",

    pictures: "이미지",
    sentences: "문장",
    boards: "국면",

    give_picture: "그림을 넣어 보세요",
    draw: "그리기",
    draw_here: "그림판",
    draw_hint: "여기에 그려 보세요",
    draw_large_hint: "여기에 꽉 차게 그려 보세요",
    undo: "되돌리기",
    clear: "모두 지우기",
    pen_width: "펜 굵기",
    draw_help: "마우스, 손가락, 펜으로 그릴 수 있습니다. 키보드: 화살표 키로 펜을 옮기고, 스페이스 키로 펜을 대거나 떼고, {undo}로 되돌리고, Delete로 모두 지웁니다.",
    pen_down: "펜을 댔습니다",
    pen_up: "펜을 뗐습니다",
    choose: "파일 고르기",
    photograph: "사진 찍기",
    drop_here: "그림 파일을 여기에 끌어다 놓거나 {keys}로 붙여 넣으세요",
    the_picture: "넣은 그림",
    camera: "카메라",
    shoot: "찍기",
    cancel: "취소",
    camera_failed: "이 페이지에서 카메라를 쓸 수 없습니다. 대신 파일을 골라 주세요.",
    no_picture: "그림이 아닙니다.",
    "refused.empty": "빈 파일입니다.",
    "refused.not_a_picture": "그림 파일이 아닙니다.",
    "refused.format_not_read": "브라우저가 읽지 못하는 형식({format})입니다. PNG나 JPEG로 저장한 뒤 다시 넣어 주세요.",
    "refused.cut_off": "파일이 {bytes}바이트에서 끊겨 그림이 완전하지 않습니다.",
    "refused.cannot_be_decoded": "{format} 파일이 손상되었거나 이 브라우저가 읽지 못하는 종류입니다.",
    "refused.too_many_pixels": "그림이 {width}\u00a0×\u00a0{height} 픽셀로, 읽을 수 있는 {limit} 픽셀을 넘습니다.",
    "refused.other_depth": "그림의 밝기 값(최대 {highest})이 학습 데이터의 최댓값({white})을 넘습니다.",

    sees: "신경망이 보는 그림",
    sees_label: "신경망에 들어가는 {width}\u00a0×\u00a0{height} 픽셀을 확대한 그림",
    sees_nothing: "아직 없습니다.",
    "done.none": "그대로 넣었습니다.",
    "done.resized": "크기를 {width}\u00a0×\u00a0{height} 픽셀로 맞췄습니다.",
    "done.made grey": "흑백으로 바꿨습니다.",
    "done.made colour": "컬러로 바꿨습니다.",
    "done.inverted": "명암을 뒤집었습니다. 학습 데이터와 명암이 반대였습니다.",
    "done.reframed": "획이 있는 부분만 잘라 학습 데이터와 같은 크기와 위치로 맞췄습니다.",
    "done.shortened": "가장 긴 학습 문장에 맞춰 앞의 {length}단어만 넣었습니다.",
    "done.partly unknown": "학습 문장에 없던 단어들은 신경망이 구별하지 못합니다. 그 자리에 단어가 있다는 것만 압니다.",
    "warn.blank": "내용이 비어 있어서 예측에 의미가 없습니다.",
    "warn.unsure": "확신이 낮습니다. 테스트 항목에서는 이렇게 낮은 확률이 드뭅니다. 학습하지 않은 종류의 입력일 수 있습니다.",
    "warn.unlike": "학습한 데이터와 달라 보입니다. 이 예측은 믿기 어렵습니다.",

    answer: "예측",
    no_answer: "여기에 예측이 나타납니다.",
    thinking: "계산하는 중 …",
    certainty: "확률 {probability}",
    certainty_unknown: "어느 클래스도 아님. 가장 가까운 것은 {name}, 확률 {probability}",
    spoken_unknown: "모름: 어느 클래스도 아닙니다. 가장 가까운 것은 {name}, 확률 {probability}.",
    spoken: "예측은 {name}, 확률 {probability}. 다음은 {next}, {next_probability}.",
    spoken_alone: "예측은 {name}, 확률 {probability}.",
    "truth.pictures": "테스트 이미지 {number}번, 정답은 {name}: {verdict}.",
    "truth.sentences": "테스트 문장 {number}번, 정답은 {name}: {verdict}.",
    "truth.boards": "테스트 국면 {number}번, 실제로 둔 수는 {name}: 신경망의 {rank}순위.",
    right: "맞았습니다",
    wrong: "틀렸습니다",
    more_classes: "{count}개 더 보기",
    fewer_classes: "접기",

    maps: "층마다 반응하는 특징 맵",
    maps_help: "작은 칸 하나가 특징 맵 하나입니다. 필터가 반응한 곳이 밝습니다. 밝기는 층마다 가장 작은 값과 가장 큰 값에 따로 맞췄습니다. 층을 고르면 특징 맵을 크게 볼 수 있습니다.",
    maps_later: "첫 예측과 함께 각 층의 특징 맵이 나타납니다.",
    "layer.convolution": "합성곱 층 {number}",
    "layer.pool": "풀링 층 {number}",
    "layer.dense": "밀집층 {number}",
    "layer.words": "단어 벡터 {number}",
    layer_map: "특징 맵 1개, {height}\u00a0×\u00a0{width}",
    layer_maps: "특징 맵 {count}개, {height}\u00a0×\u00a0{width}",
    layer_units: "유닛 {count}개",
    maps_shown: "앞의 {shown}개만 표시",
    enlarge: "{name}: {size}. 크게 보기",
    map_number: "특징 맵 {count}개 중 {number}번",
    map_range: "이 특징 맵의 값: {low} ~ {high}. 층 전체: {layer_low} ~ {layer_high}.",
    unit_value: "이 유닛의 값: {low}. 층 전체: {layer_low} ~ {layer_high}.",
    previous: "이전",
    next: "다음",
    close: "닫기",

    samples: "테스트 항목으로 해 보기",
    samples_help: "신경망이 학습에 쓰지 않은 테스트 항목입니다.",
    sample_picture: "테스트 이미지 {number}번, 정답 {name}",
    sample_board: "국면 {number}",

    give_sentence: "문장을 써 보세요",
    sentence_hint: "문장을 입력하거나 붙여 넣으세요 …",
    words: "예측을 결정한 단어",
    words_help_ngrams: "각 단어가 ‘{name}’ 예측에 힘을 더하는지(+) 빼는지(−)를 모든 클래스의 평균과 비교해 나타냅니다. 단어 아래의 수가 기여도입니다. 그 단어가 든 단어 묶음이 예측에 더한 값을 정확히 구해 단어마다 똑같이 나눈 것입니다.",
    words_help_occlusion: "각 단어가 ‘{name}’ 예측에 힘을 더하는지(+) 빼는지(−)를 모든 클래스의 평균과 비교해 나타냅니다. 단어 아래의 수가 기여도입니다. 그 단어 하나만 뺐을 때 예측이 얼마나 달라지는지 잰 것이며, 모두 더해도 예측값이 되지는 않습니다.",
    word_unknown: "모르는 단어",
    ngrams: "기여도가 큰 단어 묶음",

    give_board: "바둑판에 두어 보세요",
    board_label: "{size}\u00a0×\u00a0{size} 바둑판",
    board_help: "교차점을 누르면 돌을 놓습니다. 키보드: 화살표 키로 옮기고, Enter로 두고, P로 한 수 쉬고, {undo}로 무릅니다.",
    to_move: "{colour} 차례",
    black: "흑",
    white: "백",
    pass: "한 수 쉼",
    new_game: "바둑판 비우기",
    captured: "따낸 돌: 흑 {black}개, 백 {white}개",
    moves_played: "{count}수째",
    point_empty: "{point}, 빈 점",
    point_stone: "{point}, {colour}돌",
    point_ranked: "{point}, 빈 점, 유력한 수 {rank}위, 확률 {probability}",
    played: "{colour} {point}",
    passed: "{colour} 한 수 쉼",
    "illegal.occupied": "{point}: 이미 돌이 있습니다.",
    "illegal.ko": "{point}: 패라서 바로 되따낼 수 없습니다.",
    "illegal.suicide": "{point}: 둘 수 없는 자리(착수 금지)입니다.",
    nothing_to_undo: "무를 수가 없습니다.",

    "contract.pixels": "{width}\u00a0×\u00a0{height} 픽셀",
    "contract.grey": "흑백",
    "contract.colour": "컬러",
    "contract.light on dark": "어두운 바탕에 밝은 획",
    "contract.dark on light": "밝은 바탕에 어두운 획",
    "contract.mass": "획을 {width}\u00a0×\u00a0{height} 픽셀 상자에 채우고 무게중심을 가운데에 둠",
    "contract.middle": "획을 {width}\u00a0×\u00a0{height} 픽셀 상자에 채우고 상자를 가운데에 둠",
    "contract.pad": "비율이 다르면 여백을 채움",
    "contract.crop": "비율이 다르면 가운데만 잘라 냄",
    "contract.words": "최대 {length}단어, 학습 문장에 나온 단어 {words}개",
    "contract.planes": "{width}\u00a0×\u00a0{height} 바둑판의 입력 평면 {planes}개",
    "contract.classes": "클래스 {count}개",
    rule: "가장 높은 확률이 {threshold}보다 낮으면 학습한 데이터와 달라 보인다고 알립니다.",
    rule_measured: "가장 높은 확률이 {threshold}보다 낮으면 학습한 데이터와 달라 보인다고 알립니다. 테스트 {noun} {items}개 중에서는 {share}가 그렇습니다.",
    weights_float16: "가중치는 16비트 부동소수점으로 저장했습니다.",
    weights_float32: "가중치는 32비트 부동소수점으로 저장했습니다.",
  },
};

const LANGUAGE_NAMES = { en: "English", ko: "한국어" };

let currentLanguage = "en";
const boundTexts = new Map();

/** What a page that embeds this one has asked for: `page.html#language=ko&theme=dark`; null without. */
function asked(name) {
  return new URLSearchParams(location.hash.slice(1)).get(name);
}

/** The language that was asked for; null for none that the page speaks. */
function askedLanguage() {
  const code = asked("language");
  return code in TEXTS ? code : null;
}

/** The language asked for, else this browser's first that the page speaks, else English. */
function preferredLanguage() {
  for (const wish of [askedLanguage() ?? "", ...(navigator.languages || [navigator.language])]) {
    const code = wish.toLowerCase().split("-")[0];
    if (code in TEXTS) return code;
  }
  return "en";
}

/** Speak this language from now on, and say again all that is bound. */
function setLanguage(code) {
  currentLanguage = code;
  document.documentElement.lang = code;
  for (const [element, bound] of boundTexts) {
    if (element.isConnected) for (const each of bound.values()) each();
    else boundTexts.delete(element);
  }
}

/**
 * The text of a key, with {names} replaced by values.
 * @param {string} key
 * @param {Object<string, string|number|function(): (string|number)>} [values]
 */
function translate(key, values = {}) {
  return TEXTS[currentLanguage][key].replace(/\{(\w+)\}/g, (_, name) => {
    const value = typeof values[name] === "function" ? values[name]() : values[name];
    return typeof value === "number" ? formatCount(value) : String(value);
  });
}

/** Whether there is a text of this key. */
function hasText(key) {
  return key in TEXTS[currentLanguage];
}

/** Fill an element with a text, in this language and after each switch. */
function write(target, key, values) {
  writeWith(target, "text", () => {
    target.textContent = translate(key, values);
  });
  return target;
}

/** The same for an attribute, such as aria-label. */
function writeAttribute(target, name, key, values) {
  writeWith(target, name, () => target.setAttribute(name, translate(key, values)));
  return target;
}

/** Call `fill` now and after each switch of the language, in place of what `slot` held before. */
function writeWith(target, slot, fill) {
  if (!boundTexts.has(target)) boundTexts.set(target, new Map());
  boundTexts.get(target).set(slot, fill);
  fill();
}

/** `10,000` */
function formatCount(count) {
  return count.toLocaleString(currentLanguage);
}

/** `98.7%`; what is not quite 0 or 1 is not rounded to it. */
function formatProbability(share) {
  if (share > 0 && share < 0.0005) return "<0.1%";
  if (share < 1 && share >= 0.9995) return ">99.9%";
  return `${(100 * share).toFixed(1)}%`;
}

/** `99.24%`, as in the report. */
function formatAccuracy(share) {
  return `${(100 * share).toFixed(2)}%`;
}

/** A number of a map or a weight, in three digits: `0.0312`, `12.5`, `3e−7`. */
function formatValue(value) {
  if (value === 0) return "0";
  const size = Math.abs(value);
  const text = size >= 1e4 || size < 1e-3 ? value.toExponential(0) : String(Number(value.toPrecision(3)));
  return text.replaceAll("-", "−").replace("e+", "e"); // a minus sign, at which no line breaks
}

/** `+0.82`, `−0.31`: the sign is always there, so that no colour is needed. */
function formatSigned(value) {
  const text = Math.abs(value).toFixed(2);
  return Number(text) === 0 ? "0.00" : `${value < 0 ? "−" : "+"}${text}`;
}
