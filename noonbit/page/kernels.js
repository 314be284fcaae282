/*
 * What the operators of a network compute, on typed arrays; noonbit/page/graph.py says which there
 * are and writes out their settings.
 *
 * A kernel takes settings, the arrays of its inputs and that of its result, and gives a function
 * without arguments. Tables of places are made once, before the first picture. Results are float32
 * (int32 for whole numbers and truth values); sums are added in double precision. A convolution is
 * a product of its filters with the patches under them: 4 filters times 2 patches at a time need 6
 * reads for 8 products, which is as fast as plain JavaScript gets. Most convolutions go by
 * winograd.js, with fewer products.
 */

/** Numbers of patches that are laid out at a time, so that they stay in the processor's cache. */
const PATCH_NUMBERS = 32768;

/**
 * The place of each number of an array that is read in steps.
 * @param {number[]} shape
 * @param {number[]} strides how far apart neighbours along each axis are
 * @param {number} offset of the first number
 * @returns {Int32Array}
 */
function placesOf(shape, strides, offset = 0) {
  let places = Int32Array.of(offset);
  for (let axis = 0; axis < shape.length; axis++) {
    const longer = new Int32Array(places.length * shape[axis]);
    let at = 0;
    for (const place of places) {
      for (let step = 0; step < shape[axis]; step++) longer[at++] = place + step * strides[axis];
    }
    places = longer;
  }
  return places;
}

/** How far apart neighbours along each axis of an array of this shape are. */
function naturalStrides(shape) {
  const strides = new Array(shape.length).fill(1);
  for (let axis = shape.length - 2; axis >= 0; axis--) {
    strides[axis] = strides[axis + 1] * shape[axis + 1];
  }
  return strides;
}

/**
 * out[start + i * rowStep + j * columnStep] = bias[i] + the product of row i of `matrix` and row j
 * of `others`, both of `inner` numbers.
 */
function multiplyRows(
  matrix, first, rows, others, columns, inner, bias, firstBias, out, start, rowStep, columnStep,
) {
  let row = 0;
  for (; row + 4 <= rows; row += 4) {
    const m0 = first + row * inner;
    const m1 = m0 + inner;
    const m2 = m1 + inner;
    const m3 = m2 + inner;
    const bias0 = bias === null ? 0 : bias[firstBias + row];
    const bias1 = bias === null ? 0 : bias[firstBias + row + 1];
    const bias2 = bias === null ? 0 : bias[firstBias + row + 2];
    const bias3 = bias === null ? 0 : bias[firstBias + row + 3];
    let column = 0;
    for (; column + 2 <= columns; column += 2) {
      const n0 = column * inner;
      const n1 = n0 + inner;
      let a0 = bias0, a1 = bias1, a2 = bias2, a3 = bias3;
      let b0 = bias0, b1 = bias1, b2 = bias2, b3 = bias3;
      for (let k = 0; k < inner; k++) {
        const left = others[n0 + k];
        const right = others[n1 + k];
        const w0 = matrix[m0 + k];
        const w1 = matrix[m1 + k];
        const w2 = matrix[m2 + k];
        const w3 = matrix[m3 + k];
        a0 += w0 * left;
        b0 += w0 * right;
        a1 += w1 * left;
        b1 += w1 * right;
        a2 += w2 * left;
        b2 += w2 * right;
        a3 += w3 * left;
        b3 += w3 * right;
      }
      const at = start + row * rowStep + column * columnStep;
      out[at] = a0;
      out[at + columnStep] = b0;
      out[at + rowStep] = a1;
      out[at + rowStep + columnStep] = b1;
      out[at + 2 * rowStep] = a2;
      out[at + 2 * rowStep + columnStep] = b2;
      out[at + 3 * rowStep] = a3;
      out[at + 3 * rowStep + columnStep] = b3;
    }
    if (column < columns) {
      const n0 = column * inner;
      let a0 = bias0, a1 = bias1, a2 = bias2, a3 = bias3;
      for (let k = 0; k < inner; k++) {
        const value = others[n0 + k];
        a0 += matrix[m0 + k] * value;
        a1 += matrix[m1 + k] * value;
        a2 += matrix[m2 + k] * value;
        a3 += matrix[m3 + k] * value;
      }
      const at = start + row * rowStep + column * columnStep;
      out[at] = a0;
      out[at + rowStep] = a1;
      out[at + 2 * rowStep] = a2;
      out[at + 3 * rowStep] = a3;
    }
  }
  for (; row < rows; row++) {
    const m0 = first + row * inner;
    for (let column = 0; column < columns; column++) {
      const n0 = column * inner;
      let sum = bias === null ? 0 : bias[firstBias + row];
      for (let k = 0; k < inner; k++) sum += matrix[m0 + k] * others[n0 + k];
      out[start + row * rowStep + column * columnStep] = sum;
    }
  }
}

