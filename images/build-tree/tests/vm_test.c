#include <stdio.h>

#include "calc.h"

static int failures;

static void expect(const char *text, int status, double value)
{
    struct code code;
    double result = 0;
    int got = calc_parse(text, &code) ? -1 : calc_run(&code, &result);
    if (got != status || (status == 0 && result != value)) {
        printf("'%s': status %d and %g, expected %d and %g\n", text, got, result, status, value);
        failures++;
    }
}

int main(void)
{
    expect("2 + 3 * 4", 0, 14);
    expect("(2 + 3) * 4", 0, 20);
    expect("-2 - -3", 0, 1);
    expect("10 / 4", 0, 2.5);
    expect("1 / 0", 1, 0);
    printf("vm: %s\n", failures ? "failed" : "passed");
    return failures != 0;
}
