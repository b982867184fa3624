/*
 * The load that every contender runs, so that all do the same: a closed loop of copy in, run, copy out on each thread.
 *
 *     PROGRAM MODEL INPUTS OUTPUTS THREADS SECONDS [KEY=VALUE]...
 *
 * INPUTS is a file of make_models.py. After the load (one caller per thread) every thread warms up, waits for the
 * others and runs the inputs in turn for SECONDS. Then it runs each input once more while the others do, and OUTPUTS gets
 * what came out: for each thread and input the number of float32 and the float32 themselves. With 0 SECONDS there are
 * these last runs only. One line of JSON goes to stdout: times in ms, memory in MB as in smaps_rollup.
 */
#pragma once

#include <unistd.h>

#include <algorithm>
#include <barrier>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace peers {

[[noreturn]] inline void fail(const std::string &text)
{
    std::fprintf(stderr, "%s\n", text.c_str());
    std::_Exit(1);
}

struct Arguments {
    std::string model;
    std::size_t threads;
    std::map<std::string, std::string> options;

    std::string option(const std::string &key) const
    {
        auto found = options.find(key);
        return found == options.end() ? "" : found->second;
    }
};

constexpr int64_t FLOAT32 = 1; // ONNX's number

/* One input of batch 1: float32 or int64. */
struct Sample {
    int64_t type;
    std::vector<int64_t> dims;
    std::vector<char> data;

    bool is_float() const { return type == FLOAT32; }
};

/* One thread's means to run the model. */
class Caller {
public:
    virtual ~Caller() = default;
    /* Copies the sample in, runs, and copies the only output out. */
    virtual void run(const Sample &sample, std::vector<float> &output) = 0;
};

using Callers = std::vector<std::unique_ptr<Caller>>;
using Clock = std::chrono::steady_clock;

inline double milliseconds(Clock::duration time)
{
    return std::chrono::duration<double, std::milli>(time).count();
}

struct Memory {
    double resident = 0;
    double anonymous = 0;
};

inline Memory memory()
{
    std::ifstream file("/proc/self/smaps_rollup");
    Memory found;
    for (std::string line; std::getline(file, line);) {
        long kilobytes = 0;
        if (std::sscanf(line.c_str(), "Rss: %ld", &kilobytes) == 1)
            found.resident = kilobytes / 1024.0;
        if (std::sscanf(line.c_str(), "Anonymous: %ld", &kilobytes) == 1)
            found.anonymous = kilobytes / 1024.0;
    }
    return found;
}

inline std::vector<Sample> read_samples(const std::string &path)
{
    std::ifstream file(path, std::ios::binary);
    auto number = [&file] {
        int64_t value = 0;
        file.read(reinterpret_cast<char *>(&value), sizeof value);
        return value;
    };
    std::vector<Sample> samples(number());
    for (Sample &sample : samples) {
        sample.type = number();
        sample.dims.resize(number());
        std::size_t bytes = sample.is_float() ? 4 : 8;
        for (int64_t &dim : sample.dims)
            bytes *= dim = number();
        sample.data.resize(bytes);
        file.read(sample.data.data(), bytes);
    }
    if (!file || samples.empty())
        fail(path + ": not a file of inputs");
    return samples;
}

struct Thread {
    std::vector<double> latencies; // ms
    double elapsed = 0;            // ms
    std::vector<std::vector<float>> outputs;
};

inline double percentile(const std::vector<double> &sorted, double part)
{
    return sorted.empty() ? 0 : sorted[static_cast<std::size_t>(part * (sorted.size() - 1))];
}

inline void write_outputs(const std::string &path, const std::vector<Thread> &threads)
{
    std::ofstream file(path, std::ios::binary);
    for (const Thread &thread : threads) {
        for (const std::vector<float> &output : thread.outputs) {
            int64_t count = output.size();
            file.write(reinterpret_cast<const char *>(&count), sizeof count);
            file.write(reinterpret_cast<const char *>(output.data()), count * sizeof(float));
        }
    }
    if (!file.flush())
        fail(path + ": cannot write");
}

