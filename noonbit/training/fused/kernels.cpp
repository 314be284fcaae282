// Everything in a training step between two matrix products, each kernel in one pass over memory.
//
// Maps are (N, H, W, C), so the innermost loop runs over channels and is vectorised. T is float or
// bfloat16; sums are float32 within a block and float64 across blocks. A kernel uses one thread:
// others have other shares of the batch. The list at the end names them; arguments are not checked.

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <type_traits>
#include <vector>

#include "call.h"
#include "mersenne_twister.h"

namespace {

using bfloat16 = uint16_t;

inline float to_float(float value) { return value; }

inline float to_float(bfloat16 value) {
    uint32_t bits = uint32_t(value) << 16;
    float result;
    std::memcpy(&result, &bits, sizeof result);
    return result;
}

template <class T> inline T from_float(float value);

template <> inline float from_float<float>(float value) { return value; }

template <> inline bfloat16 from_float<bfloat16>(float value) {  // to the nearest, halves to even
    uint32_t bits;
    std::memcpy(&bits, &value, sizeof bits);
    uint32_t rounded = (bits + 0x7fff + ((bits >> 16) & 1)) >> 16;
    uint32_t quiet = (bits >> 16) | 0x40;  // a NaN stays one
    bool is_nan = (bits & 0x7fffffff) > 0x7f800000;
    return uint16_t(is_nan ? quiet : rounded);
}

// NaN is propagated, as in PyTorch, so that a diverging training is noticed.
inline float rectified(float value) { return value <= 0 ? 0.0f : value; }

// exp(x) with relative error 2e-7: 2^n times a polynomial on [-ln 2 / 2, ln 2 / 2] (Cephes' expf).
// x is clamped to [-60, 60], where a sigmoid has long reached 0 or 1. A limit of 87 makes subnormal
// intermediate values even in masked lanes, which is six times slower.
inline float exponential(float x) {
    x = x < -60.0f ? -60.0f : (x > 60.0f ? 60.0f : x);
    float n = std::floor(x * 1.44269504f + 0.5f);
    float r = x - n * 0.693359375f + n * 2.12194440e-4f;
    float p = 1.9875691500e-4f;
    p = p * r + 1.3981999507e-3f;
    p = p * r + 8.3334519073e-3f;
    p = p * r + 4.1665795894e-2f;
    p = p * r + 1.6666665459e-1f;
    p = p * r + 5.0000001201e-1f;
    p = p * r * r + r + 1.0f;
    int32_t bits = (int32_t(n) + 127) << 23;
    float power;
    std::memcpy(&power, &bits, sizeof power);
    return p * power;
}

inline float sigmoid(float x) { return 1.0f / (1.0f + exponential(-x)); }

enum Activation { NONE = 0, RELU = 1, SILU = 2 };

template <int A> inline float apply_activation(float z) {
    if (A == RELU) return rectified(z);
    if (A == SILU) return z * sigmoid(z);
    return z;
}

template <int A> inline float activation_slope(float z) {
    if (A == RELU) return z > 0 ? 1.0f : 0.0f;
    if (A == SILU) {
        float s = sigmoid(z);
        return s * (1 + z * (1 - s));
    }
    return 1.0f;
}

// Calls `work` with the activation as a compile-time constant.
template <class Work> inline void dispatch_activation(int activation, Work work) {
    if (activation == RELU) work(std::integral_constant<int, RELU>());
    else if (activation == SILU) work(std::integral_constant<int, SILU>());
    else work(std::integral_constant<int, NONE>());
}

constexpr int64_t BLOCK = 64;        // channels per pass over a window
constexpr int64_t ROWS = 128;        // rows summed in float32

// Dropout: a value is kept if its 16 random bits are at least `threshold`. Like all settings it is
// passed by value and stays in registers; else whatever a loop stores might change it.
struct Dropout {
    const int16_t* random_bits;  // null without dropout
    int32_t threshold;
    float scale;

