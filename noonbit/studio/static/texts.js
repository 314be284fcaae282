/*
 * Every word of the view, in English and Korean, and numbers as they are written.
 */

export const TEXTS = {
  en: {
    waiting: "Waiting for the first picture of this training.",

    // The item, and items that do not train
    item: "The item",
    item_number: "Item {number}: {label}",
    input: "input",
    input_gradient: "its gradient",
    input_gradient_help: "where a change would change the loss most",
    keep: "Keep this item",
    release: "Go on to other items",
    picture_label: "Item {number}, {label}, as it goes into the network",
    gradient_label: "Gradient of the loss at the input, {low} to {high}",
    tests: "Items it does not learn from",
    tests_note: "From the validation split. The test split is kept for the end.",
    accuracy: "{share} of the last {of} right",
    tests_training: "Items it learns from",
    tests_training_note: "There is no validation split, so these come from the training split.",
    test_label: "Item {number}, {label}",
    right: "right",
    wrong: "wrong",
    answer_right: "{name}, {share}, right",
    answer_wrong: "{name}, {share}, wrong",

    // Layers
    overview: "All layers",
    legend: "Colours",
    negative: "negative",
    zero: "zero",
    positive: "positive",
    legend_help: "Each picture has its own scale, written above it.",
    legend_silent: "all zero",
    legend_colour: "Where filters and gradients are in colour, grey is zero.",
    activations: "activations",
    activation_gradients: "activation gradients",
    weights: "weights",
    weight_gradients: "weight gradients",
    filters: "filters",
    filter_gradients: "filter gradients",
    range: "{low} to {high}",
    parameters: "{count} parameters",
    parameter: "1 parameter",
    maps: "{shown} of {of} maps",
    units: "{shown} of {of} units",
    silent_maps: "{silent} of {count} all zero",
    show_all: "Show all {of}",
    show_whole: "Show all, with gradients",
    show_fewer: "Show fewer",
    maps_label: "{what} of {layer}: {count} maps of {width} × {height}, {low} to {high}. Enlarge",
    units_label: "{what} of {layer}: {count} values, {low} to {high}. Enlarge",
    silent_label: "{silent} of them all zero.",
    thumbnail_label: "{layer}, {kind}, {output}, activations {low} to {high}. Go there",
    thumbnail_empty: "{layer}, {kind}, {output}. Go there",
    group_layers: "{count} layers",

    // One map, enlarged
    lens_map: "{what}, map {number} of {count}",
    lens_filter: "{what}, output {output}, input {input}",
    lens_sheet: "{what}, {count} values",
    lens_label: "{title}, {layer}: {low} to {high}",
    lens_range: "This map: {low} to {high}.\nThe layer: {layer_low} to {layer_high}.",
    lens_sheet_range: "The layer: {low} to {high}.",
    lens_silent: "All zero for this item.",
    lens_value: "column {column}, row {row}: {value}",
    lens_value_colour: "column {column}, row {row}: red {red}, green {green}, blue {blue}",
    lens_unit: "unit {unit}: {value}",
    lens_help: "Arrow keys: other maps and layers. Point at a value to read it.",
    previous: "Previous map",
    next: "Next map",
    layer_above: "Layer before",
    layer_below: "Layer after",
    close: "Close",

    // Damaged frames
    "frame.no_bytes": "What arrived is no frame: it is not binary. The picture shown is older.",
    "frame.short": "A frame arrived with only {bytes} bytes, so it is damaged. The picture shown is older.",
    "frame.cut_off": "A frame was cut off: {bytes} of {expected} bytes arrived. The picture shown is older.",
    "frame.long": "A frame is damaged: it has {bytes} bytes instead of {expected}. The picture shown is older.",
    "frame.no_json": "A frame is damaged: its header cannot be read. The picture shown is older.",
    "frame.field": "A frame is damaged: its field “{name}” is missing or wrong. The picture shown is older.",
    "frame.outside": "A frame is damaged: “{name}” reaches to {right} × {bottom} in an atlas of {width} × {height}. The picture shown is older.",
  },
  ko: {
    waiting: "이 학습의 첫 화면을 기다리고 있습니다.",

    item: "입력 데이터",
    item_number: "{number}번: {label}",
    input: "입력",
    input_gradient: "입력의 기울기",
    input_gradient_help: "바꾸면 손실이 가장 크게 달라지는 곳",
    keep: "이 데이터 계속 보기",
    release: "다른 데이터로 넘어가기",
    picture_label: "신경망에 들어가는 {number}번 데이터, {label}",
    gradient_label: "입력에 대한 손실의 기울기, {low} ~ {high}",
    tests: "학습에 쓰지 않는 데이터",
    tests_note: "검증 데이터입니다. 테스트 데이터는 마지막까지 쓰지 않습니다.",
    accuracy: "최근 {of}개 중 {share} 정답",
    tests_training: "학습에 쓰는 데이터",
    tests_training_note: "검증 데이터가 없어서 학습 데이터를 보여 줍니다.",
    test_label: "{number}번 데이터, {label}",
    right: "정답",
    wrong: "오답",
    answer_right: "{name}, {share}, 정답",
    answer_wrong: "{name}, {share}, 오답",

    overview: "모든 층",
    legend: "색",
    negative: "음수",
    zero: "0",
    positive: "양수",
    legend_help: "그림마다 눈금이 다르며, 범위를 그림 위에 적었습니다.",
    legend_silent: "모두 0",
    legend_colour: "컬러로 나타낸 필터와 기울기에서는 회색이 0입니다.",
    activations: "활성값",
    activation_gradients: "활성값의 기울기",
    weights: "가중치",
    weight_gradients: "가중치의 기울기",
    filters: "필터",
    filter_gradients: "필터의 기울기",
    range: "{low} ~ {high}",
    parameters: "파라미터 {count}개",
    parameter: "파라미터 1개",
    maps: "특징 맵 {of}개 중 {shown}개",
    units: "유닛 {of}개 중 {shown}개",
    silent_maps: "{count}개 중 {silent}개가 모두 0",
    show_all: "{of}개 모두 보기",
    show_whole: "기울기까지 모두 보기",
    show_fewer: "일부만 보기",
    maps_label: "{layer}의 {what}: {width} × {height} 특징 맵 {count}개, {low} ~ {high}. 크게 보기",
    units_label: "{layer}의 {what}: 값 {count}개, {low} ~ {high}. 크게 보기",
    silent_label: "그중 {silent}개는 모두 0입니다.",
    thumbnail_label: "{layer}, {kind}, {output}, 활성값 {low} ~ {high}. 이 층으로 가기",
    thumbnail_empty: "{layer}, {kind}, {output}. 이 층으로 가기",
    group_layers: "층 {count}개",

    lens_map: "{what}, 특징 맵 {count}개 중 {number}번",
    lens_filter: "{what}, 출력 {output}번, 입력 {input}번",
    lens_sheet: "{what}, 값 {count}개",
    lens_label: "{title}, {layer}: {low} ~ {high}",
    lens_range: "이 특징 맵: {low} ~ {high}.\n층 전체: {layer_low} ~ {layer_high}.",
    lens_sheet_range: "층 전체: {low} ~ {high}.",
    lens_silent: "이 데이터에서는 모두 0입니다.",
    lens_value: "{row}행 {column}열: {value}",
    lens_value_colour: "{row}행 {column}열: 빨강 {red}, 초록 {green}, 파랑 {blue}",
    lens_unit: "유닛 {unit}번: {value}",
    lens_help: "화살표 키로 다른 특징 맵과 층을 볼 수 있습니다. 그림을 가리키면 값이 나타납니다.",
    previous: "이전 특징 맵",
    next: "다음 특징 맵",
    layer_above: "앞 층",
    layer_below: "뒤 층",
    close: "닫기",

    "frame.no_bytes": "받은 데이터가 화면 데이터가 아닙니다(이진 형식이 아님). 지금 보이는 것은 이전 화면입니다.",
    "frame.short": "화면 데이터가 {bytes}바이트뿐이어서 읽을 수 없습니다. 지금 보이는 것은 이전 화면입니다.",
    "frame.cut_off": "화면 데이터가 중간에 끊겼습니다({expected}바이트 중 {bytes}바이트). 지금 보이는 것은 이전 화면입니다.",
    "frame.long": "화면 데이터가 손상되었습니다({expected}바이트여야 하는데 {bytes}바이트). 지금 보이는 것은 이전 화면입니다.",
    "frame.no_json": "화면 데이터가 손상되어 머리글을 읽을 수 없습니다. 지금 보이는 것은 이전 화면입니다.",
    "frame.field": "화면 데이터가 손상되었습니다(‘{name}’ 항목이 없거나 잘못됨). 지금 보이는 것은 이전 화면입니다.",
    "frame.outside": "화면 데이터가 손상되었습니다(‘{name}’의 끝이 {right} × {bottom}인데 전체는 {width} × {height}). 지금 보이는 것은 이전 화면입니다.",
  },
};

