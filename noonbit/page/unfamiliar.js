/**
 * Whether an input does not look like those that the network was trained on.
 * The twin of noonbit/evaluation/out_of_distribution.py, which explains the rule.
 * @param {ArrayLike<number>} probabilities - One input's, of all classes.
 * @param {string[]} done - What was changed in the input, as the preparation names it.
 * @param {?{threshold: number}} rule - MODEL.unfamiliar; null where no rule means anything.
 * @returns {boolean}
 */
function isUnfamiliar(probabilities, done, rule) {
  if (done.includes("unlike") || done.includes("blank")) return true;
  return rule !== null && Math.max(...probabilities) < rule.threshold;
}
