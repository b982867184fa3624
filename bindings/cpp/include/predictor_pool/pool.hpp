/// A fixed number of predictors over one model.
#ifndef PREDICTOR_POOL_POOL_HPP
#define PREDICTOR_POOL_POOL_HPP

#include <predictor_pool.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>

#include "config.hpp"
#include "error.hpp"
#include "predictor.hpp"

namespace predictor_pool {

namespace detail {

struct ReleaseLease {
    c::PredictorPool *pool;

    void operator()(c::Predictor *lease) const noexcept { c::predictor_pool_release(pool, lease); }
};

struct DestroyPool {
    void operator()(c::PredictorPool *pool) const noexcept { c::destroy_predictor_pool(pool); }
};

} // namespace detail

/// What a pool has done so far: `size` predictors, `in_use` of them on loan, `waiting` callers, `acquired_total` loans,
/// `timeouts_total`, `runs_total`, `failures_total`, and `wait_ns_total` and `run_ns_total` in nanoseconds.
using PredictorPoolStats = c::PredictorPoolStats;

/// A predictor on loan from a pool: `lease->run()`, or `*lease` as a Predictor. It is given back when this object is
/// destroyed or assigned another, if the pool still lives; the next caller gets it emptied.
class PooledPredictor {
public:
    /// The predictor on loan; the loan stays with this object also if it is moved from.
    ///
    /// Ownership: borrowed from this object.
    /// Threads: as a Predictor's functions say.
    /// Errors: none; after release or a move its functions throw InvalidHandle.
    Predictor *operator->() noexcept { return &predictor_; }

    /// The predictor on loan, to be read.
    ///
    /// Ownership: borrowed from this object.
    /// Threads: as a Predictor's functions say.
    /// Errors: none; after release or a move its functions throw InvalidHandle.
    const Predictor *operator->() const noexcept { return &predictor_; }

    /// The predictor on loan; the loan stays with this object also if it is moved from.
    ///
    /// Ownership: borrowed from this object.
    /// Threads: as a Predictor's functions say.
    /// Errors: none; after release or a move its functions throw InvalidHandle.
    Predictor &operator*() noexcept { return predictor_; }

    /// The predictor on loan, to be read.
    ///
    /// Ownership: borrowed from this object.
    /// Threads: as a Predictor's functions say.
    /// Errors: none; after release or a move its functions throw InvalidHandle.
    const Predictor &operator*() const noexcept { return predictor_; }

    /// Gives the predictor back before the end of the scope.
    ///
    /// Ownership: the loan and its tensors end.
    /// Threads: one thread at a time per object.
    /// Errors: InvalidHandle (a second release, the pool has ended).
    void release()
    {
        predictor_ = Predictor(nullptr, false);
        detail::check(c::predictor_pool_release(lease_.get_deleter().pool, lease_.release()));
    }

private:
    friend class PredictorPool;

    PooledPredictor(c::PredictorPool *pool, c::Predictor *lease) noexcept
        : lease_(lease, detail::ReleaseLease{pool}), predictor_(lease, false)
    {
    }

    std::unique_ptr<c::Predictor, detail::ReleaseLease> lease_;
    Predictor predictor_;
};

/// A fixed number of predictors over one model, which is loaded once.
class PredictorPool {
public:
    /// Loads the config's model, or finds it loaded by an equal config, and makes `size` predictors over it.
    ///
    /// Ownership: owns the pool; the config may be destroyed or changed afterwards.
    /// Threads: any thread at any time, also several on one config.
    /// Errors: those of Predictor's constructor, and InvalidArgument for size 0.
    PredictorPool(const Config &config, std::size_t size)
    {
        c::PredictorPool *pool = nullptr;
        detail::check(c::create_predictor_pool(config.get(), size, &pool));
        handle_.reset(pool);
    }

    /// How many predictors the pool has.
    ///
    /// Ownership: nothing is handed over.
    /// Threads: any thread at any time.
    /// Errors: InvalidHandle.
    std::size_t size() const
    {
        std::size_t size = 0;
        detail::check(c::predictor_pool_size(get(), &size));
        return size;
    }

    /// Predictor number `index`, the same one each time, as in Paddle's pool: nothing is checked out, and one thread per
    /// index is the caller's job. Who also acquires from the pool may get the same predictor there, and then sees Busy or a
    /// predictor that the loan has emptied.
    ///
    /// Ownership: borrowed from the pool, with which it ends.
    /// Threads: any thread at any time.
    /// Errors: InvalidHandle, OutOfRange.
    Predictor retrieve(std::size_t index) const
    {
        c::Predictor *predictor = nullptr;
        detail::check(c::predictor_pool_retrieve(get(), index, &predictor));
        return Predictor(predictor, false);
    }

    /// Lends an idle predictor, emptied. Callers are served in their order. Below 0, the default, waits without a limit; 0
    /// does not wait.
    ///
    /// Ownership: the lease owns the loan and must not be used after the pool has ended (InvalidHandle).
    /// Threads: any thread at any time.
    /// Errors: InvalidHandle (also if the pool is destroyed meanwhile), Timeout, Busy (as many callers wait as the option
    /// "pool_max_waiting" allows).
    PooledPredictor acquire(std::chrono::milliseconds timeout = std::chrono::milliseconds(-1)) const
    {
        c::Predictor *predictor = nullptr;
        detail::check(c::predictor_pool_acquire(get(), timeout.count(), &predictor));
        return {get(), predictor};
    }

    /// `acquire` where no idle predictor in time is no failure: it is an empty result. 0, the default, does not wait.
    ///
    /// Ownership: the lease owns the loan and must not be used after the pool has ended (InvalidHandle).
    /// Threads: any thread at any time.
    /// Errors: those of acquire, except Timeout.
    std::optional<PooledPredictor> try_acquire(std::chrono::milliseconds timeout = std::chrono::milliseconds(0)) const
    {
        c::Predictor *predictor = nullptr;
        const c::PredictorStatus status = c::predictor_pool_acquire(get(), timeout.count(), &predictor);
        if (status == c::PREDICTOR_ERROR_TIMEOUT)
            return std::nullopt;
        detail::check(status);
        return PooledPredictor(get(), predictor);
    }

    /// What the pool has done so far.
    ///
    /// Ownership: the figures are the caller's.
    /// Threads: any thread at any time.
    /// Errors: InvalidHandle.
    PredictorPoolStats stats() const
    {
        PredictorPoolStats stats;
        detail::check(c::predictor_pool_stats(get(), &stats, sizeof stats));
        return stats;
    }

    /// The handle for functions of the C ABI; null after a move.
    ///
    /// Ownership: borrowed from this object; not to be destroyed.
    /// Threads: any thread at any time.
    /// Errors: none.
    c::PredictorPool *get() const noexcept { return handle_.get(); }

private:
    std::unique_ptr<c::PredictorPool, detail::DestroyPool> handle_;
};

} // namespace predictor_pool

#endif
