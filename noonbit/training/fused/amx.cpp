// Convolutions of bfloat16 maps by a processor's matrix tiles (Intel's AMX).
//
// A tile is 16 rows of 64 bytes, which are 32 bfloat16 numbers, and one instruction adds the product
// of two to a third of 16 x 16 float32 numbers. No copy of the maps for every filter tap is made, as
// libraries do for a product: an image lies in a scratch with its margin, pixel after pixel, so the
// 16 pixels that a tap sees are rows a pixel apart, wherever it begins. Places beyond the end of an
// image's row are computed too and not stored: a tenth of the work.
//
// Maps are (N, H, W, C) in memory, weights float32 in any order. Called from tiles.py, which says
// what each function does and checks nothing again here.

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <memory>
#include <vector>
#ifdef _OPENMP
#include <omp.h>
#else
static int omp_get_max_threads() { return 1; }
#endif

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

constexpr int64_t DEEP = 32;       // numbers that a tile's row multiplies
constexpr int64_t SIDE = 16;       // rows of a tile, and columns of a result
constexpr int64_t WIDE = 2 * SIDE; // what two tiles beside each other cover
constexpr int64_t TILE = DEEP * SIDE;
constexpr int64_t TOGETHER = 1 << 18;  // bytes of images that are packed together
constexpr int64_t STRETCH = 256;       // places for one pass over the taps
constexpr int64_t WORTH = 1 << 20;     // multiply-adds for which a second thread is woken

int64_t padded(int64_t count, int64_t to) { return (count + to - 1) / to * to; }

// The tiles of this thread as they were before: the library that multiplies beside us has its own.
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

inline __m512i rounded(__m512 low, __m512 high) {
    return (__m512i)_mm512_cvtne2ps_pbh(high, low);
}

// Sixteen rows of sixteen words become columns.
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

// Two rows of numbers as one of words, the first in the lower halves.
inline void zip(const bfloat16* first, const bfloat16* second, uint32_t* out, int64_t count) {
#pragma omp simd
    for (int64_t i = 0; i < count; ++i) out[i] = uint32_t(first[i]) | uint32_t(second[i]) << 16;
}

// Adds rows of numbers to sums.
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

// A convolution over few channels sees so few numbers from each place that they fill one tile's row:
// then an image goes into the scratch as its places, and all their numbers are channels of one tap.
bool sees_few(const Convolution& v) {
    if (v.kernel == 1 || v.c * v.kernel * v.kernel > DEEP) return false;
    bool channels_last = v.c == 1 || v.by_channel == 1;
    return channels_last && v.by_column == v.c && v.by_row == v.kernel * v.c;
}

Convolution of_places(const Convolution& v) {
    int64_t h = v.h + 2 * v.margin - v.kernel + 1, w = v.w + 2 * v.margin - v.kernel + 1;
    return {v.n, h, w, v.c * v.kernel * v.kernel, v.f, 1, 0, v.by_filter, 1, 0, 0};
}

// An image's pixels with a margin of zeros, `pitch` of them a row, `deep` channels each.
struct Scratch {
    int64_t rows, pitch, deep;
    std::vector<bfloat16> numbers;

    // Room for places up to `reach` pixels beyond the last row.
    Scratch(int64_t rows, int64_t pitch, int64_t deep, int64_t reach)
        : rows(rows), pitch(pitch), deep(deep), numbers((rows * pitch + reach) * deep, 0) {}

    void take(const bfloat16* image, int64_t h, int64_t w, int64_t c, int64_t margin) {
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

    // The numbers that a convolution sees from each place; `framed` has the image with its margin.
    void take_places(const Scratch& framed, int64_t kernel) {
        __mmask32 row = __mmask32((uint64_t(1) << (kernel * framed.deep)) - 1);
        bfloat16* to = numbers.data();
        for (int64_t y = 0; y < rows; ++y)
            for (int64_t x = 0; x < pitch; ++x, to += deep)
                for (int64_t a = 0; a < kernel; ++a) {
                    int64_t at = ((y + a) * framed.pitch + x) * framed.deep;
                    __m512i values = _mm512_loadu_si512(framed.numbers.data() + at);
                    _mm512_mask_storeu_epi16(to + a * kernel * framed.deep, row, values);
                }
    }
};

// Brings the images of a convolution into scratches.
class Images {
    const bfloat16* images;
    Convolution given;
    bool as_places;
    Scratch framed;

