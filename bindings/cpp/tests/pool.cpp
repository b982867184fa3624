// Pools: leases, waiting, counters.
#include "support.hpp"

#include <atomic>
#include <chrono>
#include <thread>
#include <type_traits>

using namespace predictor_pool;
using namespace std::chrono_literals;

static_assert(!std::is_copy_constructible_v<PredictorPool> && !std::is_copy_assignable_v<PredictorPool>);
static_assert(std::is_nothrow_move_constructible_v<PredictorPool> && std::is_nothrow_move_assignable_v<PredictorPool>);
static_assert(!std::is_copy_constructible_v<PooledPredictor> && !std::is_copy_assignable_v<PooledPredictor>);
static_assert(std::is_nothrow_move_constructible_v<PooledPredictor> && std::is_nothrow_move_assignable_v<PooledPredictor>);

namespace {

PredictorPool pool_of(std::size_t size)
{
    return {Config(model_path("add_batch.onnx")), size};
}

} // namespace

TEST(Pool, NeedsAPredictor)
{
    expect_error(Status::InvalidArgument, "", [] { pool_of(0); });
    EXPECT_EQ(pool_of(3).size(), 3U);
}

TEST(Pool, ALeaseIsGivenBackAtTheEndOfItsScope)
{
    PredictorPool pool = pool_of(1);
    for (int round = 0; round < 3; round++) {
        auto lease = pool.acquire(0ms);
        run_add(*lease, 2, 1);
        EXPECT_EQ(pool.stats().in_use, 1U);
    }
    EXPECT_EQ(pool.stats().in_use, 0U);
    EXPECT_EQ(pool.stats().acquired_total, 3U);
}

TEST(Pool, ALeaseStartsEmptied)
{
    PredictorPool pool = pool_of(1);
    {
        auto lease = pool.acquire();
        run_add(*lease, 2, 1);
    }
    auto lease = pool.acquire();
    expect_error(Status::InvalidArgument, "\"x\"", [&] { lease->run(); });
}

TEST(Pool, ALeaseIsGivenBackWhenAnExceptionPasses)
{
    PredictorPool pool = pool_of(1);
    expect_error(Status::NotFound, "wrong", [&] { pool.acquire()->get_input_handle("wrong"); });
    EXPECT_EQ(pool.stats().in_use, 0U);
}

TEST(Pool, WaitingForAnIdlePredictorEndsWithTheTimeLimit)
{
    PredictorPool pool = pool_of(1);
    auto lease = pool.acquire();
    expect_error(Status::Timeout, "", [&] { pool.acquire(0ms); });
    expect_error(Status::Timeout, "", [&] { pool.acquire(10ms); });
    EXPECT_FALSE(pool.try_acquire());
    EXPECT_FALSE(pool.try_acquire(10ms));
    EXPECT_EQ(pool.stats().timeouts_total, 4U);
    lease.release();
    const auto other = pool.try_acquire();
    EXPECT_TRUE(other);
}

TEST(Pool, MoreCallersThanMayWaitAreBusy)
{
    Config config(model_path("add_batch.onnx"));
    config.set_option("pool_max_waiting", "0");
    PredictorPool pool(config, 1);
    auto lease = pool.acquire();
    expect_error(Status::Busy, "", [&] { pool.acquire(1s); });
    expect_error(Status::Busy, "", [&] { pool.try_acquire(1s); });
}

TEST(Pool, AReleasedLeaseReachesNobodyElsesPredictor)
{
    PredictorPool pool = pool_of(1);
    auto lease = pool.acquire();
    auto x = lease->get_input_handle("x");
    lease.release();
    expect_error(Status::InvalidHandle, "", [&] { lease.release(); });
    expect_error(Status::InvalidHandle, "", [&] { lease->run(); });
    auto next = pool.acquire(0ms);
    expect_error(Status::InvalidHandle, "", [&] { x.reshape({1, 4}); });
    run_add(*next, 1, 1);
}

TEST(Pool, ALeaseMovesWithItsLoan)
{
    PredictorPool pool = pool_of(2);
    auto first = pool.acquire();
    PooledPredictor second = std::move(first);
    EXPECT_EQ(pool.stats().in_use, 1U);
    expect_error(Status::InvalidHandle, "", [&] { first->run(); });
    first = pool.acquire();
    EXPECT_EQ(pool.stats().in_use, 2U);
    first = std::move(second);
    EXPECT_EQ(pool.stats().in_use, 1U) << "the loan that was there before is given back";
    run_add(*first, 1, 1);
}

