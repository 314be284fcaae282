// Convolutions of bfloat16 maps on Intel's AMX tiles.
//
// A tile is 16 rows of 64 bytes, that is of 32 bfloat16 values. One instruction adds the product of
// two tiles to a third one of 16 x 16 float32 values. Maps are not copied for every filter tap, as
// im2col does: each image is copied once, zero-padded, into a scratch buffer, where the 16 pixels
// that a tap reads are consecutive rows of a tile. Positions beyond the end of an image row are
// computed too but not stored, a tenth of the work. The code calls output positions in the padded
// image "places".
//
// Maps are (N, H, W, C) in memory, weights float32 in any order. Arguments are not checked.

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <memory>
#include <vector>

#include "call.h"

// Filters (f, c, a, b) lie at f * by_filter + c * by_channel + a * by_row + b * by_column.
struct Convolution {
    int64_t n, h, w, c, f, kernel, margin;
    int64_t by_filter, by_channel, by_row, by_column;
};

#if defined(__AMX_TILE__) && defined(__AMX_BF16__) && defined(__AVX512BF16__) && defined(__linux__)

#include <immintrin.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace {

using bfloat16 = uint16_t;

constexpr int64_t DEEP = 32;       // values in a row of a tile
constexpr int64_t SIDE = 16;       // rows of a tile, and columns of a product
constexpr int64_t WIDE = 2 * SIDE; // rows or columns of two adjacent tiles
constexpr int64_t TILE = DEEP * SIDE;
constexpr int64_t BATCH_BYTES = 1 << 18;     // packed images of one batch
constexpr int64_t PLACES_PER_PASS = 256;     // places in one pass over the taps

int64_t round_up(int64_t count, int64_t to) { return (count + to - 1) / to * to; }

// Configures this thread's tiles and restores the previous configuration, which oneDNN may rely on.
class Tiles {
    alignas(64) uint8_t before[64] = {};

  public:
    Tiles() {
        _tile_storeconfig(before);
        alignas(64) uint8_t wanted[64] = {};
        wanted[0] = 1;
        for (int tile = 0; tile < 8; ++tile) {
            wanted[16 + 2 * tile] = 64;
            wanted[48 + tile] = SIDE;
        }
        _tile_loadconfig(wanted);
    }
    ~Tiles() {
        if (before[0]) _tile_loadconfig(before);
        else _tile_release();
    }
};

inline __m512i to_bfloat16(__m512 low, __m512 high) {
    return (__m512i)_mm512_cvtne2ps_pbh(high, low);
}

// Transposes a 16 x 16 matrix of 32-bit words.
inline void transpose(__m512i row[SIDE]) {
    __m512i a[SIDE], b[SIDE];
    for (int i = 0; i < SIDE; i += 2) {
        a[i] = _mm512_unpacklo_epi32(row[i], row[i + 1]);
        a[i + 1] = _mm512_unpackhi_epi32(row[i], row[i + 1]);
    }
    for (int i = 0; i < SIDE; i += 4)
        for (int j = 0; j < 2; ++j) {
            b[i + 2 * j] = _mm512_unpacklo_epi64(a[i + j], a[i + j + 2]);
            b[i + 2 * j + 1] = _mm512_unpackhi_epi64(a[i + j], a[i + j + 2]);
        }
    for (int j = 0; j < 4; ++j) {
        a[j] = _mm512_shuffle_i32x4(b[j], b[j + 4], 0x88);
        a[j + 4] = _mm512_shuffle_i32x4(b[j], b[j + 4], 0xdd);
        a[j + 8] = _mm512_shuffle_i32x4(b[j + 8], b[j + 12], 0x88);
        a[j + 12] = _mm512_shuffle_i32x4(b[j + 8], b[j + 12], 0xdd);
    }
    for (int j = 0; j < 8; ++j) {
        row[j] = _mm512_shuffle_i32x4(a[j], a[j + 8], 0x88);
        row[j + 8] = _mm512_shuffle_i32x4(a[j], a[j + 8], 0xdd);
    }
}

