/* Has the library write further than the memory that it is given. */
#include <predictor_pool.h>
#include <stdlib.h>

int main(void)
{
    char *text = malloc(8);

    predictor_run(NULL);
    predictor_last_error_message(text, 30);
    free(text);
    return 0;
}
