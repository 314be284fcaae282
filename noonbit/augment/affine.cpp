// Bilinear sampling of images at the positions of an affine map; the edge pixels extend outwards.
// Called from affine.py, which checks the arguments.

#include <algorithm>
#include <cstdint>
#include <vector>

namespace {

constexpr int64_t WORTH = 1 << 15;  // pixels above which several threads are used

// A float copy of one image, padded by a repetition of its last row and column.
class Padded {
    int64_t h, w;
    std::vector<float> values;

  public:
    Padded(int64_t h, int64_t w) : h(h), w(w), values((h + 1) * (w + 1)) {}

    template <class P> void take(const P* pixels) {
        for (int64_t y = 0; y <= h; ++y) {
            const P* row = pixels + std::min(y, h - 1) * w;
            float* to = values.data() + y * (w + 1);
#pragma omp simd
            for (int64_t x = 0; x < w; ++x) to[x] = float(row[x]);
            to[w] = to[w - 1];
        }
    }

    const float* row(int64_t y) const { return values.data() + y * (w + 1); }
};

inline float between(float value, float last) {  // a NaN becomes 0
    return value > 0 ? (value < last ? value : last) : 0.0f;
}

template <class P>
void warp(const P* images, const float* matrices, float* out, int64_t n, int64_t c, int64_t h,
          int64_t w) {
    int64_t size = h * w;
    std::vector<float> rows(size), columns(size);
    for (int64_t p = 0; p < size; ++p) rows[p] = float(p / w), columns[p] = float(p % w);
    const float *row = rows.data(), *column = columns.data();
    float bottom = float(h - 1), right = float(w - 1);
    int32_t stride = int32_t(w + 1);
#pragma omp parallel if (n * c * size > WORTH)
    {
        Padded image(h, w);
        const float *upper = image.row(0), *lower = image.row(1);
#pragma omp for
        for (int64_t i = 0; i < n * c; ++i) {
            image.take(images + i * size);
            const float* m = matrices + i / c * 6;
            float* to = out + i * size;
#pragma omp simd
            for (int64_t p = 0; p < size; ++p) {
                float y = between(m[0] * row[p] + m[1] * column[p] + m[2], bottom);
                float x = between(m[3] * row[p] + m[4] * column[p] + m[5], right);
                int32_t top = int32_t(y), left = int32_t(x), at = top * stride + left;
                float down = y - float(top), along = x - float(left);
                float above = upper[at] + along * (upper[at + 1] - upper[at]);
                float below = lower[at] + along * (lower[at + 1] - lower[at]);
                to[p] = above + down * (below - above);
            }
        }
    }
}

}  // namespace

extern "C" {
void warp_bytes(const uint8_t* images, const float* matrices, float* out, int64_t n, int64_t c,
                int64_t h, int64_t w) {
    warp(images, matrices, out, n, c, h, w);
}
void warp_floats(const float* images, const float* matrices, float* out, int64_t n, int64_t c,
                 int64_t h, int64_t w) {
    warp(images, matrices, out, n, c, h, w);
}
}