// Interleaves two rows of values into one of 32-bit words, the first in the lower halves.
inline void interleave(const bfloat16* first, const bfloat16* second, uint32_t* out,
                       int64_t count) {
#pragma omp simd
    for (int64_t i = 0; i < count; ++i) out[i] = uint32_t(first[i]) | uint32_t(second[i]) << 16;
}

// Adds rows of values to sums.
inline void add_rows(const bfloat16* rows, float* sums, int64_t count, int64_t wide) {
    for (int64_t k = 0; k < wide; k += SIDE) {
        __m512 sum = _mm512_loadu_ps(sums + k);
        for (int64_t row = 0; row < count; ++row) {
            __m256i values = _mm256_loadu_si256((const __m256i*)(rows + row * wide + k));
            __m512i bits = _mm512_slli_epi32(_mm512_cvtepu16_epi32(values), 16);
            sum = _mm512_add_ps(sum, _mm512_castsi512_ps(bits));
        }
        _mm512_storeu_ps(sums + k, sum);
    }
}

// Whether the patch that a place reads, all its channels included, fits one row of a tile. If so,
// patches are copied to the scratch buffer (im2col), which makes it a 1x1 convolution over them.
bool patch_fits_row(const Convolution& v) {
    if (v.kernel == 1 || v.c * v.kernel * v.kernel > DEEP) return false;
    bool channels_last = v.c == 1 || v.by_channel == 1;
    return channels_last && v.by_column == v.c && v.by_row == v.kernel * v.c;
}

// The 1x1 convolution over patches that is equivalent to `v`.
Convolution as_pointwise(const Convolution& v) {
    int64_t h = v.h + 2 * v.margin - v.kernel + 1, w = v.w + 2 * v.margin - v.kernel + 1;
    return {v.n, h, w, v.c * v.kernel * v.kernel, v.f, 1, 0, v.by_filter, 1, 0, 0};
}

// A zero-padded image: `rows` of `pitch` pixels with `deep` channels each.
struct Scratch {
    int64_t rows, pitch, deep;
    std::vector<bfloat16> numbers;

    // `reach` is the number of extra pixels allocated beyond the last row.
    Scratch(int64_t rows, int64_t pitch, int64_t deep, int64_t reach)
        : rows(rows), pitch(pitch), deep(deep), numbers((rows * pitch + reach) * deep, 0) {}

    void copy(const bfloat16* image, int64_t h, int64_t w, int64_t c, int64_t margin) {
        for (int64_t y = 0; y < h; ++y) {
            const bfloat16* from = image + y * w * c;
            bfloat16* to = numbers.data() + ((y + margin) * pitch + margin) * deep;
            if (c == deep)
                std::memcpy(to, from, w * c * sizeof(bfloat16));
            else
                for (int64_t x = 0; x < w; ++x)
                    std::memcpy(to + x * deep, from + x * c, c * sizeof(bfloat16));
        }
    }

    // Copies the patch of each place; `padded_image` is the image with its margin.
    void copy_patches(const Scratch& padded_image, int64_t kernel) {
        __mmask32 row = __mmask32((uint64_t(1) << (kernel * padded_image.deep)) - 1);
        bfloat16* to = numbers.data();
        for (int64_t y = 0; y < rows; ++y)
            for (int64_t x = 0; x < pitch; ++x, to += deep)
                for (int64_t a = 0; a < kernel; ++a) {
                    int64_t at = ((y + a) * padded_image.pitch + x) * padded_image.deep;
                    __m512i values = _mm512_loadu_si512(padded_image.numbers.data() + at);
                    _mm512_mask_storeu_epi16(to + a * kernel * padded_image.deep, row, values);
                }
    }
};

// Copies the images of a convolution into scratch buffers.
class Images {
    const bfloat16* images;
    Convolution given;
    bool as_patches;
    Scratch padded_image;

  public:
    Images(const bfloat16* images, const Convolution& given)
        : images(images), given(given), as_patches(patch_fits_row(given)),
          padded_image(as_patches ? given.h + 2 * given.margin : 0, given.w + 2 * given.margin,
                       given.c, DEEP) {}

