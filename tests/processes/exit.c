/* exit WAY MODEL: leaves the process in the WAY asked for, with live handles; the exit status is 7. */
#include <predictor_pool.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static Predictor *slow;

static void check(PredictorStatus status, const char *call)
{
    char text[1024];

    if (status == PREDICTOR_OK)
        return;
    predictor_last_error_message(text, sizeof text);
    fprintf(stderr, "%s: %s: %s\n", call, predictor_status_name(status), text);
    _exit(1);
}
#define CHECK(call) check((call), #call)

static void wait_until_it_runs(void)
{
    while (predictor_run_with_timeout(slow, 0) != PREDICTOR_ERROR_BUSY)
        usleep(200);
}

static void *run(void *unused)
{
    (void)unused;
    /* BUSY while another thread just looks whether this one runs. */
    while (predictor_run(slow) == PREDICTOR_ERROR_BUSY)
        usleep(50);
    /* The exit stopped the run; two threads must not both leave. */
    for (;;)
        pause();
    return NULL;
}

static void *leave(void *unused)
{
    (void)unused;
    wait_until_it_runs();
    exit(7);
}

int main(int argc, char **argv)
{
    static float x[64 * 64];
    const int64_t steps = 100000000; /* minutes */
    PredictorConfig *config;
    PredictorPool *pool;
    Predictor *lease;
    PredictorTensor *tensor;
    pthread_t thread;

    alarm(60);
    if (argc != 3)
        return 2;
    CHECK(create_predictor_config(&config));
    CHECK(predictor_config_set_model(config, argv[2], NULL));
    CHECK(predictor_config_set_intra_op_threads(config, 2));
    CHECK(create_predictor(config, &slow));
    CHECK(create_predictor_pool(config, 2, &pool));
    CHECK(predictor_pool_acquire(pool, -1, &lease));

    CHECK(predictor_get_input_handle(slow, "x", &tensor));
    CHECK(predictor_tensor_copy_from_host(tensor, PREDICTOR_FLOAT32, x, sizeof x));
    CHECK(predictor_get_input_handle(slow, "steps", &tensor));
    CHECK(predictor_tensor_copy_from_host(tensor, PREDICTOR_INT64, &steps, sizeof steps));

    if (strcmp(argv[1], "return") == 0) {
        if (predictor_run_with_timeout(slow, 5) != PREDICTOR_ERROR_TIMEOUT)
            return 3;
        return 7;
    }
    if (strcmp(argv[1], "exit-beside-run") == 0) {
        pthread_create(&thread, NULL, run, NULL);
        leave(NULL);
    }
    if (strcmp(argv[1], "return-beside-run") == 0) {
        pthread_create(&thread, NULL, run, NULL);
        wait_until_it_runs();
        return 7;
    }
    if (strcmp(argv[1], "exit-from-thread") == 0) {
        pthread_create(&thread, NULL, leave, NULL);
        run(NULL);
    }
    return 2;
}
