/*
 * Whether an answer is to something that the network was not trained on, by the run's measured rule.
 */

/** What rules look at: how much the network responds at all. Low values are unfamiliar. */
const FAMILIARITY = {
  energy: (logits) => {
    const { high } = extentOf(logits);
    return high + Math.log(logits.reduce((sum, each) => sum + Math.exp(each - high), 0));
  },
  max_logit: (logits) => extentOf(logits).high,
};

/**
 * @param {?{rule: string, threshold: number}} unfamiliar of MODEL; null: nothing was measured
 * @param {{logits: Float32Array}} outputs
 * @returns {boolean}
 */
function isUnfamiliar(unfamiliar, { logits }) {
  if (unfamiliar === null) return false;
  if (!(unfamiliar.rule in FAMILIARITY)) throw new Error(`it does not know the rule ${unfamiliar.rule}.`);
  return FAMILIARITY[unfamiliar.rule](logits) < unfamiliar.threshold;
}
