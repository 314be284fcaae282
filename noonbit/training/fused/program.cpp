// Runs programs: lists of calls, on one thread or on several at the same time.

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <limits>
#include <mutex>

#include "barrier.h"
#include "call.h"

namespace {

struct Call {
    Status (*kernel)(Arguments);
    Arguments arguments;
};

// Calls, how many of them were done, and how the last one ended; where the program leaves the
// gradients of its share of a batch.
struct Execution {
    const Call* calls;
    int64_t count, done;
    Status status;
    float* gradients;
};

// Runs the calls that are left in order, until one waits for the other shares, or fails.
void resume(Execution& execution) {
    execution.status = Status::DONE;
    while (execution.done < execution.count && execution.status == Status::DONE) {
        const Call& call = execution.calls[execution.done];
        execution.status = call.kernel(call.arguments);
        if (execution.status == Status::DONE || execution.status == Status::WAITING)
            ++execution.done;
    }
}

// Threads that run a step together: each its share of the batch, then its part of the sum of the
// shares' gradients. Between steps they sleep.
//
// The shares may wait for each other several times; so a step has stages, and all shares end one
// before any begins the next.
class Team {
    static constexpr int64_t LINE = 16;  // numbers in a cache line, in which one thread writes
    static constexpr int64_t NEVER = std::numeric_limits<int64_t>::max();
    std::mutex mutex;
    std::condition_variable begun;
    int64_t steps = 0;  // that have begun
    bool ended = false;

    // Of the step that runs.
    Execution* const* shares = nullptr;
    int64_t count = 0, length = 0;
    Barrier barrier;
    std::atomic<int64_t> failed_stage{NEVER};

    void work(int64_t share) {
        Execution& own = *shares[share];
        own.done = 0;
        for (int64_t stage = 0; failed_stage >= stage; ++stage) {
            resume(own);
            const bool is_last = own.status != Status::WAITING;
            if (is_last && own.status != Status::DONE) failed_stage = stage;
            barrier.wait(count);
            if (is_last) break;
        }
        if (failed_stage == NEVER) add_gradients(share);
        barrier.wait(count);
    }

    // The order of the additions depends on nothing but the number of shares.
    void add_gradients(int64_t share) {
        int64_t lines = (length + LINE - 1) / LINE;
        int64_t begin = lines * share / count * LINE;
        int64_t end = std::min(length, lines * (share + 1) / count * LINE);
        float* sum = shares[0]->gradients;
        for (int64_t other = 1; other < count; ++other) {
            const float* gradients = shares[other]->gradients;
#pragma omp simd
            for (int64_t i = begin; i < end; ++i) sum[i] += gradients[i];
        }
    }

  public:
    // What another thread does, until the team ends: the share of this number in every step.
    void serve(int64_t share) {
        for (int64_t seen = 0;;) {
            {
                std::unique_lock<std::mutex> lock(mutex);
                begun.wait(lock, [&] { return steps != seen || ended; });
                if (ended) return;
                seen = steps;
                if (share >= count) continue;
            }
            work(share);
        }
    }

    // Runs a step; the sums of the gradients are the first share's. `length` is how many there are.
    void run(Execution* const* given, int64_t number, int64_t gradients) {
        {
            std::lock_guard<std::mutex> lock(mutex);
            shares = given, count = number, length = gradients;
            failed_stage = NEVER;
            ++steps;
        }
        begun.notify_all();
        work(0);
    }

    void end() {
        std::lock_guard<std::mutex> lock(mutex);
        ended = true;
        begun.notify_all();
    }
};

}  // namespace

extern "C" {
void run_program(Execution* execution) {
    execution->done = 0;
    do resume(*execution);
    while (execution->status == Status::WAITING);
}

Team* new_team() { return new Team(); }
void serve_team(Team* team, int64_t thread) { team->serve(thread); }
void run_team(Team* team, Execution* const* shares, int64_t count, int64_t gradients) {
    team->run(shares, count, gradients);
}
void end_team(Team* team) { team->end(); }
void delete_team(Team* team) { delete team; }
}