/** Conv over rows and columns. */
function convolutionKernel(settings, inputs, out) {
  if (suitsWinograd(settings)) return winogradKernel(settings, inputs, out);
  const [input, filters, bias = null] = inputs;
  const { kernel, strides, pads, dilations, groups, channels, sides, outputs } = settings;
  const [height, width] = sides;
  const across = settings.output_sides[1];
  const count = settings.output_sides[0] * across;
  const inChannels = channels / groups;
  const outChannels = outputs / groups;
  const inner = inChannels * kernel[0] * kernel[1];
  const most = Math.max(2, Math.min(count, Math.floor(PATCH_NUMBERS / inner)));
  const patches = new Float32Array(most * inner);
  const [kernelHeight, kernelWidth] = kernel;
  const [rowStep, columnStep] = strides;
  const [rowSpread, columnSpread] = dilations;

  function layOut(firstChannel, first, end) {
    let at = 0;
    for (let place = first; place < end; place++) {
      const y = Math.floor(place / across);
      const top = y * rowStep - pads[0];
      const left = (place - y * across) * columnStep - pads[1];
      for (let channel = firstChannel; channel < firstChannel + inChannels; channel++) {
        for (let i = 0; i < kernelHeight; i++) {
          const row = top + i * rowSpread;
          if (row < 0 || row >= height) {
            for (let j = 0; j < kernelWidth; j++) patches[at++] = 0;
            continue;
          }
          const line = (channel * height + row) * width;
          for (let j = 0, x = left; j < kernelWidth; j++, x += columnSpread) {
            patches[at++] = x >= 0 && x < width ? input[line + x] : 0;
          }
        }
      }
    }
  }

  return () => {
    for (let group = 0; group < groups; group++) {
      const filter = group * outChannels;
      for (let first = 0; first < count; first += most) {
        const end = Math.min(first + most, count);
        layOut(group * inChannels, first, end);
        multiplyRows(
          filters, filter * inner, outChannels, patches, end - first, inner,
          bias, filter, out, filter * count + first, count, 1,
        );
      }
    }
  };
}

/** Rows times a matrix (columns, inner), plus a bias. */
function denseKernel({ rows, inner, columns }, [input, matrix, bias = null], out) {
  return () => multiplyRows(
    matrix, 0, columns, input, rows, inner, bias, 0, out, 0, 1, columns,
  );
}

/** The product of two results, batch by batch: the second is laid out by columns first. */
function matrixProductKernel({ batch, rows, inner, columns }, [one, other], out) {
  const turned = new Float32Array(columns * inner);
  return () => {
    for (let item = 0; item < batch; item++) {
      const first = item * inner * columns;
      for (let k = 0; k < inner; k++) {
        for (let column = 0; column < columns; column++) {
          turned[column * inner + k] = other[first + k * columns + column];
        }
      }
      multiplyRows(
        one, item * rows * inner, rows, turned, columns, inner, null, 0,
        out, item * rows * columns, columns, 1,
      );
    }
  };
}

/**
 * For each place of a pool along one axis: the first and one past the last step of its window that
 * lie inside, and how many steps count as its size.
 */