    void load(int64_t number, Scratch& to) {
        const Convolution& v = given;
        const bfloat16* image = images + number * v.h * v.w * v.c;
        if (!as_patches) return to.copy(image, v.h, v.w, v.c, v.margin);
        padded_image.copy(image, v.h, v.w, v.c, v.margin);
        to.copy_patches(padded_image, v.kernel);
    }
};

// Packs a tile of weights: rows are pairs of channels, columns are filters; zero-padded.
inline void pack_tile(const float* weights, bfloat16* tile, int64_t channels, int64_t filters,
                 int64_t by_channel, int64_t by_filter) {
    __m512i row[SIDE];
    if (by_channel == 1) {  // a filter's channels are contiguous: load them at once, then transpose
        uint64_t some = (uint64_t(1) << channels) - 1;
        for (int64_t f = 0; f < SIDE; ++f) {
            uint64_t mask = f < filters ? some : 0;
            const float* from = weights + f * by_filter;
            row[f] = to_bfloat16(_mm512_maskz_loadu_ps(__mmask16(mask), from),
                             _mm512_maskz_loadu_ps(__mmask16(mask >> SIDE), from + SIDE));
        }
        transpose(row);
    } else {
        alignas(64) float values[2 * SIDE];
        for (int64_t pair = 0; pair < SIDE; ++pair) {
            for (int64_t f = 0; f < SIDE; ++f)
                for (int64_t half = 0; half < 2; ++half) {
                    int64_t channel = 2 * pair + half;
                    bool is_there = channel < channels && f < filters;
                    values[2 * f + half] =
                        is_there ? weights[channel * by_channel + f * by_filter] : 0.0f;
                }
            row[pair] = to_bfloat16(_mm512_load_ps(values), _mm512_load_ps(values + SIDE));
        }
    }
    for (int64_t pair = 0; pair < SIDE; ++pair) _mm512_storeu_si512(tile + pair * DEEP, row[pair]);
}

// Packs weights as tiles, ordered by block of 32 filters, tap, block of 32 channels, 16 filters.
// Backwards, filters and channels are swapped and the taps are mirrored.
std::vector<bfloat16> pack_weights(const float* weights, const Convolution& v, bool backwards) {
    int64_t c = backwards ? v.f : v.c, f = backwards ? v.c : v.f, taps = v.kernel * v.kernel;
    int64_t by_c = backwards ? v.by_filter : v.by_channel;
    int64_t by_f = backwards ? v.by_channel : v.by_filter;
    int64_t deep = round_up(c, DEEP) / DEEP, wide = round_up(f, WIDE) / SIDE;
    std::vector<bfloat16> tiles(wide * taps * deep * TILE);
    for (int64_t number = 0; number < wide * taps * deep; ++number) {
        int64_t k = number / 2 % deep, tap = number / 2 / deep % taps;
        int64_t block = number / 2 / deep / taps * 2 + number % 2;
        int64_t from = backwards ? taps - 1 - tap : tap;
        const float* at = weights + from / v.kernel * v.by_row + from % v.kernel * v.by_column;
        pack_tile(at + k * DEEP * by_c + block * SIDE * by_f, tiles.data() + number * TILE,
             std::min(DEEP, c - k * DEEP), std::clamp<int64_t>(f - block * SIDE, 0, SIDE), by_c,
             by_f);
    }
    return tiles;
}

// Sums for 32 places and 32 filters: the tiles of `image` at each tap times those of the weights.
inline void multiply(const bfloat16* image, const bfloat16* tiles, int64_t kernel, int64_t pitch,
                     int64_t deep, float* sums) {
    int64_t stride = deep * sizeof(bfloat16);
    _tile_zero(0);
    _tile_zero(1);
    _tile_zero(2);
    _tile_zero(3);
    for (int64_t a = 0; a < kernel; ++a)
        for (int64_t b = 0; b < kernel; ++b) {
            const bfloat16* from = image + (a * pitch + b) * deep;
            for (int64_t k = 0; k < deep; k += DEEP, tiles += 2 * TILE) {
                _tile_loadd(4, from + k, stride);
                _tile_loadd(5, from + SIDE * deep + k, stride);
                _tile_loadd(6, tiles, 64);
                _tile_loadd(7, tiles + TILE, 64);
                _tile_dpbf16ps(0, 4, 6);
                _tile_dpbf16ps(1, 4, 7);
                _tile_dpbf16ps(2, 5, 6);
                _tile_dpbf16ps(3, 5, 7);
            }
        }
    constexpr int64_t row = WIDE * sizeof(float);
    _tile_stored(0, sums, row);
    _tile_stored(1, sums + SIDE, row);
    _tile_stored(2, sums + SIDE * WIDE, row);
    _tile_stored(3, sums + SIDE * WIDE + SIDE, row);
}

