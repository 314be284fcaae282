// Reorders the rows and columns of images. Called from shift_flip.py, which checks the arguments.

#include <cstdint>

constexpr int64_t WORTH = 1 << 15;  // pixels above which several threads are used

// images and out: (n, c, h, w); rows (n, h) and columns (n, w): where each output pixel comes from.
extern "C" void select_bytes(const uint8_t* images, const int64_t* rows, const int64_t* columns,
                             uint8_t* out, int64_t n, int64_t c, int64_t h, int64_t w) {
#pragma omp parallel for if (n * c * h * w > WORTH)
    for (int64_t i = 0; i < n; ++i) {
        const int64_t* column = columns + i * w;
        for (int64_t k = 0; k < c; ++k)
            for (int64_t y = 0; y < h; ++y) {
                const uint8_t* from = images + ((i * c + k) * h + rows[i * h + y]) * w;
                uint8_t* to = out + ((i * c + k) * h + y) * w;
                for (int64_t x = 0; x < w; ++x) to[x] = from[column[x]];
            }
    }
}