function poolWindowsOf(settings, axis) {
  const { kernel, strides, pads, dilations, sides, output_sides: outputSides } = settings;
  const [size, step, side] = [kernel[axis], strides[axis], sides[axis]];
  const spread = dilations[axis];
  const windows = [];
  for (let place = 0; place < outputSides[axis]; place++) {
    const start = place * step - pads[axis];
    let first = 0;
    while (first < size && start + first * spread < 0) first++;
    let end = size;
    while (end > first && start + (end - 1) * spread >= side) end--;
    let counted = size;
    if (settings.counts_margins) {
      while (counted > 0 && start + (counted - 1) * spread >= side + settings.ends[axis]) counted--;
    }
    windows.push({ start, first, end, size: settings.counts_margins ? counted : end - first });
  }
  return windows;
}

/** The places under each window of a pool within one plane, and what its sum is divided by. */
function poolTableOf(settings) {
  const [depths, rows, columns] = [0, 1, 2].map((axis) => poolWindowsOf(settings, axis));
  const [, height, width] = settings.sides;
  const [deep, down, across] = settings.dilations;
  const starts = [0];
  const places = [];
  const sizes = [];
  for (const d of depths) {
    for (const r of rows) {
      for (const c of columns) {
        for (let i = d.first; i < d.end; i++) {
          for (let j = r.first; j < r.end; j++) {
            const line = ((d.start + i * deep) * height + r.start + j * down) * width + c.start;
            for (let k = c.first; k < c.end; k++) places.push(line + k * across);
          }
        }
        starts.push(places.length);
        sizes.push(d.size * r.size * c.size);
      }
    }
  }
  return {
    starts: Int32Array.from(starts), places: Int32Array.from(places), sizes: Float64Array.from(sizes),
  };
}

/** MaxPool. */
function maxPoolKernel(settings, [input], out) {
  const { starts, places } = poolTableOf(settings);
  const plane = settings.sides[0] * settings.sides[1] * settings.sides[2];
  const count = starts.length - 1;
  return () => {
    for (let item = 0; item < settings.planes; item++) {
      const first = item * plane;
      for (let window = 0; window < count; window++) {
        let largest = -Infinity;
        for (let at = starts[window]; at < starts[window + 1]; at++) {
          const value = input[first + places[at]];
          if (value > largest) largest = value;
        }
        out[item * count + window] = largest;
      }
    }
  };
}

/** AveragePool. */
function averagePoolKernel(settings, [input], out) {
  const { starts, places, sizes } = poolTableOf(settings);
  const plane = settings.sides[0] * settings.sides[1] * settings.sides[2];
  const count = starts.length - 1;
  return () => {
    for (let item = 0; item < settings.planes; item++) {
      const first = item * plane;
      for (let window = 0; window < count; window++) {
        let sum = 0;
        for (let at = starts[window]; at < starts[window + 1]; at++) sum += input[first + places[at]];
        out[item * count + window] = sum / sizes[window];
      }
    }
  };
}

/** A number for each channel, times and plus. */
function scaleShiftKernel({ channels, inner }, [input, scale, shift], out) {
  return () => {
    for (let channel = 0, at = 0; channel < channels; channel++) {
      const factor = scale[channel];
      const term = shift[channel];
      for (let i = 0; i < inner; i++, at++) out[at] = input[at] * factor + term;
    }
  };
}

/** LRN: local response normalisation over neighbouring channels. */
function responseNormKernel({ alpha, beta, bias, size, channels, inner }, [input], out) {
  const before = Math.floor((size - 1) / 2);
  return () => {
    for (let channel = 0; channel < channels; channel++) {
      const first = Math.max(0, channel - before);
      const end = Math.min(channels, channel - before + size);
      for (let i = 0; i < inner; i++) {
        let sum = 0;
        for (let other = first; other < end; other++) sum += input[other * inner + i] ** 2;
        const at = channel * inner + i;
        out[at] = input[at] / (bias + (alpha / size) * sum) ** beta;
      }
    }
  };
}

/** ReLU, which most networks have most of, without a call for each number. */
function rectifierKernel(settings, [input], out) {
  return () => {
    for (let i = 0; i < out.length; i++) out[i] = input[i] > 0 ? input[i] : 0;
  };
}