void convolve(const bfloat16* x, const float* weights, const float* bias, bfloat16* y,
              const Convolution& given, bool backwards) {
    Convolution v = !backwards && patch_fits_row(given) ? as_pointwise(given) : given, maps = given;
    if (backwards)
        maps = {v.n, v.h + 2 * v.margin - v.kernel + 1, v.w + 2 * v.margin - v.kernel + 1, v.f, v.c,
                v.kernel, v.kernel - 1 - v.margin, 0, 0, 0, 0};
    int64_t c = backwards ? v.f : v.c, f = backwards ? v.c : v.f;
    int64_t margin = backwards ? v.kernel - 1 - v.margin : v.margin;
    int64_t oh = v.h + 2 * v.margin - v.kernel + 1, ow = v.w + 2 * v.margin - v.kernel + 1;
    int64_t h = backwards ? oh : v.h, w = backwards ? ow : v.w;
    if (backwards) oh = v.h, ow = v.w;
    int64_t deep = round_up(c, DEEP), pitch = w + 2 * margin, places = (oh - 1) * pitch + ow;
    int64_t taps = v.kernel * v.kernel, wide = round_up(f, WIDE);
    std::vector<float> biases(wide, 0.0f);
    if (bias) std::copy(bias, bias + f, biases.begin());
    std::vector<bfloat16> tiles = pack_weights(weights, v, backwards);
    Tiles configured;
    Images images(x, maps);
    Scratch image(h + 2 * margin, pitch, deep, WIDE);
    alignas(64) float sums[WIDE * WIDE];
    for (int64_t i = 0; i < v.n; ++i) {
        images.load(i, image);
        for (int64_t q = 0; q < places; q += WIDE)
            for (int64_t block = 0; block < wide; block += WIDE) {
                multiply(image.numbers.data() + q * deep, tiles.data() + block * taps * deep,
                         v.kernel, pitch, deep, sums);
                __m512 b0 = _mm512_loadu_ps(biases.data() + block);
                __m512 b1 = _mm512_loadu_ps(biases.data() + block + SIDE);
                int64_t columns = std::min(WIDE, f - block);
                __mmask32 some = __mmask32((uint64_t(1) << columns) - 1);
                int64_t row = q / pitch, column = q % pitch;
                for (int64_t p = 0; p < std::min(WIDE, places - q); ++p, ++column) {
                    if (column == pitch) column = 0, ++row;
                    if (column >= ow) continue;
                    __m512 s0 = _mm512_add_ps(_mm512_load_ps(sums + p * WIDE), b0);
                    __m512 s1 = _mm512_add_ps(_mm512_load_ps(sums + p * WIDE + SIDE), b1);
                    bfloat16* to = y + ((i * oh + row) * ow + column) * f + block;
                    _mm512_mask_storeu_epi16(to, some, to_bfloat16(s0, s1));
                }
            }
    }
}

// Transposes pixels (length, deep) to (deep, length).
void transpose_pixels(const bfloat16* pixels, bfloat16* out, int64_t length, int64_t deep) {
    for (int64_t c = 0; c < deep; c += SIDE)
        for (int64_t p = 0; p < length; p += DEEP) {
            __m512i row[SIDE];
            for (int64_t i = 0; i < SIDE; ++i) {
                const bfloat16* at = pixels + (p + 2 * i) * deep + c;
                __m512i first = _mm512_cvtepu16_epi32(_mm256_loadu_si256((const __m256i*)at));
                __m512i second =
                    _mm512_cvtepu16_epi32(_mm256_loadu_si256((const __m256i*)(at + deep)));
                row[i] = _mm512_or_si512(first, _mm512_slli_epi32(second, 16));
            }
            transpose(row);
            for (int64_t i = 0; i < SIDE; ++i)
                _mm512_storeu_si512(out + (c + i) * length + p, row[i]);
        }
}