    float factor(int32_t bits) const { return bits >= threshold ? scale : 0.0f; }
};

// The random bits of a dropout layer with this seed.
void random_bits(uint64_t* words, int64_t count, int64_t seed) {
    MersenneTwister(uint64_t(seed)).fill(words, count);
}

// One channel of an image, written to every `step`-th element.
template <class T, class P, class Step>
void normalise_channel(const P* from, T* to, int64_t size, float mean, float std, Step step) {
#pragma omp simd
    for (int64_t p = 0; p < size; ++p) to[p * step] = from_float<T>((float(from[p]) - mean) / std);
}

template <class T, class P>
void normalise(const P* pixels, T* out, int64_t n, int64_t c, int64_t size, const float* mean,
               const float* std) {
    for (int64_t i = 0; i < n; ++i)
        for (int64_t k = 0; k < c; ++k) {
            const P* from = pixels + (i * c + k) * size;
            T* to = out + i * c * size + k;
            std::integral_constant<int64_t, 1> one;
            if (c == 1) normalise_channel(from, to, size, *mean, *std, one);
            else normalise_channel(from, to, size, mean[k], std[k], c);
        }
}

template <int A, class T>
void activate_all(const T* x, T* y, int64_t count, Dropout dropout) {
    const int16_t* random_bits = dropout.random_bits;
    if (random_bits) {
#pragma omp simd
        for (int64_t i = 0; i < count; ++i)
            y[i] = from_float<T>(apply_activation<A>(to_float(x[i])) *
                                 dropout.factor(random_bits[i]));
    } else {
#pragma omp simd
        for (int64_t i = 0; i < count; ++i)
            y[i] = from_float<T>(apply_activation<A>(to_float(x[i])));
    }
}

template <class T>
void activate(const T* x, T* y, int64_t count, int activation, Dropout dropout) {
    dispatch_activation(activation, [=](auto a) {
        activate_all<decltype(a)::value>(x, y, count, dropout);
    });
}

// ReLU and dropout both leave zeros, so the output itself is the mask.
template <class T> void rectify_back(const T* dy, const T* y, T* dx, int64_t count, float scale) {
#pragma omp simd
    for (int64_t i = 0; i < count; ++i) {
        float whole = to_float(dy[i]) * scale;  // always read, or the loop would branch
        dx[i] = from_float<T>(to_float(y[i]) > 0 ? whole : 0.0f);
    }
}

// ReLU and dropout on the maxima of one window, stored at `at`; position 255 means no gradient.
// Inline, so that the loops have a fixed length where the caller knows it.
template <class T>
inline __attribute__((always_inline))
void store_window(float* best, int32_t* where, int64_t width, int relu, const Dropout& dropout,
                  int64_t at, T* y, uint8_t* argmax) {
    // Both values of a choice are read first, or the loops would branch.
    if (relu) {
#pragma omp simd
        for (int64_t c = 0; c < width; ++c) {
            int32_t place = where[c], masked = 255;
            float value = best[c];
            where[c] = value <= 0 ? masked : place;
            best[c] = rectified(value);
        }
    }
    if (dropout.random_bits) {
        const int16_t* random_bits = dropout.random_bits + at;
        const int32_t threshold = dropout.threshold;
        const float scale = dropout.scale;
#pragma omp simd
        for (int64_t c = 0; c < width; ++c) {
            int32_t place = where[c], masked = 255;
            bool kept = random_bits[c] >= threshold;
            where[c] = kept ? place : masked;
            best[c] *= kept ? scale : 0.0f;
        }
    }
#pragma omp simd
    for (int64_t c = 0; c < width; ++c) y[at + c] = from_float<T>(best[c]);
#pragma omp simd
    for (int64_t c = 0; c < width; ++c) argmax[at + c] = uint8_t(where[c]);
}

struct Window {
    int64_t n, h, w, c, side, stride, oh, ow;
};

template <class T>
void pool(const T* x, T* y, uint8_t* argmax, Window v, int relu, Dropout dropout) {
    for (int64_t row = 0; row < v.n * v.oh; ++row) {
        int64_t n = row / v.oh, top = row % v.oh * v.stride;
        int64_t rows = std::min(v.side, v.h - top);
        for (int64_t ow = 0; ow < v.ow; ++ow) {
            int64_t left = ow * v.stride, columns = std::min(v.side, v.w - left);
            const T* corner = x + ((n * v.h + top) * v.w + left) * v.c;
            int64_t out = (row * v.ow + ow) * v.c;
            for (int64_t c0 = 0; c0 < v.c; c0 += BLOCK) {
                int64_t width = std::min(BLOCK, v.c - c0);
                float best[BLOCK];
                int32_t where[BLOCK];
                for (int64_t c = 0; c < width; ++c)
                    best[c] = to_float(corner[c0 + c]), where[c] = 0;
                for (int64_t i = 0; i < rows; ++i)
                    for (int64_t j = i ? 0 : 1; j < columns; ++j) {
                        const T* from = corner + (i * v.w + j) * v.c + c0;
                        int32_t place = int32_t(i * v.side + j);
#pragma omp simd
                        for (int64_t c = 0; c < width; ++c) {
                            float value = to_float(from[c]);
                            bool better = (value > best[c]) | (value != value);
                            best[c] = better ? value : best[c];
                            where[c] = better ? place : where[c];
                        }
                    }
                store_window(best, where, width, relu, dropout, out + c0, y, argmax);
            }
        }
    }
}

template <class T>
void pool_back(const T* dy, const uint8_t* argmax, T* dx, Window v, float scale) {
    // Pixels that no window covers, at the edges or between windows, have no gradient.
    bool covered = v.oh * v.stride >= v.h && v.ow * v.stride >= v.w && v.stride == v.side;
    if (!covered) std::memset(static_cast<void*>(dx), 0, sizeof(T) * v.n * v.h * v.w * v.c);
    for (int64_t row = 0; row < v.n * v.oh; ++row) {
        int64_t n = row / v.oh, top = row % v.oh * v.stride;
        int64_t rows = std::min(v.side, v.h - top);
        for (int64_t ow = 0; ow < v.ow; ++ow) {
            int64_t left = ow * v.stride, columns = std::min(v.side, v.w - left);
            T* corner = dx + ((n * v.h + top) * v.w + left) * v.c;
            const T* from = dy + (row * v.ow + ow) * v.c;
            const uint8_t* where = argmax + (row * v.ow + ow) * v.c;
            for (int64_t i = 0; i < rows; ++i)
                for (int64_t j = 0; j < columns; ++j) {
                    T* to = corner + (i * v.w + j) * v.c;
                    int32_t place = int32_t(i * v.side + j);
#pragma omp simd
                    for (int64_t c = 0; c < v.c; ++c) {
                        float whole = to_float(from[c]) * scale;
                        to[c] = from_float<T>(int32_t(where[c]) == place ? whole : 0.0f);
                    }
                }
        }
    }
}

// The first convolution, over the few channels of images, with its pool, ReLU and dropout. The maps
// between convolution and pool, the largest of a network, are never written to memory. Weights are
// float32. h and w are those of x with its zero margins, oh and ow those of the output.
struct First {
    int64_t n, h, w, c_in, c_out, kernel, margin, side, oh, ow;
    int32_t relu;
    int64_t by_filter, by_channel, by_row, by_column;  // the weight's strides, in elements
};

// The numbers in one register of the processor that this is compiled for. With wider vectors a
// compiler takes comparisons apart, number by number: on AVX2 that was forty times as slow.
#if defined(__AVX512F__)
constexpr int64_t LANES = 16;
#elif defined(__AVX__)
constexpr int64_t LANES = 8;
#else  // SSE, and NEON on ARM
constexpr int64_t LANES = 4;
#endif
typedef float Lanes __attribute__((vector_size(LANES * sizeof(float))));
typedef int32_t Places __attribute__((vector_size(LANES * sizeof(int32_t))));
constexpr int64_t MAX_POSITIONS = 4;  // of a 2 x 2 window

inline Lanes load_lanes(const float* from) {
    Lanes result;
    std::memcpy(&result, from, sizeof result);
    return result;
}

template <class To, class Vector> inline void store(To* to, Vector values) {
    std::memcpy(to, &values, sizeof values);
}

template <class T> void widen(const T* x, float* y, int64_t count) {
#pragma omp simd
    for (int64_t i = 0; i < count; ++i) y[i] = to_float(x[i]);
}

template <class T> void narrow(const float* x, T* y, int64_t count) {
#pragma omp simd
    for (int64_t i = 0; i < count; ++i) y[i] = from_float<T>(x[i]);
}

// One image in float32, whose values can be multiplied straight from memory, within zero margins.
class Image {
    std::vector<float> values;