/** What PyTorch calls a layer, and what people do. Others keep PyTorch's name. */
export const KINDS = {
  en: {
    Conv1d: "Convolution",
    Conv2d: "Convolution",
    Linear: "Dense",
    MaxNormLinear: "Dense",
    ScaledLinear: "Dense",
    WhiteningStem: "Convolution",
    WordVectors: "Word vectors",
    MaxPool2d: "Max pool",
    AvgPool2d: "Average pool",
    AdaptiveMaxPool2d: "Global max pool",
    AdaptiveAvgPool2d: "Global average pool",
    BatchNorm1d: "Batch norm",
    BatchNorm2d: "Batch norm",
    Embedding: "Word vectors",
    LocalResponseNorm: "Response norm",
  },
  ko: {
    Conv1d: "합성곱",
    Conv2d: "합성곱",
    Linear: "밀집층",
    MaxNormLinear: "밀집층",
    ScaledLinear: "밀집층",
    WhiteningStem: "합성곱",
    WordVectors: "단어 벡터",
    MaxPool2d: "맥스 풀링",
    AvgPool2d: "평균 풀링",
    AdaptiveMaxPool2d: "전역 맥스 풀링",
    AdaptiveAvgPool2d: "전역 평균 풀링",
    BatchNorm1d: "배치 정규화",
    BatchNorm2d: "배치 정규화",
    Dropout: "드롭아웃",
    Embedding: "단어 벡터",
    Flatten: "플래튼",
    LocalResponseNorm: "반응 정규화",
  },
};