/** Sigmoid, of which SiLU is made, without a call for each number. */
function sigmoidKernel(settings, [input], out) {
  return () => {
    for (let i = 0; i < out.length; i++) out[i] = 1 / (1 + Math.exp(-input[i]));
  };
}

/** The product of numbers, of which SiLU is made, without a call for each where none is repeated. */
function timesKernel(settings, [one, other], out) {
  if (one.length !== out.length || other.length !== out.length) {
    return binaryKernel((x, y) => x * y)(settings, [one, other], out);
  }
  return () => {
    for (let i = 0; i < out.length; i++) out[i] = one[i] * other[i];
  };
}

/**
 * An operator on each number alone.
 * @param {function(number, Object): number} value from a number and the settings
 */
function unaryKernel(value) {
  return (settings, [input], out) => () => {
    for (let i = 0; i < out.length; i++) out[i] = value(input[i], settings);
  };
}

/**
 * An operator on the numbers of two inputs, repeated where one is smaller.
 * @param {function(number, number): number} value
 */
function binaryKernel(value) {
  return ({ strides, shape }, [one, other], out) => {
    const natural = naturalStrides(shape);
    const isWhole = strides.every((each) => (
      each.every((stride, axis) => shape[axis] === 1 || stride === natural[axis])
    ));
    if (isWhole) {
      return () => {
        for (let i = 0; i < out.length; i++) out[i] = value(one[i], other[i]);
      };
    }
    const [from, to] = strides.map((each) => placesOf(shape, each));
    return () => {
      for (let i = 0; i < out.length; i++) out[i] = value(one[from[i]], other[to[i]]);
    };
  };
}

/** Where a condition holds the one, else the other. */
function whereKernel({ strides, shape }, [condition, one, other], out) {
  const [when, from, to] = strides.map((each) => placesOf(shape, each));
  return () => {
    for (let i = 0; i < out.length; i++) out[i] = condition[when[i]] ? one[from[i]] : other[to[i]];
  };
}

/** Numbers read in steps: slices, transposes and repetitions. */
function stridedKernel({ shape, strides, offset }, [input], out) {
  const places = placesOf(shape, strides, offset);
  return () => {
    for (let i = 0; i < out.length; i++) out[i] = input[places[i]];
  };
}

/** Margins of a constant, of the edge or of the mirror image. */
function padKernel({ sides, before, mode, value, shape }, [input], out) {
  const strides = naturalStrides(sides);
  let places = [0];
  shape.forEach((side, axis) => {
    const last = sides[axis] - 1;
    const from = Array.from({ length: side }, (_, place) => {
      const inside = place - before[axis];
      if (inside >= 0 && inside <= last) return inside;
      if (mode === "constant") return -1;
      if (mode === "edge") return inside < 0 ? 0 : last;
      return inside < 0 ? -inside : 2 * last - inside;
    });
    places = places.flatMap((place) => from.map((each) => (
      place < 0 || each < 0 ? -1 : place + each * strides[axis]
    )));
  });
  return () => {
    for (let i = 0; i < out.length; i++) out[i] = places[i] < 0 ? value : input[places[i]];
  };
}

/** Rows of a table, at whole numbers; negative ones count from its end. */
function gatherKernel({ outer, length, inner }, [table, numbers], out) {
  return () => {
    let at = 0;
    for (let block = 0; block < outer; block++) {
      for (const number of numbers) {
        const first = (block * length + (number < 0 ? number + length : number)) * inner;
        for (let i = 0; i < inner; i++) out[at++] = table[first + i];
      }
    }
  };
}

/** Inputs one after the other along an axis. */
function concatenationKernel({ outer, lengths }, inputs, out) {
  return () => {
    let at = 0;
    for (let block = 0; block < outer; block++) {
      inputs.forEach((input, index) => {
        const length = lengths[index];
        out.set(input.subarray(block * length, (block + 1) * length), at);
        at += length;
      });
    }
  };
}

/** An operator along one axis: calls `visit(first, step)` for each line of `length` numbers. */
function forEachLine({ outer, length, inner }, visit) {
  for (let block = 0; block < outer; block++) {
    for (let i = 0; i < inner; i++) visit(block * length * inner + i, inner, block * inner + i);
  }
}