  public:
    explicit Image(const First& f) : values(f.h * f.w * f.c_in) {}

    template <class T> const float* load(const T* images, const First& f, int64_t n) {
        int64_t rows = f.h - 2 * f.margin, wide = (f.w - 2 * f.margin) * f.c_in;
        for (int64_t row = 0; row < rows; ++row)
            widen(images + (n * rows + row) * wide,
                  values.data() + ((row + f.margin) * f.w + f.margin) * f.c_in, wide);
        return values.data();
    }
};

// Weights in the order in which they are read: taps, channels, then filters, with zeros up to whole
// vectors; and the biases behind them.
struct PackedFilters {
    int64_t taps, padded;
    std::vector<float> values;

    explicit PackedFilters(const First& f)
        : taps(f.kernel * f.kernel * f.c_in), padded((f.c_out + LANES - 1) / LANES * LANES),
          values((taps + 1) * padded) {}

    float* bias() { return values.data() + taps * padded; }

    // Calls `work` with a place in the network's own weight and one in `values`.
    template <class Work> void for_each(const First& f, Work work) const {
        int64_t at = 0;
        for (int64_t row = 0; row < f.kernel; ++row)
            for (int64_t column = 0; column < f.kernel; ++column)
                for (int64_t channel = 0; channel < f.c_in; ++channel, at += padded)
                    for (int64_t filter = 0; filter < f.c_out; ++filter)
                        work(filter * f.by_filter + channel * f.by_channel + row * f.by_row +
                                 column * f.by_column,
                             at + filter);
    }
};

// Up to four positions of the convolution that are summed side by side, as a single sum would be
// limited by the latency of its additions: those of one pool window, or without a pool, neighbours
// in a row.
struct Positions {
    const float* at[MAX_POSITIONS];  // their corners in the image
    int32_t place[MAX_POSITIONS];    // in their pool window
    int64_t count = 0;

    Positions(const float* image, const First& f, int64_t row, int64_t column) {
        int64_t top = row * f.side, left = column * f.side;
        int64_t rows = std::min(f.side, f.h - f.kernel + 1 - top);
        int64_t columns = std::min(f.side == 1 ? MAX_POSITIONS : f.side,
                                   f.w - f.kernel + 1 - left);
        for (int64_t i = 0; i < rows; ++i)
            for (int64_t j = 0; j < columns; ++j, ++count) {
                at[count] = image + ((top + i) * f.w + left + j) * f.c_in;
                place[count] = f.side == 1 ? 0 : int32_t(i * f.side + j);
            }
    }

