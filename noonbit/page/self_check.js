/*
 * The page's check of itself: twenty test items, prepared and answered here, against Python's answers.
 *
 * Weights are float16; where that moves a probability by more than 0.005, float32, as long as they
 * fit in 64 MB. So answers differ a little; `tolerance` of MODEL says by how much they may
 * (noonbit/page/page.py). Damaged weights are found before (decodeWeights of binary.js); this
 * finds a browser that computes otherwise and a preparation that is not Python's.
 */

/**
 * The network's input of a test item, through the page's own preparation.
 * @param {{input: string|Object}} item base64 PNG of a picture's prepared pixels, a text or a position
 * @param {Object} model the page's MODEL
 * @returns {Promise<{values: Uint8Array|Int32Array, done: string[]}>}
 */
async function inputOfItem(item, model) {
  const { preprocessor } = model.contract;
  switch (preprocessor.input_kind) {
    case "sentences":
      return encodeSentence(item.input, preprocessor, model.characters);
    case "boards":
      return { values: planesOf(GoBoard.fromItem(item.input), preprocessor).planes, done: [] };
    default:
      return { values: planesOfPicture(await decodePicture(decodeBase64(item.input))), done: [] };
  }
}

/**
 * The largest difference between probabilities; infinite where one is no number.
 * @param {ArrayLike<number>} given
 * @param {ArrayLike<number>} wanted
 */
function worstDifference(given, wanted) {
  let worst = given.length === wanted.length ? 0 : Infinity;
  for (let i = 0; i < wanted.length; i++) {
    const difference = Math.abs(given[i] - wanted[i]);
    if (!(difference <= worst)) worst = Number.isNaN(difference) ? Infinity : difference;
  }
  return worst;
}

/**
 * Answer the test items and compare.
 * @param {Object} model the page's MODEL
 * @param {Network} network
 * @param {function(number, number): void} tell called before each item, with its number and how many
 * @returns {Promise<{agree: number, count: number, worst: number, passed: boolean}>} how many items
 *   agree, of how many; the worst difference of a probability; whether the page may answer
 */
async function selfCheck(model, network, tell) {
  let agree = 0;
  let worst = 0;
  for (const [index, item] of model.items.entries()) {
    tell(index + 1, model.items.length);
    await breathe();
    const { values } = await inputOfItem(item, model);
    const difference = worstDifference((await network.answer(values)).probabilities, item.probabilities);
    worst = Math.max(worst, difference);
    if (difference <= model.tolerance) agree++;
  }
  const count = model.items.length;
  return { agree, count, worst, passed: count > 0 && agree === count };
}
