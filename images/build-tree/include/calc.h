/* An expression is parsed into bytecode, which a stack machine runs. */
#ifndef CALC_H
#define CALC_H

#include <stddef.h>

enum operation { PUSH, ADD, SUBTRACT, MULTIPLY, DIVIDE, NEGATE };

struct code {
    size_t length;
    struct {
        enum operation operation;
        double operand;
    } steps[256];
};

/* Fills code from text. Returns 0, or the 1-based column of what it could not read. */
int calc_parse(const char *text, struct code *code);

/* Runs code. Returns 0 and sets result, or 1 when it divides by zero or runs out of stack. */
int calc_run(const struct code *code, double *result);

#endif
