// Where threads wait for each other.

#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>

// Threads come at about the same time, so each looks for a moment before it sleeps; one that looked
// on would take a busy core from the thread it waits for.
class Barrier {
    static constexpr int LOOKS = 4000;  // some microseconds
    std::atomic<int64_t> generation{0};
    std::mutex mutex;
    std::condition_variable changed;
    int64_t arrived = 0;

  public:
    // Returns when so many threads have come.
    void wait(int64_t threads) {
        const int64_t before = generation.load();
        {
            std::lock_guard<std::mutex> lock(mutex);
            if (++arrived == threads) {
                arrived = 0;
                generation.store(before + 1);
                changed.notify_all();
                return;
            }
        }
        for (int look = 0; look < LOOKS; ++look)
            if (generation.load(std::memory_order_acquire) != before) return;
        std::unique_lock<std::mutex> lock(mutex);
        changed.wait(lock, [&] { return generation.load() != before; });
    }
};