/** Words of a layer's detail, which is in English in the frame. */
const DETAIL_WORDS = {
  en: {},
  ko: { stride: "스트라이드", padding: "패딩", dilation: "팽창", groups: "그룹", same: "입력과 같은 크기" },
};

/** The texts in one language. */
export class Words {
  /** @param {string} language a code such as `ko` or `ko-KR`; English where there are no texts for it */
  constructor(language = "en") {
    const code = String(language).toLowerCase().split("-")[0];
    this.language = code in TEXTS ? code : "en";
  }

  /** The text of a key, with {names} replaced by values; whole numbers get thousands separators. */
  say(key, values = {}) {
    return TEXTS[this.language][key].replace(/\{(\w+)\}/g, (_, name) => {
      const value = values[name];
      return typeof value === "number" ? this.count(value) : String(value);
    });
  }

  /** `12,345` */
  count(number) {
    return number.toLocaleString(this.language);
  }

  kind(name) {
    return KINDS[this.language][name] ?? name;
  }

  /** `5x5, stride 1` -> `5×5, stride 1` */
  detail(text) {
    return text
      .replace(/(\d)x(?=\d)/g, "$1×")
      .replace(/[a-z]+/gi, (word) => DETAIL_WORDS[this.language][word] ?? word);
  }
}

/** A value in three digits: `0.0312`, `12.5`, `3.1e−7`; the sign is a minus, at which no line breaks. */
export function formatValue(value) {
  if (value === 0) return "0";
  const size = Math.abs(value);
  const text = size >= 1e5 || size < 1e-3 ? value.toExponential(1) : String(Number(value.toPrecision(3)));
  return text.replaceAll("-", "−").replace("e+", "e");
}

/** `91.2%`; what is not quite 0 or 1 is not rounded to it. */
export function formatShare(share) {
  if (share > 0 && share < 0.0005) return "<0.1%";
  if (share < 1 && share >= 0.9995) return ">99.9%";
  return `${(100 * share).toFixed(1)}%`;
}

/** `±0.42` where zero is in the middle, else `0 to 1.3` in words. */
export function formatRange(words, { low, high, signed }) {
  if (signed) return `±${formatValue(high)}`;
  return words.say("range", { low: formatValue(low), high: formatValue(high) });
}

/** `32×32×16`: width, height, depth, as networks are drawn; the frame has (depth, height, width). */
export function formatOutput(output) {
  return [...output].reverse().join("×");
}