    // Calls `work` with their number, a compile-time constant if they are complete.
    template <class Work> void with_count(Work work) const {
        if (count == MAX_POSITIONS) work(std::integral_constant<int64_t, MAX_POSITIONS>());
        else work(count);
    }
};

// Calls `work(row, column, output pixel, channel, vectors)` for all groups of positions and vectors
// of one image; `vectors` is 2 where there are as many, as they share the values of the image.
template <class Work> void for_each_group(const First& f, int64_t padded, Work work) {
    for (int64_t row = 0; row < f.oh; ++row)
        for (int64_t column = 0; column < f.ow; column += f.side == 1 ? MAX_POSITIONS : 1) {
            int64_t pixel = row * f.ow + column, c0 = 0;
            for (; c0 + 2 * LANES <= padded; c0 += 2 * LANES)
                work(row, column, pixel, c0, std::integral_constant<int, 2>());
            if (c0 < padded) work(row, column, pixel, c0, std::integral_constant<int, 1>());
        }
}

// ReLU and dropout on V vectors of one output pixel, stored at `at`.
template <int V, class T>
inline void store_first(const Lanes* sums, const Places* where, int64_t width, const First& f,
                        const Dropout& dropout, int64_t at, T* y, uint8_t* argmax) {
    constexpr int64_t WHOLE = V * LANES;
    float values[WHOLE];
    int32_t places[WHOLE];
    for (int v = 0; v < V; ++v) {
        Places negative = f.relu ? sums[v] <= 0 : Places{};
        store(values + v * LANES, negative ? Lanes{} : sums[v]);
        store(places + v * LANES, negative ? Places{} + 255 : where[v]);
    }
    if (width == WHOLE)
        return store_window(values, places, WHOLE, false, dropout, at, y, argmax);
    if (dropout.random_bits)
        return store_window(values, places, width, false, dropout, at, y, argmax);
    // Whole vectors, since a partial one would be processed value by value.
    T whole_y[WHOLE];
    uint8_t whole_argmax[WHOLE];
    store_window(values, places, WHOLE, false, dropout, 0, whole_y, whole_argmax);
    std::memcpy(y + at, whole_y, width * sizeof(T));
    std::memcpy(argmax + at, whole_argmax, width);
}

// V x LANES output channels from c0 on, of one group of positions.
template <int V, class T>
void first_group(const float* image, PackedFilters& filters, T* y, uint8_t* argmax, const First& f,
                 const Dropout& dropout, int64_t row, int64_t column, int64_t out, int64_t c0) {
    const int64_t wide = f.kernel * f.c_in, width = std::min(V * LANES, f.c_out - c0);
    const int64_t padded = filters.padded;
    Positions positions(image, f, row, column);
    positions.with_count([&](auto count) {
        Lanes sum[MAX_POSITIONS][V];
        for (int64_t p = 0; p < count; ++p)
            for (int v = 0; v < V; ++v) sum[p][v] = load_lanes(filters.bias() + c0 + v * LANES);
        const float* weight = filters.values.data() + c0;
        for (int64_t a = 0; a < f.kernel; ++a)
            for (int64_t b = 0; b < wide; ++b, weight += padded)
                for (int64_t p = 0; p < count; ++p)
                    for (int v = 0; v < V; ++v)
                        sum[p][v] +=
                            positions.at[p][a * f.w * f.c_in + b] * load_lanes(weight + v * LANES);
        Places where[V] = {};
        if (f.side == 1) {
            for (int64_t p = 0; p < count; ++p)
                store_first<V>(sum[p], where, width, f, dropout, out + p * f.c_out + c0, y, argmax);
            return;
        }
        Lanes best[V];
        for (int v = 0; v < V; ++v) best[v] = sum[0][v];
        for (int64_t p = 1; p < count; ++p)
            for (int v = 0; v < V; ++v) {
                Places better = (sum[p][v] > best[v]) | (sum[p][v] != sum[p][v]);
                best[v] = better ? sum[p][v] : best[v];
                where[v] = better ? Places{} + positions.place[p] : where[v];
            }
        store_first<V>(best, where, width, f, dropout, out + c0, y, argmax);
    });
}

template <class T>
void first(const T* x, const float* weights, const float* bias, T* y, uint8_t* argmax,
           First f, Dropout dropout) {
    PackedFilters filters(f);
    filters.for_each(f, [&](int64_t from, int64_t to) { filters.values[to] = weights[from]; });
    if (bias) std::copy(bias, bias + f.c_out, filters.bias());
    Image whole(f);
    for (int64_t n = 0; n < f.n; ++n) {
        const float* image = whole.load(x, f, n);
        for_each_group(f, filters.padded, [&](int64_t row, int64_t column, int64_t pixel,
                                              int64_t c0, auto v) {
            first_group<decltype(v)::value>(image, filters, y, argmax, f, dropout, row, column,
                                            (n * f.oh * f.ow + pixel) * f.c_out, c0);
        });
    }
}

// The gradients of V x LANES channels of one output pixel, where they are not masked, and the
// positions that they belong to.
template <int V, class T>
void load_given(const T* given, const uint8_t* where, int64_t width, float scale, Lanes* gradient,
                Places* places) {
    float whole[V * LANES] = {};
    int32_t all[V * LANES] = {};
    auto widen_some = [&](int64_t count) {
#pragma omp simd
        for (int64_t c = 0; c < count; ++c) {
            whole[c] = to_float(given[c]) * scale;
            all[c] = where[c];
        }
    };
    if (width == V * LANES) widen_some(V * LANES);
    else widen_some(width);
    std::memcpy(gradient, whole, sizeof whole);
    std::memcpy(places, all, sizeof all);
}

// Adds one group's contribution to the gradients of the weights and biases of V x LANES channels.
template <int V, class T>
void first_group_back(const T* given, const uint8_t* where, const float* image, const First& f,
                      float scale, PackedFilters& filters, int64_t row, int64_t column,
                      int64_t c0) {
    const int64_t wide = f.kernel * f.c_in, width = std::min(V * LANES, f.c_out - c0);
    const int64_t padded = filters.padded;
    Positions positions(image, f, row, column);
    positions.with_count([&](auto count) {
        Lanes d[MAX_POSITIONS][V], whole[V];
        Places places[V];
        for (int64_t p = 0; p < count; ++p) {
            if (p == 0 || f.side == 1) {
                int64_t at = p * f.c_out + c0;
                load_given<V>(given + at, where + at, width, scale, whole, places);
            }
            for (int v = 0; v < V; ++v)
                d[p][v] = places[v] == positions.place[p] ? whole[v] : Lanes{};
        }
        for (int v = 0; v < V; ++v) {
            float* to = filters.bias() + c0 + v * LANES;
            Lanes total = load_lanes(to);
            for (int64_t p = 0; p < count; ++p) total += d[p][v];
            store(to, total);
        }
        float* weight = filters.values.data() + c0;
        for (int64_t a = 0; a < f.kernel; ++a)
            for (int64_t b = 0; b < wide; ++b, weight += padded) {
                Lanes sum[V];
                for (int v = 0; v < V; ++v) sum[v] = load_lanes(weight + v * LANES);
                for (int64_t p = 0; p < count; ++p)
                    for (int v = 0; v < V; ++v)
                        sum[v] += positions.at[p][a * f.w * f.c_in + b] * d[p][v];
                for (int v = 0; v < V; ++v) store(weight + v * LANES, sum[v]);
            }
    });
}

// The gradients of weights and bias: float32 sums within an image, float64 across images.
template <class T>
void first_back(const T* dy, const uint8_t* argmax, const T* x, const First& f, float scale,
                float* dweights, float* dbias) {
    PackedFilters part(f);
    std::vector<double> all(part.values.size());
    Image whole(f);
    for (int64_t n = 0; n < f.n; ++n) {
        std::fill(part.values.begin(), part.values.end(), 0.0f);
        const float* image = whole.load(x, f, n);
        for_each_group(f, part.padded, [&](int64_t row, int64_t column, int64_t pixel, int64_t c0,
                                           auto v) {
            int64_t at = (n * f.oh * f.ow + pixel) * f.c_out;
            first_group_back<decltype(v)::value>(dy + at, argmax + at, image, f, scale, part, row,
                                                 column, c0);
        });
        for (size_t k = 0; k < all.size(); ++k) all[k] += part.values[k];
    }
    part.for_each(f, [&](int64_t to, int64_t from) { dweights[to] = float(all[from]); });
    const double* biases = all.data() + part.taps * part.padded;
    if (dbias) std::copy(biases, biases + f.c_out, dbias);
}

// Transposes a batch of matrices (n, rows, columns).
template <class T>
void transpose(const T* x, T* y, int64_t n, int64_t rows, int64_t columns) {
    for (int64_t i = 0; i < n; ++i) {
        const T* from = x + i * rows * columns;
        T* to = y + i * rows * columns;
        for (int64_t c = 0; c < columns; ++c)
            for (int64_t r = 0; r < rows; ++r) to[c * rows + r] = from[r * columns + c];
    }
}

// Sums over rows, `SUMS` of them for each column: in float32 within blocks, float64 across them.
template <int SUMS, class Add>
void sum_rows(int64_t rows, int64_t c, double* out, Add add) {
    std::fill(out, out + SUMS * c, 0.0);
    std::vector<float> part(SUMS * c);
    for (int64_t r0 = 0; r0 < rows; r0 += ROWS) {
        std::fill(part.begin(), part.end(), 0.0f);
        for (int64_t r = r0; r < std::min(rows, r0 + ROWS); ++r) add(r, part.data());
        for (int64_t k = 0; k < SUMS * c; ++k) out[k] += part[k];
    }
}

// Treats several rows of few channels as one long row, as sums over a short row would be limited by
// the latency of their additions. `rows` and `c` describe the long rows.
struct Folded {
    int64_t times, rows, c;

