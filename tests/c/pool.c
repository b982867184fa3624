/* Pools: members by index, loans, waiting, counters, and what the end of a pool ends. */
#include "check.h"

#include <stdint.h>

static const char *models;

static PredictorPool *pool_of(const char *name, size_t size)
{
    PredictorConfig *config = config_for(models, name);
    PredictorPool *pool = NULL;

    OK(create_predictor_pool(config, size, &pool));
    destroy_predictor_config(config);
    return pool;
}

static Predictor *acquire(const PredictorPool *pool)
{
    Predictor *predictor = NULL;

    OK(predictor_pool_acquire(pool, 0, &predictor));
    return predictor;
}

static PredictorPoolStats stats_of(const PredictorPool *pool)
{
    PredictorPoolStats stats;

    OK(predictor_pool_stats(pool, &stats, sizeof stats));
    return stats;
}

static void a_pool_has_at_least_one_predictor(void)
{
    PredictorConfig *config = config_for(models, "add.onnx"), *empty = NULL;
    PredictorPool *pool = NULL;
    size_t size = 0;

    FAILS(PREDICTOR_ERROR_INVALID_ARGUMENT, create_predictor_pool(config, 0, &pool), "0");
    FAILS(PREDICTOR_ERROR_OUT_OF_MEMORY, create_predictor_pool(config, SIZE_MAX, &pool), "predictors");
    OK(create_predictor_config(&empty));
    FAILS(PREDICTOR_ERROR_INVALID_ARGUMENT, create_predictor_pool(empty, 1, &pool), "model");
    FAILS(PREDICTOR_ERROR_INVALID_ARGUMENT, create_predictor_pool(config, 1, NULL), "NULL");
    CHECK(pool == NULL);
    OK(create_predictor_pool(config, 3, &pool));
    OK(predictor_pool_size(pool, &size));
    CHECK(size == 3);
    destroy_predictor_pool(pool);
    destroy_predictor_config(config);
    destroy_predictor_config(empty);
}

static void one_index_is_one_predictor(void)
{
    PredictorPool *pool = pool_of("add.onnx", 2);
    Predictor *first = NULL, *again = NULL, *second = NULL;

    OK(predictor_pool_retrieve(pool, 0, &first));
    OK(predictor_pool_retrieve(pool, 1, &second));
    OK(predictor_pool_retrieve(pool, 0, &again));
    CHECK(first == again && first != second);
    run_add(first, 1);
    run_add(second, 2);
    FAILS(PREDICTOR_ERROR_OUT_OF_RANGE, predictor_pool_retrieve(pool, 2, &again), "below 2");
    CHECK(stats_of(pool).in_use == 0);

    /* It belongs to the pool: nobody destroys it or gives it back. */
    FAILS(PREDICTOR_ERROR_INVALID_ARGUMENT, predictor_pool_release(pool, first), "acquired");
    destroy_predictor(first);
    CHECK(predictor_last_error_message(NULL, 0) > 0);
    run_add(first, 3);
    destroy_predictor_pool(pool);
    FAILS(PREDICTOR_ERROR_INVALID_HANDLE, predictor_run(first), "destroyed");
}

typedef struct {
    PredictorPool *pool;
    size_t number;
} Worker;

static void *run_own_member(void *argument)
{
    Worker *worker = argument;
    Predictor *predictor = NULL;

    OK(predictor_pool_retrieve(worker->pool, worker->number, &predictor));
    for (int i = 0; i < 200; i++)
        run_add(predictor, (float)(worker->number * 1000 + (size_t)i));
    return NULL;
}

static void *run_whatever_is_idle(void *argument)
{
    Worker *worker = argument;

    for (int i = 0; i < 200; i++) {
        Predictor *predictor = NULL;
        OK(predictor_pool_acquire(worker->pool, -1, &predictor));
        run_add(predictor, (float)(worker->number * 1000 + (size_t)i));
        OK(predictor_pool_release(worker->pool, predictor));
    }
    return NULL;
}

enum { THREADS = 4 };

static void run_on_threads(PredictorPool *pool, void *(*work)(void *))
{
    Worker workers[THREADS];
    pthread_t threads[THREADS];

    for (size_t i = 0; i < THREADS; i++) {
        workers[i].pool = pool;
        workers[i].number = i;
        threads[i] = start_thread(work, &workers[i]);
    }
    for (size_t i = 0; i < THREADS; i++)
        join_thread(threads[i]);
}