inline void print(const std::vector<Thread> &threads, double load_ms, Memory loaded, Memory ran)
{
    std::vector<double> all;
    double throughput = 0, seconds = 0;
    for (const Thread &thread : threads) {
        all.insert(all.end(), thread.latencies.begin(), thread.latencies.end());
        throughput += thread.elapsed > 0 ? thread.latencies.size() / thread.elapsed * 1000 : 0;
        seconds = std::max(seconds, thread.elapsed / 1000);
    }
    std::sort(all.begin(), all.end());
    std::printf("{\"runs\": %zu, \"seconds\": %.3f, \"throughput\": %.3f, \"p50\": %.4f, \"p99\": %.4f, ", all.size(),
                seconds, throughput, percentile(all, 0.5), percentile(all, 0.99));
    std::printf("\"load\": %.1f, \"resident_loaded\": %.1f, \"anonymous_loaded\": %.1f, \"resident_ran\": %.1f, "
                "\"anonymous_ran\": %.1f}\n",
                load_ms, loaded.resident, loaded.anonymous, ran.resident, ran.anonymous);
}

/* The whole program; `load` makes as many callers as there are threads. */
inline int run_load(int argc, char **argv, const std::function<Callers(const Arguments &)> &load)
{
    if (argc < 6)
        fail(std::string("usage: ") + argv[0] + " MODEL INPUTS OUTPUTS THREADS SECONDS [KEY=VALUE]...");
    Arguments arguments{argv[1], std::stoul(argv[4]), {}};
    for (int i = 6; i < argc; i++) {
        std::string pair = argv[i];
        std::size_t equals = pair.find('=');
        if (equals == std::string::npos)
            fail(pair + ": expected KEY=VALUE");
        arguments.options[pair.substr(0, equals)] = pair.substr(equals + 1);
    }
    const double limit = std::stod(argv[5]) * 1000;
    const std::vector<Sample> samples = read_samples(argv[2]);

    auto started = Clock::now();
    Callers callers = load(arguments);
    const double load_ms = milliseconds(Clock::now() - started);
    const Memory loaded = memory();

    std::vector<Thread> states(callers.size());
    std::barrier together(static_cast<std::ptrdiff_t>(callers.size()) + 1);
    auto work = [&](std::size_t number) {
        Caller &caller = *callers[number];
        Thread &state = states[number];
        std::vector<float> output;
        if (limit > 0) {
            for (std::size_t i = 0; i < 2 * samples.size(); i++)
                caller.run(samples[i % samples.size()], output);
        }
        together.arrive_and_wait();
        const auto start = Clock::now();
        for (std::size_t i = number; state.elapsed < limit; i++) {
            auto before = Clock::now();
            caller.run(samples[i % samples.size()], output);
            auto after = Clock::now();
            state.latencies.push_back(milliseconds(after - before));
            state.elapsed = milliseconds(after - start);
        }
        together.arrive_and_wait();
        together.arrive_and_wait(); // while the memory is read
        state.outputs.resize(samples.size());
        for (std::size_t i = 0; i < samples.size(); i++)
            caller.run(samples[i], state.outputs[i]);
    };
    std::vector<std::thread> threads;
    for (std::size_t number = 0; number < callers.size(); number++)
        threads.emplace_back(work, number);
    together.arrive_and_wait();
    together.arrive_and_wait();
    const Memory ran = memory();
    together.arrive_and_wait();
    for (std::thread &thread : threads)
        thread.join();

    write_outputs(argv[3], states);
    print(states, load_ms, loaded, ran);
    std::fflush(stdout);
    // Paddle's predictors break each other when they are destroyed; nothing that is measured comes after this.
    std::_Exit(0);
}

} // namespace peers