/** Softmax, or its logarithm, along an axis. */
function softmaxKernel(isLogarithm) {
  return (settings, [input], out) => {
    const { length } = settings;
    return () => forEachLine(settings, (first, step) => {
      let largest = -Infinity;
      for (let i = 0; i < length; i++) largest = Math.max(largest, input[first + i * step]);
      let sum = 0;
      for (let i = 0; i < length; i++) sum += Math.exp(input[first + i * step] - largest);
      const logarithm = Math.log(sum);
      for (let i = 0; i < length; i++) {
        const value = input[first + i * step] - largest;
        out[first + i * step] = isLogarithm ? value - logarithm : Math.exp(value) / sum;
      }
    });
  };
}

/** The place of the largest number along an axis, the first of equals. */
function argMaxKernel(settings, [input], out) {
  return () => forEachLine(settings, (first, step, line) => {
    let best = 0;
    for (let i = 1; i < settings.length; i++) {
      if (input[first + i * step] > input[first + best * step]) best = i;
    }
    out[line] = best;
  });
}

/** A row of `off` with one `on`. */
function oneHotKernel(settings, [numbers], out) {
  const { length, on, off } = settings;
  return () => {
    out.fill(off);
    forEachLine(settings, (first, step, line) => {
      const number = numbers[line] < 0 ? numbers[line] + length : numbers[line];
      if (number >= 0 && number < length) out[first + number * step] = on;
    });
  };
}

/**
 * A reduction over some axes.
 * @param {number} start
 * @param {function(number, number): number} add what was found so far, and the next number
 * @param {function(number, number): number} end what was found, and of how many numbers
 */
function reductionKernel(start, add, end = (value) => value) {
  return (settings, [input], out) => {
    const places = placesOf(settings.kept, settings.kept_strides);
    const steps = placesOf(settings.reduced, settings.reduced_strides);
    return () => {
      for (let i = 0; i < out.length; i++) {
        let value = start;
        for (let j = 0; j < steps.length; j++) value = add(value, input[places[i] + steps[j]]);
        out[i] = end(value, steps.length);
      }
    };
  };
}

/** The logarithm of the sum of exponentials, without overflow. */
function logSumExpKernel(settings, [input], out) {
  const places = placesOf(settings.kept, settings.kept_strides);
  const steps = placesOf(settings.reduced, settings.reduced_strides);
  return () => {
    for (let i = 0; i < out.length; i++) {
      let largest = -Infinity;
      for (const step of steps) largest = Math.max(largest, input[places[i] + step]);
      let sum = 0;
      for (const step of steps) sum += Math.exp(input[places[i] + step] - largest);
      out[i] = largest + Math.log(sum);
    }
  };
}

/**
 * The error function to 1.2e-7 (Press et al., Numerical Recipes, erfcc).
 * @param {number} x
 * @returns {number}
 */
function errorFunction(x) {
  const t = 1 / (1 + 0.5 * Math.abs(x));
  const coefficients = [
    0.17087277, -0.82215223, 1.48851587, -1.13520398, 0.27886807, -0.18628806, 0.09678418,
    0.37409196, 1.00002368, -1.26551223,
  ];
  let sum = 0;
  for (const coefficient of coefficients) sum = sum * t + coefficient;
  const rest = t * Math.exp(-x * x + sum);
  return x >= 0 ? 1 - rest : rest - 1;
}

const softplusOf = (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));