static void each_thread_may_use_the_member_of_its_index(void)
{
    PredictorPool *pool = pool_of("add_batch.onnx", THREADS);

    run_on_threads(pool, run_own_member);
    CHECK(stats_of(pool).runs_total == THREADS * 200);
    CHECK(stats_of(pool).acquired_total == 0);
    destroy_predictor_pool(pool);
}

static void more_threads_than_predictors_take_turns(void)
{
    PredictorPool *pool = pool_of("add_batch.onnx", 2);
    PredictorPoolStats stats;

    run_on_threads(pool, run_whatever_is_idle);
    stats = stats_of(pool);
    CHECK(stats.size == 2 && stats.in_use == 0 && stats.waiting == 0);
    CHECK(stats.acquired_total == THREADS * 200 && stats.timeouts_total == 0);
    CHECK(stats.runs_total == THREADS * 200 && stats.failures_total == 0 && stats.run_ns_total > 0);
    destroy_predictor_pool(pool);
}

static void who_does_not_get_a_predictor_in_time_is_told(void)
{
    PredictorPool *pool = pool_of("add.onnx", 1);
    Predictor *lease = acquire(pool), *none = NULL;
    PredictorPoolStats stats;

    FAILS(PREDICTOR_ERROR_INVALID_ARGUMENT, predictor_pool_acquire(pool, 0, NULL), "NULL");
    CHECK(stats_of(pool).acquired_total == 1);
    FAILS(PREDICTOR_ERROR_TIMEOUT, predictor_pool_acquire(pool, 0, &none), "idle");
    FAILS(PREDICTOR_ERROR_TIMEOUT, predictor_pool_acquire(pool, 20, &none), "20 ms");
    CHECK(none == NULL);
    stats = stats_of(pool);
    CHECK(stats.in_use == 1 && stats.acquired_total == 1 && stats.timeouts_total == 2);
    CHECK(stats.wait_ns_total >= 19000000);
    OK(predictor_pool_release(pool, lease));
    FAILS(PREDICTOR_ERROR_INVALID_ARGUMENT, predictor_pool_acquire(pool, 0, NULL), "NULL");
    CHECK(stats_of(pool).in_use == 0);
    OK(predictor_pool_acquire(pool, 20, &none));
    OK(predictor_pool_release(pool, none));
    destroy_predictor_pool(pool);
}

typedef struct {
    PredictorPool *pool;
    PredictorStatus status;
    Predictor *predictor;
} Waiter;

static void *wait_for_a_predictor(void *argument)
{
    Waiter *waiter = argument;

    waiter->status = predictor_pool_acquire(waiter->pool, -1, &waiter->predictor);
    return NULL;
}

static pthread_t start_waiting(Waiter *waiter, PredictorPool *pool, uint64_t waiting)
{
    pthread_t thread;

    waiter->pool = pool;
    waiter->status = PREDICTOR_ERROR_INTERNAL;
    waiter->predictor = NULL;
    thread = start_thread(wait_for_a_predictor, waiter);
    while (stats_of(pool).waiting != waiting)
        wait_a_moment();
    return thread;
}

static void a_queue_that_is_full_is_busy_at_once(void)
{
    PredictorConfig *config = config_for(models, "add.onnx");
    PredictorPool *pool = NULL;
    Predictor *lease, *none = NULL;
    Waiter waiter;
    pthread_t thread;

    OK(predictor_config_set_option(config, "pool_max_waiting", "1"));
    OK(create_predictor_pool(config, 1, &pool));
    destroy_predictor_config(config);
    lease = acquire(pool);
    thread = start_waiting(&waiter, pool, 1);
    FAILS(PREDICTOR_ERROR_BUSY, predictor_pool_acquire(pool, -1, &none), "1 callers wait");
    FAILS(PREDICTOR_ERROR_BUSY, predictor_pool_acquire(pool, 60000, &none), "wait");
    CHECK(none == NULL);
    OK(predictor_pool_release(pool, lease));
    join_thread(thread);
    CHECK(waiter.status == PREDICTOR_OK);
    run_add(waiter.predictor, 1);
    OK(predictor_pool_release(pool, waiter.predictor));
    destroy_predictor_pool(pool);
}