TEST(Pool, APredictorMovedOutOfItsLeaseEndsWithTheLease)
{
    PredictorPool pool = pool_of(1);
    auto lease = std::make_unique<PooledPredictor>(pool.acquire());
    Predictor predictor = std::move(**lease);
    run_add(predictor, 1, 1);
    lease.reset();
    EXPECT_EQ(pool.stats().in_use, 0U);
    expect_error(Status::InvalidHandle, "", [&] { predictor.run(); });
}

TEST(Pool, RetrieveGivesTheSamePredictorEachTimeAndLeavesItToThePool)
{
    PredictorPool pool = pool_of(2);
    const std::int64_t alive = live_handles();
    {
        Predictor predictor = pool.retrieve(1);
        EXPECT_EQ(live_handles(), alive);
        run_add(predictor, 2, 1);
        EXPECT_EQ(pool.retrieve(1).get(), predictor.get());
        EXPECT_NE(pool.retrieve(0).get(), predictor.get());
    }
    Predictor again = pool.retrieve(1);
    EXPECT_EQ(again.get_output_handle("y").shape(), (std::vector<std::int64_t>{2, 4})) << "it was not destroyed";
    expect_error(Status::OutOfRange, "2", [&] { pool.retrieve(2); });
}

TEST(Pool, APredictorAssignedOverARetrievedOneIsDestroyedAsUsual)
{
    PredictorPool pool = pool_of(1);
    const std::int64_t alive = live_handles();
    {
        Predictor predictor = pool.retrieve(0);
        predictor = predictor.clone();
        EXPECT_EQ(live_handles(), alive + 1);
        predictor = pool.retrieve(0);
        EXPECT_EQ(live_handles(), alive);
    }
    EXPECT_EQ(live_handles(), alive);
    Predictor predictor = pool.retrieve(0);
    run_add(predictor, 1, 1);
}

TEST(Pool, LeasesThatOutliveTheirPoolEndWithIt)
{
    auto pool = std::make_unique<PredictorPool>(pool_of(2));
    auto lease = pool->acquire();
    auto released = pool->acquire();
    Predictor retrieved = pool->retrieve(0);
    pool.reset();
    expect_error(Status::InvalidHandle, "", [&] { lease->run(); });
    expect_error(Status::InvalidHandle, "", [&] { released.release(); });
    expect_error(Status::InvalidHandle, "", [&] { retrieved.run(); });
}

TEST(Pool, ACloneOfALeaseIsTheCallersOwn)
{
    auto pool = std::make_unique<PredictorPool>(pool_of(1));
    Predictor clone = pool->acquire()->clone();
    pool.reset();
    run_add(clone, 2, 1);
}

TEST(Pool, ServesMoreThreadsThanItHasPredictors)
{
    const PredictorPool pool = pool_of(2);
    std::vector<std::thread> threads;
    for (std::size_t rows = 1; rows <= 8; rows++) {
        threads.emplace_back([&pool, rows] {
            for (int round = 0; round < 50; round++) {
                auto lease = pool.acquire();
                run_add(*lease, rows, static_cast<float>(round));
            }
        });
    }
    for (std::thread &thread : threads)
        thread.join();
    const PredictorPoolStats stats = pool.stats();
    EXPECT_EQ(stats.size, 2U);
    EXPECT_EQ(stats.acquired_total, 400U);
    EXPECT_EQ(stats.runs_total, 400U);
    EXPECT_EQ(stats.failures_total, 0U);
    EXPECT_EQ(stats.in_use, 0U);
}

TEST(Pool, AfterAMoveIsAnErrorAndNoCrash)
{
    PredictorPool pool = pool_of(1);
    PredictorPool other = std::move(pool);
    expect_error(Status::InvalidHandle, "", [&] { pool.acquire(); });
    expect_error(Status::InvalidHandle, "", [&] { pool.stats(); });
    auto lease = other.acquire();
    pool = std::move(other);
    run_add(*lease, 1, 1);
    lease.release();
    EXPECT_EQ(pool.stats().in_use, 0U) << "a lease finds its pool after the pool object moved";
}
