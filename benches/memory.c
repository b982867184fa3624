/*
 * Memory of a C program with ResNet50: after the load, with idle clones, after runs, and after memory
 * was given back. `memory MODEL [CACHE]`; with CACHE, optimised models are kept in that folder.
 */
#define _POSIX_C_SOURCE 200809L
#include <predictor_pool.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

enum { PREDICTORS = 17, CONCURRENT = 8, RUNS = 3, IMAGE = 3 * 224 * 224, LARGE_BATCH = 16 };

struct job {
    Predictor *predictor;
    int64_t batch;
};

static void check(PredictorStatus status)
{
    char text[512];

    if (status == PREDICTOR_OK)
        return;
    predictor_last_error_message(text, sizeof text);
    fprintf(stderr, "%s: %s\n", predictor_status_name(status), text);
    exit(1);
}

/* Resident and anonymous memory, as the kernel counts it. */
static double print_memory(const char *when)
{
    char line[256];
    long resident = 0, anonymous = 0;
    FILE *file = fopen("/proc/self/smaps_rollup", "r");

    if (file == NULL)
        exit(1);
    while (fgets(line, sizeof line, file) != NULL) {
        sscanf(line, "Rss: %ld", &resident);
        sscanf(line, "Anonymous: %ld", &anonymous);
    }
    fclose(file);
    printf("  %-32s %7.1f %9.1f\n", when, (double)resident / 1024, (double)anonymous / 1024);
    return (double)resident / 1024;
}

static void *run(void *argument)
{
    struct job *job = argument;
    int64_t dims[4] = {job->batch, 3, 224, 224};
    size_t bytes = (size_t)job->batch * IMAGE * sizeof(float);
    float *data = calloc(1, bytes);
    PredictorTensor *input = NULL;

    if (data == NULL)
        exit(1);
    check(predictor_get_input_handle(job->predictor, "x", &input));
    check(predictor_tensor_reshape(input, dims, 4));
    check(predictor_tensor_copy_from_host(input, PREDICTOR_FLOAT32, data, bytes));
    free(data);
    for (int i = 0; i < RUNS; i++)
        check(predictor_run(job->predictor));
    return NULL;
}

int main(int argc, char **argv)
{
    PredictorConfig *config = NULL;
    Predictor *predictors[PREDICTORS];
    struct job jobs[CONCURRENT];
    pthread_t threads[CONCURRENT];
    uint64_t released = 0;

    if (argc < 2)
        return 2;
    check(create_predictor_config(&config));
    check(predictor_config_set_model(config, argv[1], NULL));
    if (argc > 2)
        check(predictor_config_set_option(config, "optimized_model_cache", argv[2]));
    printf("%s: MB %22s resident anonymous\n", argc > 2 ? "with the cache" : "plain", "");

    check(create_predictor(config, &predictors[0]));
    double one = print_memory("after the load");
    for (int i = 1; i < PREDICTORS; i++)
        check(clone_predictor(predictors[0], &predictors[i]));
    double many = print_memory("with 16 idle clones");
    for (int i = 0; i < CONCURRENT; i++)
        jobs[i] = (struct job){predictors[i], 1};
    run(&jobs[0]);
    print_memory("after runs of one");
    for (int i = 0; i < CONCURRENT; i++)
        pthread_create(&threads[i], NULL, run, &jobs[i]);
    for (int i = 0; i < CONCURRENT; i++)
        pthread_join(threads[i], NULL);
    double before = print_memory("after concurrent runs of 8");
    for (int i = 1; i < PREDICTORS; i++)
        destroy_predictor(predictors[i]);
    check(predictor_shrink_memory(predictors[0], &released));
    before = print_memory("one again, memory given back");
    jobs[0].batch = LARGE_BATCH;
    run(&jobs[0]);
    print_memory("after a batch of 16");
    jobs[0].batch = 1;
    run(&jobs[0]);
    print_memory("after batch 1 again");
    check(predictor_shrink_memory(predictors[0], &released));
    double after = print_memory("memory given back");
    printf("  16 idle clones: %.2f MB; given back to %.2f times what it was\n", many - one, after / before);

    destroy_predictor(predictors[0]);
    destroy_predictor_config(config);
    return 0;
}
