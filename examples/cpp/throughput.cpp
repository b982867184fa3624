// Throughput and latency with 1, 2, 4 and 8 threads, one predictor of a pool for each thread.
#include "digits.hpp"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <future>
#include <mutex>
#include <stdexcept>

#include <unistd.h>

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t BATCH_SIZE = 16;
constexpr int WARM_UP_RUNS = 20;
constexpr std::chrono::seconds DURATION(1);

// Lets threads go when all have arrived.
class StartLine {
public:
    explicit StartLine(std::size_t count) : missing_(count) {}

    void wait()
    {
        std::unique_lock<std::mutex> lock(mutex_);
        if (--missing_ == 0)
            everybody_is_here_.notify_all();
        everybody_is_here_.wait(lock, [this] { return missing_ == 0; });
    }

private:
    std::mutex mutex_;
    std::condition_variable everybody_is_here_;
    std::size_t missing_;
};

struct Measurement {
    Clock::time_point started, ended;
    std::vector<double> latencies; // microseconds
};

Measurement run_for_a_while(predictor_pool::Predictor predictor, const Digits &digits, StartLine &start_line)
{
    std::vector<float> probabilities(BATCH_SIZE * CLASS_COUNT);
    const auto run = [&] { classify(predictor, digits.images.data(), BATCH_SIZE, probabilities.data()); };

    for (int i = 0; i < WARM_UP_RUNS; i++)
        run();
    start_line.wait();

    Measurement measurement{Clock::now(), {}, {}};
    measurement.ended = measurement.started;
    while (measurement.ended - measurement.started < DURATION) {
        const auto before = measurement.ended;
        run();
        measurement.ended = Clock::now();
        measurement.latencies.push_back(std::chrono::duration<double, std::micro>(measurement.ended - before).count());
    }
    return measurement;
}

Measurement run_workers(const predictor_pool::PredictorPool &pool, const Digits &digits)
{
    const std::size_t count = pool.size();
    StartLine start_line(count);
    std::vector<std::future<Measurement>> workers;
    for (std::size_t i = 0; i < count; i++)
        workers.push_back(std::async(std::launch::async, run_for_a_while, pool.retrieve(i), std::cref(digits),
                                     std::ref(start_line)));

    Measurement all = workers[0].get();
    for (std::size_t i = 1; i < count; i++) {
        const Measurement one = workers[i].get();
        all.started = std::min(all.started, one.started);
        all.ended = std::max(all.ended, one.ended);
        all.latencies.insert(all.latencies.end(), one.latencies.begin(), one.latencies.end());
    }
    std::sort(all.latencies.begin(), all.latencies.end());
    return all;
}

} // namespace

void report_throughput(const std::string &directory, const Digits &digits)
{
    if (digits.count() < BATCH_SIZE)
        throw std::runtime_error("too few images: " + directory);
    std::printf("\nthroughput on %ld cores, batches of %zu, a run with its copies in and out\n",
                sysconf(_SC_NPROCESSORS_ONLN), BATCH_SIZE);
    std::printf("threads  images/s  speed-up  p50 us  p99 us\n");

    double baseline = 0;
    for (const std::size_t count : {1, 2, 4, 8}) {
        // A run stays on its caller's thread, so that the thread count is the one in the table.
        const predictor_pool::PredictorPool pool(digits_config(directory).set_intra_op_threads(1), count);
        const Measurement all = run_workers(pool, digits);
        const std::size_t runs = all.latencies.size();
        const double seconds = std::chrono::duration<double>(all.ended - all.started).count();
        const double rate = static_cast<double>(runs * BATCH_SIZE) / seconds;
        baseline = count == 1 ? rate : baseline;
        std::printf("%7zu  %8.0f  %7.2fx  %6.0f  %6.0f\n", count, rate, rate / baseline, all.latencies[runs / 2],
                    all.latencies[runs * 99 / 100]);
    }
}
