// What belongs to the whole process.
#include "support.hpp"

#include <algorithm>
#include <atomic>
#include <memory>
#include <mutex>
#include <stdexcept>

using namespace predictor_pool;

namespace {

struct Line {
    LogSeverity severity;
    std::string category, message;
};

/// What the callback got; any thread may call it.
class Log {
public:
    void add(LogSeverity severity, std::string_view category, std::string_view message)
    {
        const std::lock_guard<std::mutex> lock(mutex_);
        lines_.push_back({severity, std::string(category), std::string(message)});
    }

    std::vector<Line> lines() const
    {
        const std::lock_guard<std::mutex> lock(mutex_);
        return lines_;
    }

private:
    mutable std::mutex mutex_;
    std::vector<Line> lines_;
};

std::shared_ptr<Log> start_log(LogSeverity minimum)
{
    auto log = std::make_shared<Log>();
    set_log_callback([log](LogSeverity severity, std::string_view category,
                           std::string_view message) { log->add(severity, category, message); },
                     minimum);
    return log;
}

void load_and_run()
{
    Predictor predictor(Config(model_path("add.onnx")).set_option("share_model", "0"));
    run_add(predictor, 1, 1);
}

} // namespace

TEST(Library, TellsItsVersions)
{
    EXPECT_EQ(abi_version(), 1U);
    EXPECT_GE(abi_revision(), 1U);
    EXPECT_EQ(version(), c::predictor_version());
}

TEST(Library, TellsWhichOnnxRuntimeItUses)
{
    initialize_runtime();
    EXPECT_EQ(runtime_version().substr(0, 2), "1.");
    EXPECT_NE(runtime_path().find("libonnxruntime"), std::string::npos) << runtime_path();
    expect_error(Status::InvalidArgument, "/no/such/place", [] { initialize_runtime("/no/such/place"); });
    initialize_runtime(runtime_path());
}

TEST(Library, ListsTheExecutionProviders)
{
    const std::vector<std::string> names = provider_names();
    EXPECT_NE(std::find(names.begin(), names.end(), "cpu"), names.end());
}

TEST(Library, SendsLogLinesToTheCallbackUntilAnEmptyOneIsSet)
{
    const auto log = start_log(LogSeverity::Verbose);
    load_and_run();
    const std::size_t count = log->lines().size();
    EXPECT_GT(count, 0U);
    for (const Line &line : log->lines())
        EXPECT_FALSE(line.message.empty());
    set_log_callback({});
    load_and_run();
    EXPECT_EQ(log->lines().size(), count);
}

TEST(Library, ANewLogCallbackTakesThePlaceOfTheOldOne)
{
    const auto old = start_log(LogSeverity::Verbose);
    const auto log = start_log(LogSeverity::Verbose);
    load_and_run();
    set_log_callback({});
    EXPECT_TRUE(old->lines().empty());
    EXPECT_FALSE(log->lines().empty());
}

TEST(Library, SendsNoLogLineBelowTheSeverityAskedFor)
{
    const auto log = start_log(LogSeverity::Info);
    load_and_run();
    set_log_callback({});
    EXPECT_FALSE(log->lines().empty());
    for (const Line &line : log->lines())
        EXPECT_GE(line.severity, LogSeverity::Info) << line.message;
    expect_error(Status::InvalidArgument, "7", [] { start_log(static_cast<LogSeverity>(7)); });
}

TEST(Library, WhatALogCallbackThrowsStopsNothing)
{
    std::atomic<int> calls{0};
    set_log_callback(
        [&calls](LogSeverity, std::string_view, std::string_view) {
            calls++;
            throw std::runtime_error("from the callback");
        },
        LogSeverity::Verbose);
    load_and_run();
    set_log_callback({});
    EXPECT_GT(calls, 0);
}
