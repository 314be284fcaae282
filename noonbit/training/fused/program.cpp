// Runs programs: lists of calls, on one thread or on several at the same time.

#include <algorithm>
#include <cstdint>

#include "call.h"
#include "barrier.h"

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

// Runs calls in order until one fails.
void run_calls(Execution& execution) {
    execution.status = Status::DONE;
    for (execution.done = 0; execution.done < execution.count; ++execution.done) {
        const Call& call = execution.calls[execution.done];
        execution.status = call.kernel(call.arguments);
        if (execution.status != Status::DONE) return;
    }
}

// Threads that run a step together: each its share of the batch, then its part of the sum of the
// shares' gradients. Between steps they sleep.
class Team {
    static constexpr int64_t LINE = 16;  // numbers in a cache line, in which one thread writes
    Barrier barrier;
    const int64_t threads;
    Execution* const* shares = nullptr;
    int64_t count = 0, length = 0;
    Barrier* norms = nullptr;

    void work(int64_t thread) {
        if (thread < count) {
            run_calls(*shares[thread]);
            if (shares[thread]->status != Status::DONE && norms) norms->abort();
        }
        barrier.wait(threads);
        add_gradients(thread);
        barrier.wait(threads);
    }

    // The order of the additions depends on nothing but the number of shares.
    void add_gradients(int64_t thread) {
        int64_t lines = (length + LINE - 1) / LINE;
        int64_t begin = lines * thread / threads * LINE;
        int64_t end = std::min(length, lines * (thread + 1) / threads * LINE);
        float* sum = shares[0]->gradients;
        for (int64_t other = 1; other < count; ++other) {
            const float* gradients = shares[other]->gradients;
#pragma omp simd
            for (int64_t i = begin; i < end; ++i) sum[i] += gradients[i];
        }
    }

  public:
    explicit Team(int64_t threads) : threads(threads) {}

    // What the other threads do, until the team ends.
    void serve(int64_t thread) {
        while (barrier.wait(threads)) work(thread);
    }

    // Runs a step; the sums of the gradients are the first share's. `length` is how many there are,
    // and `norms` is where synchronised norms wait, or null.
    void run(Execution* const* given, int64_t number, int64_t gradients, Barrier* synchronised) {
        shares = given, count = number, length = gradients, norms = synchronised;
        barrier.wait(threads);
        work(0);
    }

    void end() { barrier.abort(); }
};

}  // namespace

extern "C" {
void run_program(Execution* execution) { run_calls(*execution); }

Team* new_team(int64_t threads) { return new Team(threads); }
void serve_team(Team* team, int64_t thread) { team->serve(thread); }
void run_team(Team* team, Execution* const* shares, int64_t count, int64_t gradients,
              Barrier* norms) {
    team->run(shares, count, gradients, norms);
}
void end_team(Team* team) { team->end(); }
void delete_team(Team* team) { delete team; }

Barrier* new_barrier() { return new Barrier(); }
void delete_barrier(Barrier* barrier) { delete barrier; }
}
