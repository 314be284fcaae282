// The random numbers of PyTorch's generator on a processor: MT19937 (Matsumoto and Nishimura, 1998).
//
// PyTorch draws them one by one. Here a block is made at once, in loops that the compiler can
// vectorise: each number depends on one that is 227 or more before it.

#pragma once

#include <algorithm>
#include <cstdint>

class MersenneTwister {
    static constexpr int64_t SIZE = 624, SHIFT = 397;
    uint32_t state[SIZE], block[SIZE];

    static uint32_t twist(uint32_t high, uint32_t low) {
        uint32_t mixed = (high & 0x80000000u) | (low & 0x7fffffffu);
        return (mixed >> 1) ^ (low & 1 ? 0x9908b0dfu : 0u);
    }

    static uint32_t temper(uint32_t number) {
        number ^= number >> 11;
        number ^= (number << 7) & 0x9d2c5680u;
        number ^= (number << 15) & 0xefc60000u;
        return number ^ (number >> 18);
    }

    void make_block() {
        for (int64_t i = 0; i < SIZE - SHIFT; ++i)
            state[i] = state[i + SHIFT] ^ twist(state[i], state[i + 1]);
        for (int64_t i = SIZE - SHIFT; i < SIZE - 1; ++i)
            state[i] = state[i + SHIFT - SIZE] ^ twist(state[i], state[i + 1]);
        state[SIZE - 1] = state[SHIFT - 1] ^ twist(state[SIZE - 1], state[0]);
        for (int64_t i = 0; i < SIZE; ++i) block[i] = temper(state[i]);
    }

  public:
    // PyTorch uses the lower half of a seed as well.
    explicit MersenneTwister(uint64_t seed) {
        state[0] = uint32_t(seed);
        for (int64_t i = 1; i < SIZE; ++i)
            state[i] = 1812433253u * (state[i - 1] ^ (state[i - 1] >> 30)) + uint32_t(i);
    }

    // Fills words with random bits, as `Tensor.random_` does over all of int64. Call it once.
    void fill(uint64_t* words, int64_t count) {
        for (int64_t begin = 0; begin < count; begin += SIZE / 2) {
            make_block();
            int64_t size = std::min(SIZE / 2, count - begin);
            for (int64_t i = 0; i < size; ++i)
                words[begin + i] = uint64_t(block[2 * i]) << 32 | block[2 * i + 1];
        }
    }
};