// Adds the products of places [first, last) of `count` packed images to the weight gradients of 32
// filters and 32 channels of one tap; `fresh` sums start from zero. The sums of consecutive filters
// are `row` values apart.
inline void add_products(const bfloat16* filters, const uint32_t* channels, int64_t count,
                         int64_t filter_size, int64_t channel_size, int64_t places, int64_t deep,
                         int64_t first, int64_t last, float* sums, int64_t row, bool fresh) {
    int64_t stride = places * sizeof(bfloat16), step = deep * sizeof(uint32_t);
    float* lower = sums + SIDE * row;
    row *= sizeof(float);
    if (fresh) {
        _tile_zero(0);
        _tile_zero(1);
        _tile_zero(2);
        _tile_zero(3);
    } else {
        _tile_loadd(0, sums, row);
        _tile_loadd(1, sums + SIDE, row);
        _tile_loadd(2, lower, row);
        _tile_loadd(3, lower + SIDE, row);
    }
    for (int64_t i = 0; i < count; ++i, filters += filter_size, channels += channel_size)
        for (int64_t p = first; p < last; p += DEEP) {
            _tile_loadd(4, filters + p, stride);
            _tile_loadd(5, filters + SIDE * places + p, stride);
            _tile_loadd(6, channels + p / 2 * deep, step);
            _tile_loadd(7, channels + p / 2 * deep + SIDE, step);
            _tile_dpbf16ps(0, 4, 6);
            _tile_dpbf16ps(1, 4, 7);
            _tile_dpbf16ps(2, 5, 6);
            _tile_dpbf16ps(3, 5, 7);
        }
    _tile_stored(0, sums, row);
    _tile_stored(1, sums + SIDE, row);
    _tile_stored(2, lower, row);
    _tile_stored(3, lower + SIDE, row);
}

// The weight gradients of 32 filters and 32 channels of one tap.
struct Block {
    int64_t tap, f, c;
    float* gradient;
    bool is_whole;  // complete and contiguous, so tiles can be stored there directly
    Block(int64_t number, int64_t taps, int64_t deep_blocks, const Convolution& v, float* dweights)
        : tap(number / deep_blocks % taps), f(number / deep_blocks / taps * WIDE),
          c(number % deep_blocks * WIDE),
          gradient(dweights + tap / v.kernel * v.by_row + tap % v.kernel * v.by_column +
                   f * v.by_filter + c * v.by_channel),
          is_whole(v.by_channel == 1 && f + WIDE <= v.f && c + WIDE <= v.c) {}
};

