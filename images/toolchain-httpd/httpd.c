/* A file server for one folder: httpd PORT FOLDER. One process for each request, GET only, no names that climb out. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

static void write_all(int to, const char *bytes, size_t count)
{
    while (count > 0) {
        ssize_t written = write(to, bytes, count);
        if (written <= 0)
            _exit(1);
        bytes += written;
        count -= (size_t)written;
    }
}

static void answer(int to, const char *status, const char *type, const char *body, size_t length)
{
    char head[256];
    int size = snprintf(head, sizeof head, "HTTP/1.0 %s\r\nContent-Type: %s\r\nContent-Length: %zu\r\n\r\n",
                        status, type, length);
    write_all(to, head, (size_t)size);
    write_all(to, body, length);
}

static void fail(int to, const char *status)
{
    answer(to, status, "text/plain", status, strlen(status));
}

static const char *type_of(const char *path)
{
    const char *dot = strrchr(path, '.');
    if (dot && strcmp(dot, ".html") == 0)
        return "text/html; charset=utf-8";
    if (dot && strcmp(dot, ".css") == 0)
        return "text/css; charset=utf-8";
    return "application/octet-stream";
}

static void handle(int connection, const char *folder)
{
    char request[4096], name[1024], path[2048];
    struct stat about;
    ssize_t size = read(connection, request, sizeof request - 1);
    if (size <= 0)
        return;
    request[size] = '\0';
    if (sscanf(request, "GET %1023[^ ?]", name) != 1) {
        fail(connection, "405 Method Not Allowed");
        return;
    }
    if (name[0] != '/' || strstr(name, "..")) {
        fail(connection, "400 Bad Request");
        return;
    }
    snprintf(path, sizeof path, "%s%s%s", folder, name, name[strlen(name) - 1] == '/' ? "index.html" : "");
    int file = open(path, O_RDONLY);
    if (file < 0 || fstat(file, &about) != 0 || !S_ISREG(about.st_mode)) {
        fail(connection, "404 Not Found");
        return;
    }
    char *body = malloc((size_t)about.st_size + 1);
    if (!body || read(file, body, (size_t)about.st_size) != about.st_size) {
        fail(connection, "500 Internal Server Error");
        return;
    }
    answer(connection, "200 OK", type_of(path), body, (size_t)about.st_size);
}

int main(int count, char **words)
{
    if (count != 3) {
        fprintf(stderr, "usage: httpd PORT FOLDER\n");
        return 2;
    }
    signal(SIGCHLD, SIG_IGN);
    int yes = 1, listener = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in address = {0};
    address.sin_family = AF_INET;
    address.sin_port = htons((unsigned short)atoi(words[1]));
    address.sin_addr.s_addr = htonl(INADDR_ANY);
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (bind(listener, (struct sockaddr *)&address, sizeof address) != 0 || listen(listener, 64) != 0) {
        perror("httpd");
        return 1;
    }
    printf("httpd serves %s on port %s\n", words[2], words[1]);
    fflush(stdout);
    for (;;) {
        int connection = accept(listener, NULL, NULL);
        if (connection < 0) {
            if (errno == EINTR)
                continue;
            perror("httpd");
            return 1;
        }
        if (fork() == 0) {
            close(listener);
            handle(connection, words[2]);
            _exit(0);
        }
        close(connection);
    }
}