    Folded(int64_t rows, int64_t c) : times(std::max<int64_t>(1, BLOCK / c)) {
        while (rows % times) --times;
        this->rows = rows / times;
        this->c = c * times;
    }

    // Repeats each channel's value at all its positions in a long row.
    std::vector<float> repeat(const float* values) const {
        std::vector<float> result(c);
        for (int64_t k = 0; k < c; ++k) result[k] = values[k % (c / times)];
        return result;
    }

    // Adds up each channel's sums over its positions in a long row.
    template <int SUMS> std::vector<double> add_positions(const std::vector<double>& sums) const {
        int64_t channels = c / times;
        std::vector<double> result(SUMS * channels, 0.0);
        for (int64_t sum = 0; sum < SUMS; ++sum)
            for (int64_t k = 0; k < c; ++k)
                result[sum * channels + k % channels] += sums[sum * c + k];
        return result;
    }
};

template <class T>
void statistics(const T* x, int64_t rows, int64_t c, float* mean, float* variance) {
    Folded folded(rows, c);
    std::vector<float> first(c);
    for (int64_t k = 0; k < c; ++k) first[k] = to_float(x[k]);
    // Sums are relative to the first row, so that a large mean does not cancel the variance.
    std::vector<float> origin = folded.repeat(first.data());
    std::vector<double> all(2 * folded.c);
    auto add_row = [=, wide = folded.c, origin = origin.data()](int64_t r, float* part) {
        const T* row = x + r * wide;
#pragma omp simd
        for (int64_t k = 0; k < wide; ++k) {
            float value = to_float(row[k]) - origin[k];
            part[k] += value;
            part[wide + k] += value * value;
        }
    };
    sum_rows<2>(folded.rows, folded.c, all.data(), add_row);
    std::vector<double> sums = folded.add_positions<2>(all);
    for (int64_t k = 0; k < c; ++k) {
        double centre = sums[k] / rows;
        mean[k] = float(first[k] + centre);
        variance[k] = float(std::max(0.0, sums[c + k] / rows - centre * centre));
    }
}

// act(x a + b + residual), with a and b a channel.
template <int A, bool R, class T>
void scale_row(const T* x, const T* residual, T* y, int64_t c, const float* a, const float* b) {
#pragma omp simd
    for (int64_t k = 0; k < c; ++k) {
        float z = to_float(x[k]) * a[k] + b[k];
        if (R) z += to_float(residual[k]);
        y[k] = from_float<T>(apply_activation<A>(z));
    }
}

template <class T>
void scale(const T* x, const T* residual, T* y, int64_t rows, int64_t c, const float* a,
           const float* b, int activation) {
    dispatch_activation(activation, [=](auto act) {
        constexpr int A = decltype(act)::value;
        for (int64_t r = 0; r < rows; ++r) {
            if (residual)
                scale_row<A, true>(x + r * c, residual + r * c, y + r * c, c, a, b);
            else
                scale_row<A, false>(x + r * c, x, y + r * c, c, a, b);
        }
    });
}

// dz, the gradient before the activation, and its sums over rows of dz and of dz (x - mean).
template <int A, bool R, class T>
void scale_back_row(const T* dy, const T* x, const T* residual, T* dz, int64_t c, const float* a,
                    const float* b, const float* mean, float* part) {
#pragma omp simd
    for (int64_t k = 0; k < c; ++k) {
        float value = to_float(x[k]), z = value * a[k] + b[k];
        if (R) z += to_float(residual[k]);
        float d = to_float(dy[k]) * activation_slope<A>(z);
        dz[k] = from_float<T>(d);
        part[k] += d;
        part[c + k] += d * (value - mean[k]);
    }
}

template <class T>
void scale_back(const T* dy, const T* x, const T* residual, T* dz, int64_t rows, int64_t c,
                const float* a, const float* b, const float* mean, int activation, double* sums) {
    dispatch_activation(activation, [=](auto act) {
        constexpr int A = decltype(act)::value;
        sum_rows<2>(rows, c, sums, [=](int64_t r, float* part) {
            const T *from = x + r * c, *given = dy + r * c;
            if (residual)
                scale_back_row<A, true>(given, from, residual + r * c, dz + r * c, c, a, b, mean,
                                        part);
            else
                scale_back_row<A, false>(given, from, from, dz + r * c, c, a, b, mean, part);
        });
    });
}

// dx = dz u + x v + w, with u, v and w a channel.
template <class T>
void combine(const T* dz, const T* x, T* dx, int64_t rows, int64_t c, const float* u,
             const float* v, const float* w) {
    for (int64_t r = 0; r < rows; ++r) {
        const T *from = dz + r * c, *also = x + r * c;
        T* to = dx + r * c;
#pragma omp simd
        for (int64_t k = 0; k < c; ++k)
            to[k] = from_float<T>(to_float(from[k]) * u[k] + to_float(also[k]) * v[k] + w[k]);
    }
}

// What a program calls where a share of a batch needs what the others have computed.
Status wait_for_shares() { return Status::WAITING; }

// Batch norm with residual and activation: act(gamma (x - mean) / std + beta + residual). The
// forward pass saves mean, 1 / std, a and b of each channel for the backward pass.
//
// Where a batch is divided into shares, mean and std are those of the whole batch: each share
// leaves its statistics in its part of `sums`, and when all have, each adds them up in one order.
// So both directions are two kernels, between which a share waits.
struct Norm {
    int64_t c;
    const float *gamma, *beta;
    float epsilon, momentum;
    float *running_mean, *running_variance;
    int64_t* batches;  // that were used for the running statistics
    int32_t activation;
    int64_t share, shares;
    double *sums;  // of each share: rows, means, variances; then, backward, both gradient sums
    double batch_rows;  // of all shares; set by the forward pass