// The weights' gradient is a product summed over pixels, so the output's gradient is transposed to
// channels first, and an image's pixels are interleaved in pairs: once from the first pixel on, and
// once from the second on, for taps at an odd offset.
void convolve_weights(const bfloat16* x, const bfloat16* dy, float* dweights, float* dbias,
                      const Convolution& given) {
    Convolution v = patch_fits_row(given) ? as_pointwise(given) : given;
    int64_t oh = v.h + 2 * v.margin - v.kernel + 1, ow = v.w + 2 * v.margin - v.kernel + 1;
    int64_t pitch = v.w + 2 * v.margin, taps = v.kernel * v.kernel, ways = v.kernel > 1 ? 2 : 1;
    int64_t places = round_up((oh - 1) * pitch + ow, DEEP);
    int64_t length = round_up(places + (v.kernel - 1) * (pitch + 1), 2);
    int64_t deep = round_up(v.c, WIDE), wide = round_up(v.f, WIDE);
    int64_t filter_size = wide * places, pairs = length / 2 * deep, channel_size = ways * pairs;
    int64_t bytes = filter_size * sizeof(bfloat16) + channel_size * sizeof(uint32_t);
    int64_t deep_blocks = deep / WIDE, blocks = taps * (wide / WIDE) * deep_blocks;
    // Complete blocks are summed directly in the gradient's memory, others here.
    std::unique_ptr<float[]> sums(new float[blocks * WIDE * WIDE]);
    std::vector<float> bias(wide, 0.0f);
    Tiles configured;
    Images images(x, given);
    Scratch image(v.h + 2 * v.margin, pitch, deep, length + 1), back(oh, pitch, wide, places);
    int64_t batch = std::clamp<int64_t>(BATCH_BYTES / bytes, 1, v.n);
    std::vector<bfloat16> filters(batch * filter_size);
    std::vector<uint32_t> channels(batch * channel_size);
    for (int64_t i = 0; i < v.n; i += batch) {
        int64_t count = std::min(batch, v.n - i);
        for (int64_t j = 0; j < count; ++j) {
            images.load(i + j, image);
            for (int64_t way = 0; way < ways; ++way) {
                uint32_t* to = channels.data() + j * channel_size + way * pairs;
                for (int64_t p = 0; p < length; p += 2) {
                    const bfloat16* at = image.numbers.data() + (p + way) * deep;
                    interleave(at, at + deep, to + p / 2 * deep, deep);
                }
            }
            back.copy(dy + (i + j) * oh * ow * v.f, oh, ow, v.f, 0);
            const bfloat16* pixels = back.numbers.data();
            transpose_pixels(pixels, filters.data() + j * filter_size, places, wide);
            if (dbias) add_rows(pixels, bias.data(), (oh - 1) * pitch + ow, wide);
        }
        for (int64_t p = 0; p < places; p += PLACES_PER_PASS)
            for (int64_t number = 0; number < blocks; ++number) {
                Block block(number, taps, deep_blocks, v, dweights);
                int64_t offset = block.tap / v.kernel * pitch + block.tap % v.kernel;
                add_products(filters.data() + block.f * places,
                             channels.data() + offset % 2 * pairs + offset / 2 * deep + block.c,
                             count, filter_size, channel_size, places, deep, p,
                             std::min(places, p + PLACES_PER_PASS),
                             block.is_whole ? block.gradient : sums.get() + number * WIDE * WIDE,
                             block.is_whole ? v.by_filter : WIDE, i == 0 && p == 0);
            }
    }
    for (int64_t number = 0; number < blocks; ++number) {
        Block block(number, taps, deep_blocks, v, dweights);
        if (block.is_whole) continue;
        const float* from = sums.get() + number * WIDE * WIDE;
        for (int64_t f = 0; f < std::min(WIDE, v.f - block.f); ++f, from += WIDE)
            for (int64_t c = 0; c < std::min(WIDE, v.c - block.c); ++c)
                block.gradient[f * v.by_filter + c * v.by_channel] = from[c];
    }
    if (dbias) std::copy(bias.begin(), bias.begin() + v.f, dbias);
}

// Weights, bias or null -> maps, rounded to bfloat16.
void convolve_forward(const bfloat16* x, const float* weights, const float* bias, bfloat16* y,
                      const Convolution& v) {
    convolve(x, weights, bias, y, v, false);
}

// The output's gradient -> the input's.
void convolve_back(const bfloat16* dy, const float* weights, bfloat16* dx, const Convolution& v) {
    convolve(dy, weights, nullptr, dx, v, true);
}

constexpr Kernel KERNELS[] = {
    kernel<convolve_forward>("amx_convolution"),
    kernel<convolve_back>("amx_convolution_back"),
    kernel<convolve_weights>("amx_convolution_weights"),
    {},
};

}  // namespace

extern "C" {
const Kernel* kernels() { return KERNELS; }

// Asks the system for permission to use tiles; returns whether it is granted.
int tiles_ready() {
    constexpr long REQUEST_PERMISSION = 0x1023, TILE_DATA = 18;  // arch_prctl's
    return syscall(SYS_arch_prctl, REQUEST_PERMISSION, TILE_DATA) == 0;
}
}

#else  // another processor

extern "C" {
const Kernel* kernels() { return nullptr; }
int tiles_ready() { return 0; }
}

#endif