static void callers_are_served_in_their_order(void)
{
    PredictorPool *pool = pool_of("add.onnx", 1);
    Predictor *lease = acquire(pool);
    Waiter waiters[3];
    pthread_t threads[3];

    for (size_t i = 0; i < 3; i++)
        threads[i] = start_waiting(&waiters[i], pool, i + 1);
    for (size_t i = 0; i < 3; i++) {
        OK(predictor_pool_release(pool, lease));
        join_thread(threads[i]);
        CHECK(waiters[i].status == PREDICTOR_OK);
        CHECK(stats_of(pool).waiting == 2 - i);
        lease = waiters[i].predictor;
    }
    OK(predictor_pool_release(pool, lease));
    destroy_predictor_pool(pool);
}

static void the_end_of_a_pool_wakes_who_waits_and_ends_all_its_predictors(void)
{
    PredictorPool *pool = pool_of("add.onnx", 2);
    Predictor *leases[2], *member = NULL, *clone = NULL, *none = NULL;
    PredictorTensor *tensor;
    Waiter waiter;
    pthread_t thread;

    leases[0] = acquire(pool);
    leases[1] = acquire(pool);
    OK(predictor_pool_retrieve(pool, 1, &member));
    OK(clone_predictor(leases[0], &clone));
    tensor = input_of(leases[1], "x");
    thread = start_waiting(&waiter, pool, 1);
    destroy_predictor_pool(pool);
    join_thread(thread);
    CHECK(waiter.status == PREDICTOR_ERROR_INVALID_HANDLE && waiter.predictor == NULL);
    FAILS(PREDICTOR_ERROR_INVALID_HANDLE, predictor_run(leases[0]), "destroyed");
    FAILS(PREDICTOR_ERROR_INVALID_HANDLE, predictor_run(member), "destroyed");
    FAILS(PREDICTOR_ERROR_INVALID_HANDLE, predictor_tensor_reshape(tensor, NULL, 0), "destroyed");
    FAILS(PREDICTOR_ERROR_INVALID_HANDLE, predictor_pool_release(pool, leases[0]), "destroyed");
    FAILS(PREDICTOR_ERROR_INVALID_HANDLE, predictor_pool_acquire(pool, -1, &none), "destroyed");
    CHECK(none == NULL);
    /* A clone is its owner's. */
    run_add(clone, 5);
    destroy_predictor(clone);
    destroy_predictor_pool(pool);
}

static void a_loan_ends_with_its_release(void)
{
    PredictorPool *pool = pool_of("add_batch.onnx", 1), *other = pool_of("add_batch.onnx", 1);
    Predictor *old = acquire(pool), *foreign = acquire(other), *lease;
    PredictorTensor *x = input_of(old, "x"), *y = output_of(old, "y");
    size_t rank = 7;

    FAILS(PREDICTOR_ERROR_INVALID_ARGUMENT, predictor_pool_release(pool, foreign), "pool");
    FAILS(PREDICTOR_ERROR_INVALID_HANDLE, predictor_pool_release(pool, NULL), "NULL");
    destroy_predictor(old);
    CHECK(predictor_last_error_message(NULL, 0) > 0);
    run_add(old, 1);
    run_add(foreign, 2);
    OK(predictor_pool_release(pool, old));
    FAILS(PREDICTOR_ERROR_INVALID_HANDLE, predictor_pool_release(pool, old), "destroyed");

    lease = acquire(pool);
    CHECK(lease != old && stats_of(pool).in_use == 1);
    FAILS(PREDICTOR_ERROR_INVALID_HANDLE, predictor_run(old), "destroyed");
    FAILS(PREDICTOR_ERROR_INVALID_HANDLE, predictor_tensor_shape(x, NULL, 0, &rank), "destroyed");
    FAILS(PREDICTOR_ERROR_INVALID_HANDLE, predictor_tensor_shape(y, NULL, 0, &rank), "destroyed");
    /* The next borrower finds nothing of the last one's. */
    FAILS(PREDICTOR_ERROR_INVALID_ARGUMENT, predictor_run(lease), "\"x\"");
    FAILS(PREDICTOR_ERROR_SHAPE_MISMATCH, predictor_tensor_shape(input_of(lease, "x"), NULL, 0, &rank),
          "\"x\"");
    FAILS(PREDICTOR_ERROR_INVALID_ARGUMENT, predictor_tensor_shape(output_of(lease, "y"), NULL, 0, &rank),
          "\"y\"");
    CHECK(rank == 7);
    run_add(lease, 3);
    OK(predictor_pool_release(pool, lease));
    OK(predictor_pool_release(other, foreign));
    destroy_predictor_pool(pool);
    destroy_predictor_pool(other);
}