    double* statistics_of(int64_t share) const { return sums + share * (1 + 2 * c); }
    double* gradients_of(int64_t share) const {
        return sums + shares * (1 + 2 * c) + share * 2 * c;
    }
};

template <class T>
void norm_statistics(const T* x, int64_t rows, const Norm& n) {
    std::vector<float> mean(n.c), variance(n.c);
    statistics(x, rows, n.c, mean.data(), variance.data());
    double* own = n.statistics_of(n.share);
    own[0] = double(rows);
    std::copy(mean.begin(), mean.end(), own + 1);
    std::copy(variance.begin(), variance.end(), own + 1 + n.c);
}

// From the shares' means and variances to those of the batch, by Chan's formula (1979).
inline void combine_statistics(Norm& n, float* mean, float* variance) {
    n.batch_rows = 0;
    for (int64_t s = 0; s < n.shares; ++s) n.batch_rows += n.statistics_of(s)[0];
    for (int64_t k = 0; k < n.c; ++k) {
        double centre = 0, spread = 0;
        for (int64_t s = 0; s < n.shares; ++s) {
            const double* given = n.statistics_of(s);
            centre += given[0] / n.batch_rows * given[1 + k];
        }
        for (int64_t s = 0; s < n.shares; ++s) {
            const double *given = n.statistics_of(s), apart = given[1 + k] - centre;
            spread += given[0] / n.batch_rows * (given[1 + n.c + k] + apart * apart);
        }
        mean[k] = float(centre);
        variance[k] = float(spread);
    }
}

template <class T>
void norm(const T* x, const T* residual, T* y, int64_t rows, Norm& n, float* saved) {
    float *mean = saved, *inverse = mean + n.c, *a = inverse + n.c, *b = a + n.c;
    ++*n.batches;
    combine_statistics(n, mean, inverse);
    float unbiased = n.batch_rows > 1 ? float(n.batch_rows) / float(n.batch_rows - 1) : 1.0f;
    for (int64_t k = 0; k < n.c; ++k) {
        float variance = inverse[k];
        n.running_mean[k] += n.momentum * (mean[k] - n.running_mean[k]);
        n.running_variance[k] += n.momentum * (variance * unbiased - n.running_variance[k]);
        inverse[k] = 1.0f / std::sqrt(variance + n.epsilon);
        a[k] = n.gamma[k] * inverse[k];
        b[k] = n.beta[k] - mean[k] * a[k];
    }
    Folded folded(rows, n.c);
    scale(x, residual, y, folded.rows, folded.c, folded.repeat(a).data(),
          folded.repeat(b).data(), n.activation);
}

// The gradients of gamma and beta are the share's own: the shares' are added up later.
template <class T>
void norm_back_sums(const T* dy, const T* x, const T* residual, T* dz, int64_t rows, const Norm& n,
                    const float* saved, float* dgamma, float* dbeta) {
    const float *mean = saved, *inverse = mean + n.c, *a = inverse + n.c, *b = a + n.c;
    Folded folded(rows, n.c);
    std::vector<double> all(2 * folded.c);
    scale_back(dy, x, residual, dz, folded.rows, folded.c, folded.repeat(a).data(),
               folded.repeat(b).data(), folded.repeat(mean).data(), n.activation, all.data());
    std::vector<double> sums = folded.add_positions<2>(all);
    for (int64_t k = 0; k < n.c; ++k) {
        dbeta[k] = float(sums[k]);
        dgamma[k] = float(sums[n.c + k] * inverse[k]);
    }
    std::copy(sums.begin(), sums.end(), n.gradients_of(n.share));
}

// dx and dz may be the same memory if there is no residual.
template <class T>
void norm_back(const T* dz, const T* x, T* dx, int64_t rows, const Norm& n, const float* saved) {
    const float *mean = saved, *inverse = mean + n.c, *a = inverse + n.c;
    std::vector<double> sums(2 * n.c);
    for (int64_t s = 0; s < n.shares; ++s)
        for (size_t k = 0; k < sums.size(); ++k) sums[k] += n.gradients_of(s)[k];
    std::vector<float> u(n.c), v(n.c), w(n.c);
    for (int64_t k = 0; k < n.c; ++k) {
        double total = sums[k], along = sums[n.c + k] * inverse[k];
        u[k] = a[k];
        v[k] = float(-a[k] * along / n.batch_rows * inverse[k]);
        w[k] = float(-a[k] * total / n.batch_rows - double(v[k]) * mean[k]);
    }
    Folded folded(rows, n.c);
    combine(dz, x, dx, folded.rows, folded.c, folded.repeat(u.data()).data(),
            folded.repeat(v.data()).data(), folded.repeat(w.data()).data());
}

// Zero margins around images.
struct Padding {
    int64_t n, h, w, c, left, right, top, bottom;
};

template <class T> void pad(const T* x, T* y, const Padding& p) {
    int64_t wide = p.w * p.c, padded = (p.left + p.w + p.right) * p.c;
    int64_t height = p.top + p.h + p.bottom;
    std::memset(static_cast<void*>(y), 0, sizeof(T) * p.n * height * padded);
    for (int64_t row = 0; row < p.n * p.h; ++row) {
        int64_t target = row / p.h * height + p.top + row % p.h;
        std::memcpy(y + target * padded + p.left * p.c, x + row * wide, sizeof(T) * wide);
    }
}

// The shortcut without parameters: every stride-th pixel, between zero channels.
struct Shortcut {
    int64_t n, h, w, c, stride, before, after;

