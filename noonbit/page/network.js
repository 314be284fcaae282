/*
 * The network: runs the operators that noonbit/page/graph.py made of its ONNX graph.
 *
 * Each operator becomes a function without arguments when the network is built (kernels.js), and
 * memory for results is there before the first picture.
 */

/** Milliseconds of computing after which the page is drawn and hands are heard. */
const BREATH = 40;

/** Operators whose result is their input, in another shape. */
const ALIASES = new Set(["Reshape", "Identity"]);

/** Let the page be drawn and hands be heard. */
function breathe() {
  return new Promise((resolve) => setTimeout(resolve));
}

/** A network that answers one input at a time. */
class Network {
  /**
   * @param {Object} spec as noonbit/page/graph.py writes it
   * @param {Object<string, Float32Array|Int32Array>} weights by name
   */
  constructor(spec, weights) {
    const results = Object.assign(Object.create(null), weights);
    const memory = (shape, dtype) => {
      const count = shape.reduce((product, side) => product * side, 1);
      return dtype === "int32" ? new Int32Array(count) : new Float32Array(count);
    };
    this.input = memory(spec.input_shape, spec.input_dtype);
    results[spec.input] = this.input;
    this.steps = [];
    for (const { op, inputs, outputs, attributes, shape, dtype } of spec.operators) {
      const given = inputs.map((name) => results[name]);
      if (ALIASES.has(op)) {
        results[outputs[0]] = given[0];
        continue;
      }
      const out = memory(shape, dtype);
      this.steps.push(KERNELS[op]({ shape, ...attributes }, given, out));
      results[outputs[0]] = out;
    }
    /** Every result and weight by name, as the last answer left them. */
    this.results = results;
    this.logits = results[spec.outputs.logits];
    this.probabilities = results[spec.outputs.probabilities];
    this.maps = spec.maps.map(({ name, kind, output, shape }) => (
      { name, kind, shape, data: results[output] }
    ));
  }

  /**
   * Answer one input.
   * @param {ArrayLike<number>} values pixels (C*H*W), word numbers or planes, as the contract has them
   * @returns {{logits: Float32Array, probabilities: Float32Array,
   *   maps: {name: string, kind: string, shape: number[], data: Float32Array}[]}} the first two are
   *   copies; the maps are the network's memory, which the next answer overwrites
   */
  run(values) {
    this.take(values);
    for (const step of this.steps) step();
    return this.outputs();
  }

  /**
   * Answer one input like `run`, but stop for a breath now and then: a network that takes a second
   * does not freeze the page. Not to be called while another answer is computed.
   */
  async answer(values) {
    this.take(values);
    let begun = performance.now();
    for (const step of this.steps) {
      step();
      if (performance.now() - begun > BREATH) {
        await breathe();
        begun = performance.now();
      }
    }
    return this.outputs();
  }

  take(values) {
    if (values.length !== this.input.length) {
      throw new RangeError(
        `The network takes ${this.input.length} numbers, and here are ${values.length}.`,
      );
    }
    this.input.set(values);
  }

  outputs() {
    return {
      logits: this.logits.slice(),
      probabilities: this.probabilities.slice(),
      maps: this.maps,
    };
  }
}
