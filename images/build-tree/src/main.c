#include <stdio.h>

#include "calc.h"

int main(int count, char **words)
{
    struct code code;
    double result;

    if (count != 2) {
        fprintf(stderr, "usage: calc EXPRESSION\n");
        return 2;
    }
    int column = calc_parse(words[1], &code);
    if (column) {
        fprintf(stderr, "calc: cannot read column %d of '%s'\n", column, words[1]);
        return 1;
    }
    if (calc_run(&code, &result)) {
        fprintf(stderr, "calc: division by zero\n");
        return 1;
    }
    printf("%g\n", result);
    return 0;
}