  public:
    Images(const bfloat16* images, const Convolution& given)
        : images(images), given(given), as_places(sees_few(given)),
          framed(as_places ? given.h + 2 * given.margin : 0, given.w + 2 * given.margin, given.c,
                 DEEP) {}

    void bring(int64_t number, Scratch& to) {
        const Convolution& v = given;
        const bfloat16* image = images + number * v.h * v.w * v.c;
        if (!as_places) return to.take(image, v.h, v.w, v.c, v.margin);
        framed.take(image, v.h, v.w, v.c, v.margin);
        to.take_places(framed, v.kernel);
    }
};

// A tile of weights: its rows are pairs of channels, its columns filters; zeros beyond both.
inline void pack(const float* weights, bfloat16* tile, int64_t channels, int64_t filters,
                 int64_t by_channel, int64_t by_filter) {
    __m512i row[SIDE];
    if (by_channel == 1) {  // so a filter's channels are read together, and turned
        uint64_t some = (uint64_t(1) << channels) - 1;
        for (int64_t f = 0; f < SIDE; ++f) {
            uint64_t mask = f < filters ? some : 0;
            const float* from = weights + f * by_filter;
            row[f] = rounded(_mm512_maskz_loadu_ps(__mmask16(mask), from),
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
            row[pair] = rounded(_mm512_load_ps(values), _mm512_load_ps(values + SIDE));
        }
    }
    for (int64_t pair = 0; pair < SIDE; ++pair) _mm512_storeu_si512(tile + pair * DEEP, row[pair]);
}

// Weights as tiles: for 32 filters after the other, each tap, each 32 channels, two tiles of 16
// filters. Backwards, filters are channels and the other way round, and the taps are mirrored.
std::vector<bfloat16> packed(const float* weights, const Convolution& v, bool backwards,
                             int threads) {
    int64_t c = backwards ? v.f : v.c, f = backwards ? v.c : v.f, taps = v.kernel * v.kernel;
    int64_t by_c = backwards ? v.by_filter : v.by_channel;
    int64_t by_f = backwards ? v.by_channel : v.by_filter;
    int64_t deep = padded(c, DEEP) / DEEP, wide = padded(f, WIDE) / SIDE;
    std::vector<bfloat16> tiles(wide * taps * deep * TILE);
#pragma omp parallel for num_threads(threads)
    for (int64_t number = 0; number < wide * taps * deep; ++number) {
        int64_t k = number / 2 % deep, tap = number / 2 / deep % taps;
        int64_t block = number / 2 / deep / taps * 2 + number % 2;
        int64_t from = backwards ? taps - 1 - tap : tap;
        const float* at = weights + from / v.kernel * v.by_row + from % v.kernel * v.by_column;
        pack(at + k * DEEP * by_c + block * SIDE * by_f, tiles.data() + number * TILE,
             std::min(DEEP, c - k * DEEP), std::clamp<int64_t>(f - block * SIDE, 0, SIDE), by_c,
             by_f);
    }
    return tiles;
}

// 32 places times 32 filters: the tiles of `image` at each tap times those of the weights.
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

// The threads that a convolution is worth, and into how many parts its blocks of filters go, where
// there are fewer images than threads.
struct Shares {
    int threads, parts;
    Shares(const Convolution& v, int64_t products, int64_t blocks) {
        threads = products * v.c * v.f > WORTH ? omp_get_max_threads() : 1;
        parts = v.n >= threads ? 1 : int(std::min<int64_t>(threads, blocks));
    }
};

void convolve(const bfloat16* x, const float* weights, const float* bias, bfloat16* y,
              const Convolution& given, bool backwards) {
    Convolution v = !backwards && sees_few(given) ? of_places(given) : given, maps = given;
    if (backwards)
        maps = {v.n, v.h + 2 * v.margin - v.kernel + 1, v.w + 2 * v.margin - v.kernel + 1, v.f, v.c,
                v.kernel, v.kernel - 1 - v.margin, 0, 0, 0, 0};
    int64_t c = backwards ? v.f : v.c, f = backwards ? v.c : v.f;
    int64_t margin = backwards ? v.kernel - 1 - v.margin : v.margin;
    int64_t oh = v.h + 2 * v.margin - v.kernel + 1, ow = v.w + 2 * v.margin - v.kernel + 1;
    int64_t h = backwards ? oh : v.h, w = backwards ? ow : v.w;
    if (backwards) oh = v.h, ow = v.w;
    int64_t deep = padded(c, DEEP), pitch = w + 2 * margin, places = (oh - 1) * pitch + ow;
    int64_t taps = v.kernel * v.kernel, wide = padded(f, WIDE);
    std::vector<float> biases(wide, 0.0f);
    if (bias) std::copy(bias, bias + f, biases.begin());
    Shares shares(v, v.n * places * taps, wide / WIDE);
    int64_t parts = shares.parts;
    std::vector<bfloat16> tiles = packed(weights, v, backwards, shares.threads);
#pragma omp parallel num_threads(shares.threads)
    {
        Tiles configured;
        Images images(x, maps);
        Scratch image(h + 2 * margin, pitch, deep, WIDE);
        alignas(64) float sums[WIDE * WIDE];
#pragma omp for
        for (int64_t number = 0; number < v.n * parts; ++number) {
            int64_t i = number / parts, part = number % parts;
            images.bring(i, image);
            for (int64_t q = 0; q < places; q += WIDE)
                for (int64_t block = wide / WIDE * part / parts * WIDE;
                     block < wide / WIDE * (part + 1) / parts * WIDE; block += WIDE) {
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
                        _mm512_mask_storeu_epi16(to, some, rounded(s0, s1));
                    }
                }
        }
    }
}

// Maps as rows of pixels, one a channel: (deep, length), from (length, deep).
void by_channel(const bfloat16* pixels, bfloat16* out, int64_t length, int64_t deep) {
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

// What places from first to last of `count` packed images give to 32 filters and 32 channels of one
// tap: `fresh` sums begin with it, others have it added. A filter's sums lie `row` numbers apart.
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

// The weights of 32 filters and 32 channels of one tap.
struct Block {
    int64_t tap, f, c;
    float* gradient;
    bool is_whole;  // and in order, so that tiles can be stored there
    Block(int64_t number, int64_t taps, int64_t deep_blocks, const Convolution& v, float* dweights)
        : tap(number / deep_blocks % taps), f(number / deep_blocks / taps * WIDE),
          c(number % deep_blocks * WIDE),
          gradient(dweights + tap / v.kernel * v.by_row + tap % v.kernel * v.by_column +
                   f * v.by_filter + c * v.by_channel),
          is_whole(v.by_channel == 1 && f + WIDE <= v.f && c + WIDE <= v.c) {}
};

// The pixels of a tap and those of the gradient are the numbers that are multiplied and summed, so
// the gradient goes by channel, and an image's pixels in pairs: from the first on, and for taps at
// an odd distance from the second on.
void convolve_weights(const bfloat16* x, const bfloat16* dy, float* dweights, float* dbias,
                      const Convolution& given) {
    Convolution v = sees_few(given) ? of_places(given) : given;
    int64_t oh = v.h + 2 * v.margin - v.kernel + 1, ow = v.w + 2 * v.margin - v.kernel + 1;
    int64_t pitch = v.w + 2 * v.margin, taps = v.kernel * v.kernel, ways = v.kernel > 1 ? 2 : 1;
    int64_t places = padded((oh - 1) * pitch + ow, DEEP);
    int64_t length = padded(places + (v.kernel - 1) * (pitch + 1), 2);
    int64_t deep = padded(v.c, WIDE), wide = padded(v.f, WIDE);
    int64_t filter_size = wide * places, pairs = length / 2 * deep, channel_size = ways * pairs;
    int64_t bytes = filter_size * sizeof(bfloat16) + channel_size * sizeof(uint32_t);
    int64_t deep_blocks = deep / WIDE, blocks = taps * (wide / WIDE) * deep_blocks;
    Shares shares(v, v.n * places * taps, blocks);
    int64_t parts = shares.parts, size = blocks * WIDE * WIDE;
    int threads = shares.threads, teams = parts > 1 ? 1 : threads;
    std::unique_ptr<float[]> all(new float[teams * (size + wide)]);
    // The first team's sums of a whole block are the gradient's own memory.
    auto block_of = [&](int64_t number) { return Block(number, taps, deep_blocks, v, dweights); };
#pragma omp parallel for num_threads(threads) schedule(static, 1)
    for (int t = 0; t < threads; ++t) {
        Tiles configured;
        int64_t team = teams > 1 ? t : 0, part = teams > 1 ? 0 : t;
        int64_t first = v.n * team / teams, last = v.n * (team + 1) / teams;
        int64_t together = std::clamp<int64_t>(TOGETHER / bytes, 1, last - first);
        float *sums = all.get() + team * (size + wide), *bias = sums + size;
        if (part == 0) std::fill(bias, bias + wide, 0.0f);
        Images images(x, given);
        Scratch image(v.h + 2 * v.margin, pitch, deep, length + 1), back(oh, pitch, wide, places);
        std::vector<bfloat16> filters(together * filter_size);
        std::vector<uint32_t> channels(together * channel_size);
        for (int64_t i = first; i < last; i += together) {
            int64_t count = std::min(together, last - i);
            for (int64_t j = 0; j < count; ++j) {
                images.bring(i + j, image);
                for (int64_t way = 0; way < ways; ++way) {
                    uint32_t* to = channels.data() + j * channel_size + way * pairs;
                    for (int64_t p = 0; p < length; p += 2) {
                        const bfloat16* at = image.numbers.data() + (p + way) * deep;
                        zip(at, at + deep, to + p / 2 * deep, deep);
                    }
                }
                back.take(dy + (i + j) * oh * ow * v.f, oh, ow, v.f, 0);
                const bfloat16* pixels = back.numbers.data();
                by_channel(pixels, filters.data() + j * filter_size, places, wide);
                if (dbias && part == 0) add_rows(pixels, bias, (oh - 1) * pitch + ow, wide);
            }
            for (int64_t p = 0; p < places; p += STRETCH)
                for (int64_t number = blocks * part / parts; number < blocks * (part + 1) / parts;
                     ++number) {
                    Block block = block_of(number);
                    bool direct = team == 0 && block.is_whole;
                    int64_t offset = block.tap / v.kernel * pitch + block.tap % v.kernel;
                    add_products(filters.data() + block.f * places,
                                 channels.data() + offset % 2 * pairs + offset / 2 * deep + block.c,
                                 count, filter_size, channel_size, places, deep, p,
                                 std::min(places, p + STRETCH),
                                 direct ? block.gradient : sums + number * WIDE * WIDE,
                                 direct ? v.by_filter : WIDE, i == first && p == 0);
                }
        }
    }
#pragma omp parallel for num_threads(threads)
    for (int64_t number = 0; number < blocks; ++number) {
        Block block = block_of(number);
        int64_t count = std::min(WIDE, v.c - block.c);
        for (int team = block.is_whole; team < teams; ++team) {
            const float* sums = all.get() + team * (size + wide) + number * WIDE * WIDE;
            for (int64_t f = 0; f < std::min(WIDE, v.f - block.f); ++f, sums += WIDE) {
                float* to = block.gradient + f * v.by_filter;
                for (int64_t c = 0; c < count; ++c)
                    to[c * v.by_channel] = sums[c] + (team ? to[c * v.by_channel] : 0.0f);
            }
        }
    }
    if (dbias)
        for (int64_t k = 0; k < v.f; ++k) {
            dbias[k] = 0;
            for (int team = 0; team < teams; ++team)
                dbias[k] += all.get()[team * (size + wide) + size + k];
        }
}

}  // namespace

extern "C" {

// Whether the processor has tiles and the system lets this process use them.
int tiles_ready() {
    constexpr long REQUEST_PERMISSION = 0x1023, TILE_DATA = 18;  // arch_prctl's
    return syscall(SYS_arch_prctl, REQUEST_PERMISSION, TILE_DATA) == 0;
}

void tiles_convolve(const uint16_t* x, const float* weights, const float* bias, uint16_t* y,
                    const Convolution* v) {
    convolve(x, weights, bias, y, *v, false);
}

void tiles_convolve_back(const uint16_t* dy, const float* weights, uint16_t* dx,
                         const Convolution* v) {
    convolve(dy, weights, nullptr, dx, *v, true);
}

void tiles_convolve_weights(const uint16_t* x, const uint16_t* dy, float* dweights, float* dbias,
                            const Convolution* v) {
    convolve_weights(x, dy, dweights, dbias, *v);
}
}

#else  // another processor

extern "C" {
int tiles_ready() { return 0; }
void tiles_convolve(const uint16_t*, const float*, const float*, uint16_t*, const Convolution*) {}
void tiles_convolve_back(const uint16_t*, const float*, uint16_t*, const Convolution*) {}
void tiles_convolve_weights(const uint16_t*, const uint16_t*, float*, float*, const Convolution*) {
}
}

#endif