    // Calls `work` with a pixel of x and one of y.
    template <class Work> void for_each_pixel(Work work) const {
        int64_t to = 0;
        for (int64_t row = 0; row < n * h; ++row)
            if (row % h % stride == 0)
                for (int64_t column = 0; column < w; column += stride)
                    work(row * w + column, to++);
    }
};

template <class T> void shortcut(const T* x, T* y, const Shortcut& s) {
    int64_t wide = s.before + s.c + s.after;
    s.for_each_pixel([&](int64_t from, int64_t to) {
        std::fill(y + to * wide, y + (to + 1) * wide, T(0));
        std::copy(x + from * s.c, x + (from + 1) * s.c, y + to * wide + s.before);
    });
}

template <class T> void shortcut_back(const T* dy, T* dx, const Shortcut& s) {
    int64_t wide = s.before + s.c + s.after;
    std::memset(static_cast<void*>(dx), 0, sizeof(T) * s.n * s.h * s.w * s.c);
    s.for_each_pixel([&](int64_t to, int64_t from) {
        const T* pixel = dy + from * wide + s.before;
        std::copy(pixel, pixel + s.c, dx + to * s.c);
    });
}

template <class T> void add(const T* x, T* sum, int64_t count) {
#pragma omp simd
    for (int64_t i = 0; i < count; ++i) sum[i] = from_float<T>(to_float(sum[i]) + to_float(x[i]));
}

// Sums over rows (rows, c), in float32.
template <class T> void add_rows(const T* x, float* sums, int64_t rows, int64_t c) {
    std::vector<double> all(c);
    sum_rows<1>(rows, c, all.data(), [=](int64_t r, float* part) {
#pragma omp simd
        for (int64_t k = 0; k < c; ++k) part[k] += to_float(x[r * c + k]);
    });
    std::copy(all.begin(), all.end(), sums);
}

// Global average pooling: the mean over the pixels (n, pixels, c), and its gradient.
template <class T> void mean(const T* x, T* y, int64_t n, int64_t pixels, int64_t c) {
    std::vector<float> sums(c);
    for (int64_t i = 0; i < n; ++i) {
        add_rows(x + i * pixels * c, sums.data(), pixels, c);
        for (int64_t k = 0; k < c; ++k) y[i * c + k] = from_float<T>(sums[k] / pixels);
    }
}

template <class T> void mean_back(const T* dy, T* dx, int64_t n, int64_t pixels, int64_t c) {
    for (int64_t i = 0; i < n; ++i)
        for (int64_t p = 0; p < pixels; ++p)
#pragma omp simd
            for (int64_t k = 0; k < c; ++k)
                dx[(i * pixels + p) * c + k] = from_float<T>(to_float(dy[i * c + k]) / pixels);
}

// Cross-entropy, its gradient times `factor`, and the number of correct answers.
template <class T>
void cross_entropy(const T* logits, const int64_t* labels, T* back, int64_t rows, int64_t classes,
                   float smoothing, float factor, double* loss, int64_t* correct) {
    std::vector<double> p(classes);
    double sum = 0;
    int64_t right = 0;
    for (int64_t r = 0; r < rows; ++r) {
        const T* z = logits + r * classes;
        int64_t best = 0;
        for (int64_t k = 1; k < classes; ++k)
            if (to_float(z[k]) > to_float(z[best])) best = k;
        double highest = to_float(z[best]), total = 0, mean = 0;
        for (int64_t k = 0; k < classes; ++k) {
            total += p[k] = std::exp(to_float(z[k]) - highest);
            mean += to_float(z[k]);
        }
        double base = highest + std::log(total), spread = smoothing / classes;
        sum += base - (1 - smoothing) * to_float(z[labels[r]]) - spread * mean;
        right += best == labels[r];
        for (int64_t k = 0; k < classes; ++k) {
            double target = spread + (k == labels[r] ? 1 - smoothing : 0.0);
            back[r * classes + k] = from_float<T>(float((p[k] / total - target) * factor));
        }
    }
    *loss = sum;
    *correct = right;
}

// All kernels of a type. Maps are (n, h, w, c), `back` kernels give gradients.
template <class T> constexpr Kernel KERNELS[] = {
    // Values of the other type.
    kernel<widen<T>>("widen"),
    kernel<narrow<T>>("narrow"),
    // Images (n, c, h, w) -> maps: less each channel's mean, divided by its standard deviation.
    kernel<normalise<T, uint8_t>>("normalise_bytes"),
    kernel<normalise<T, float>>("normalise_floats"),
    kernel<pad<T>>("pad"),
    // A convolution over the images, with its pool, ReLU and dropout.
    kernel<first<T>>("first"),
    kernel<first_back<T>>("first_back"),
    kernel<random_bits>("random_bits"),
    // An activation, then dropout; backward, ReLU and dropout alone.
    kernel<activate<T>>("activate"),
    kernel<rectify_back<T>>("rectify_back"),
    // The maximum of each window and its position, then optionally ReLU and dropout.
    kernel<pool<T>>("pool"),
    kernel<pool_back<T>>("pool_back"),
    // Batch norm with an optional residual and an activation.
    kernel<norm_statistics<T>>("norm_statistics"),
    kernel<norm<T>>("norm"),
    kernel<norm_back_sums<T>>("norm_back_sums"),
    kernel<norm_back<T>>("norm_back"),
    kernel<wait_for_shares>("wait_for_shares"),
    kernel<shortcut<T>>("shortcut"),
    kernel<shortcut_back<T>>("shortcut_back"),
    kernel<add<T>>("add"),
    kernel<mean<T>>("mean"),
    kernel<mean_back<T>>("mean_back"),
    // Matrices (n, rows, columns) -> (n, columns, rows).
    kernel<transpose<T>>("transpose"),
    kernel<add_rows<T>>("add_rows"),
    // The loss, the number of correct answers, and the gradient of the logits.
    kernel<cross_entropy<T>>("cross_entropy"),
    {},
};

}  // namespace

extern "C" {
const Kernel* float32_kernels() { return KERNELS<float>; }
const Kernel* bfloat16_kernels() { return KERNELS<bfloat16>; }
}
