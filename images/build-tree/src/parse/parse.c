#include <ctype.h>
#include <stdlib.h>

#include "calc.h"

struct reader {
    const char *start, *at;
    struct code *code;
    int failed;
};

static void expression(struct reader *reader);

static void fail(struct reader *reader)
{
    if (!reader->failed)
        reader->failed = (int)(reader->at - reader->start) + 1;
}

static void emit(struct reader *reader, enum operation operation, double operand)
{
    struct code *code = reader->code;
    if (code->length == sizeof code->steps / sizeof code->steps[0]) {
        fail(reader);
        return;
    }
    code->steps[code->length].operation = operation;
    code->steps[code->length].operand = operand;
    code->length++;
}

static char peek(struct reader *reader)
{
    while (isspace((unsigned char)*reader->at))
        reader->at++;
    return *reader->at;
}

static void factor(struct reader *reader)
{
    char next = peek(reader);
    if (reader->failed)
        return;
    if (next == '-') {
        reader->at++;
        factor(reader);
        emit(reader, NEGATE, 0);
    } else if (next == '(') {
        reader->at++;
        expression(reader);
        if (peek(reader) == ')')
            reader->at++;
        else
            fail(reader);
    } else if (isdigit((unsigned char)next) || next == '.') {
        char *end;
        double value = strtod(reader->at, &end);
        if (end == reader->at)
            fail(reader);
        reader->at = end;
        emit(reader, PUSH, value);
    } else {
        fail(reader);
    }
}

static void term(struct reader *reader)
{
    factor(reader);
    for (char next = peek(reader); !reader->failed && (next == '*' || next == '/'); next = peek(reader)) {
        reader->at++;
        factor(reader);
        emit(reader, next == '*' ? MULTIPLY : DIVIDE, 0);
    }
}

static void expression(struct reader *reader)
{
    term(reader);
    for (char next = peek(reader); !reader->failed && (next == '+' || next == '-'); next = peek(reader)) {
        reader->at++;
        term(reader);
        emit(reader, next == '+' ? ADD : SUBTRACT, 0);
    }
}

int calc_parse(const char *text, struct code *code)
{
    struct reader reader = {text, text, code, 0};
    code->length = 0;
    expression(&reader);
    if (peek(&reader) != '\0')
        fail(&reader);
    return reader.failed;
}