static void a_borrower_leaves_no_shared_memory_behind(void)
{
    PredictorPool *pool = pool_of("add_batch.onnx", 1);
    Predictor *lease = acquire(pool);
    const int64_t dims[] = {1, 4};
    float shared[4] = {1, 2, 3, 4};

    OK(predictor_tensor_share_external_data(output_of(lease, "y"), PREDICTOR_FLOAT32, shared,
        sizeof shared, dims, 2));
    run_add(lease, 1);
    CHECK(shared[0] == 2);
    shared[0] = 77;
    OK(predictor_pool_release(pool, lease));
    lease = acquire(pool);
    run_add(lease, 5);
    CHECK(shared[0] == 77);
    OK(predictor_pool_release(pool, lease));
    destroy_predictor_pool(pool);
}

static void failed_runs_are_counted(void)
{
    PredictorPool *pool = pool_of("failing.onnx", 1);
    Predictor *lease = acquire(pool);
    PredictorTensor *index = input_of(lease, "index");
    const int64_t dims[] = {1}, wrong = 99, right = 1;

    OK(predictor_tensor_reshape(index, dims, 1));
    OK(predictor_tensor_copy_from_host(index, PREDICTOR_INT64, &wrong, sizeof wrong));
    FAILS(PREDICTOR_ERROR_RUN_FAILED, predictor_run(lease), "99");
    OK(predictor_tensor_copy_from_host(index, PREDICTOR_INT64, &right, sizeof right));
    OK(predictor_run(lease));
    CHECK(stats_of(pool).runs_total == 2 && stats_of(pool).failures_total == 1);
    OK(predictor_pool_release(pool, lease));
    destroy_predictor_pool(pool);
}

static void counters_are_as_many_as_the_caller_knows(void)
{
    PredictorPool *pool = pool_of("add.onnx", 2);
    PredictorPoolStats stats;
    union {
        PredictorPoolStats stats;
        uint64_t fields[sizeof(PredictorPoolStats) / 8 + 2];
    } larger;

    memset(&stats, 0x55, sizeof stats);
    OK(predictor_pool_stats(pool, &stats, 2 * sizeof(uint64_t)));
    CHECK(stats.size == 2 && stats.in_use == 0 && stats.waiting == UINT64_C(0x5555555555555555));
    memset(&larger, 0x55, sizeof larger);
    OK(predictor_pool_stats(pool, &larger.stats, sizeof larger));
    CHECK(larger.stats.size == 2 && larger.fields[sizeof(PredictorPoolStats) / 8] == 0);
    FAILS(PREDICTOR_ERROR_INVALID_ARGUMENT, predictor_pool_stats(pool, &stats, 0), "0");
    FAILS(PREDICTOR_ERROR_INVALID_ARGUMENT, predictor_pool_stats(pool, &stats, 12), "12");
    FAILS(PREDICTOR_ERROR_INVALID_ARGUMENT, predictor_pool_stats(pool, NULL, sizeof stats), "NULL");
    destroy_predictor_pool(pool);
}

int main(int argc, char **argv)
{
    models = models_folder(argc, argv);
    a_pool_has_at_least_one_predictor();
    one_index_is_one_predictor();
    each_thread_may_use_the_member_of_its_index();
    more_threads_than_predictors_take_turns();
    who_does_not_get_a_predictor_in_time_is_told();
    a_queue_that_is_full_is_busy_at_once();
    callers_are_served_in_their_order();
    the_end_of_a_pool_wakes_who_waits_and_ends_all_its_predictors();
    a_loan_ends_with_its_release();
    failed_runs_are_counted();
    counters_are_as_many_as_the_caller_knows();
    a_borrower_leaves_no_shared_memory_behind();
    return finish();
}
