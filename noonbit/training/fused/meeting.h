// Where threads wait for each other.

#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>

// Threads come at about the same time, so each looks for a moment before it sleeps; one that looked
// on would take a busy core from the thread it waits for.
class Meeting {
    static constexpr int LOOKS = 4000;  // some microseconds
    std::atomic<int64_t> meetings{0};
    std::mutex mutex;
    std::condition_variable changed;
    int64_t arrived = 0;
    bool abandoned = false;

  public:
    // Returns whether all came.
    bool wait_for_all(int64_t threads) {
        const int64_t before = meetings.load();
        {
            std::lock_guard<std::mutex> lock(mutex);
            if (abandoned) return false;
            if (++arrived == threads) {
                arrived = 0;
                meetings.store(before + 1);
                changed.notify_all();
                return true;
            }
        }
        for (int look = 0; look < LOOKS; ++look)
            if (meetings.load(std::memory_order_acquire) != before) return true;
        std::unique_lock<std::mutex> lock(mutex);
        changed.wait(lock, [&] { return meetings.load() != before || abandoned; });
        return meetings.load() != before;
    }

    // For a thread that failed and will not come: nobody waits from now on.
    void abandon() {
        std::lock_guard<std::mutex> lock(mutex);
        abandoned = true;
        changed.notify_all();
    }
};