/** Each operator: from settings, inputs and the output's memory to what computes it. */
const KERNELS = {
  Conv: convolutionKernel,
  Gemm: denseKernel,
  MatMul: matrixProductKernel,
  MaxPool: maxPoolKernel,
  AveragePool: averagePoolKernel,
  ScaleShift: scaleShiftKernel,
  LRN: responseNormKernel,
  Relu: rectifierKernel,
  Abs: unaryKernel(Math.abs),
  Ceil: unaryKernel(Math.ceil),
  Clip: unaryKernel((x, { min, max }) => Math.min(Math.max(x, min ?? -Infinity), max ?? Infinity)),
  Elu: unaryKernel((x, { alpha }) => (x > 0 ? x : alpha * Math.expm1(x))),
  Erf: unaryKernel(errorFunction),
  Exp: unaryKernel(Math.exp),
  Floor: unaryKernel(Math.floor),
  Gelu: unaryKernel((x) => 0.5 * x * (1 + errorFunction(x * Math.SQRT1_2))),
  GeluTanh: unaryKernel((x) => 0.5 * x * (1 + Math.tanh(0.7978845608028654 * (x + 0.044715 * x ** 3)))),
  HardSigmoid: unaryKernel((x, { alpha, beta }) => Math.min(Math.max(alpha * x + beta, 0), 1)),
  HardSwish: unaryKernel((x) => x * Math.min(Math.max(x / 6 + 0.5, 0), 1)),
  LeakyRelu: unaryKernel((x, { alpha }) => (x > 0 ? x : alpha * x)),
  Log: unaryKernel(Math.log),
  Mish: unaryKernel((x) => x * Math.tanh(softplusOf(x))),
  Neg: unaryKernel((x) => -x),
  Not: unaryKernel((x) => (x ? 0 : 1)),
  Reciprocal: unaryKernel((x) => 1 / x),
  Selu: unaryKernel((x, { alpha, gamma }) => gamma * (x > 0 ? x : alpha * Math.expm1(x))),
  Sigmoid: sigmoidKernel,
  Sign: unaryKernel(Math.sign),
  Softplus: unaryKernel(softplusOf),
  Softsign: unaryKernel((x) => x / (1 + Math.abs(x))),
  Sqrt: unaryKernel(Math.sqrt),
  Tanh: unaryKernel(Math.tanh),
  ToBool: unaryKernel((x) => (x ? 1 : 0)),
  ToFloat: unaryKernel((x) => x),
  ToInt: unaryKernel(Math.trunc),
  Add: binaryKernel((x, y) => x + y),
  Sub: binaryKernel((x, y) => x - y),
  Mul: timesKernel,
  Div: binaryKernel((x, y) => x / y),
  Pow: binaryKernel((x, y) => x ** y),
  Max: binaryKernel((x, y) => Math.max(x, y)),
  Min: binaryKernel((x, y) => Math.min(x, y)),
  PRelu: binaryKernel((x, y) => (x > 0 ? x : x * y)),
  Equal: binaryKernel((x, y) => (x === y ? 1 : 0)),
  Greater: binaryKernel((x, y) => (x > y ? 1 : 0)),
  GreaterOrEqual: binaryKernel((x, y) => (x >= y ? 1 : 0)),
  Less: binaryKernel((x, y) => (x < y ? 1 : 0)),
  LessOrEqual: binaryKernel((x, y) => (x <= y ? 1 : 0)),
  And: binaryKernel((x, y) => (x && y ? 1 : 0)),
  Or: binaryKernel((x, y) => (x || y ? 1 : 0)),
  Where: whereKernel,
  Strided: stridedKernel,
  Pad: padKernel,
  Gather: gatherKernel,
  Concat: concatenationKernel,
  Softmax: softmaxKernel(false),
  LogSoftmax: softmaxKernel(true),
  ArgMax: argMaxKernel,
  OneHot: oneHotKernel,
  ReduceL1: reductionKernel(0, (sum, x) => sum + Math.abs(x)),
  ReduceL2: reductionKernel(0, (sum, x) => sum + x * x, Math.sqrt),
  ReduceLogSumExp: logSumExpKernel,
  ReduceMax: reductionKernel(-Infinity, (largest, x) => (x > largest ? x : largest)),
  ReduceMean: reductionKernel(0, (sum, x) => sum + x, (sum, count) => sum / count),
  ReduceMin: reductionKernel(Infinity, (least, x) => (x < least ? x : least)),
  ReduceProd: reductionKernel(1, (product, x) => product * x),
  ReduceSum: reductionKernel(0, (sum, x) => sum + x),
  ReduceSumSquare: reductionKernel(0, (sum, x) => sum + x * x),
};
