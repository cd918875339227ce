/*
 * SQLite over CreateFile, LockFile and a shared-memory index (write-ahead logging): two processes on
 * one database, each while the other has it open.
 */
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>

static int print_row(void *unused, int columns, char **values, char **names)
{
    int i;

    (void)unused;
    for (i = 0; i < columns; i++)
        printf("%s=%s\n", names[i], values[i]);
    fflush(stdout);
    return 0;
}

static void run(sqlite3 *database, const char *statement)
{
    char *message = NULL;

    if (sqlite3_exec(database, statement, print_row, NULL, &message) != SQLITE_OK) {
        fprintf(stderr, "%s: %s\n", statement, message);
        exit(1);
    }
}

static void second(sqlite3 *database)
{
    run(database, "SELECT count(*) AS seen_by_second FROM numbers");
    run(database, "WITH RECURSIVE count(n) AS (SELECT 1001 UNION ALL SELECT n + 1 FROM count WHERE n < 2000)"
                  " INSERT INTO numbers SELECT n, n * n FROM count");
    run(database, "UPDATE numbers SET square = -square WHERE number = 1");
}

static void first(sqlite3 *database, const char *program)
{
    char command[1024];

    run(database, "PRAGMA journal_mode=WAL");
    run(database, "CREATE TABLE numbers (number INTEGER PRIMARY KEY, square INTEGER)");
    run(database, "WITH RECURSIVE count(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM count WHERE n < 1000)"
                  " INSERT INTO numbers SELECT n, n * n FROM count");
    run(database, "SELECT count(*) AS count, sum(square) AS sum FROM numbers");
    run(database, "BEGIN; SELECT count(*) AS in_transaction FROM numbers");
    snprintf(command, sizeof command, "%s second", program);
    if (system(command) != 0) {
        fprintf(stderr, "%s: failed\n", command);
        exit(1);
    }
    /* The transaction began before the other process wrote. */
    run(database, "SELECT count(*) AS in_transaction FROM numbers; COMMIT");
    run(database, "SELECT count(*) AS count, min(square) AS least FROM numbers");
    run(database, "PRAGMA integrity_check");
}

int main(int argc, char **argv)
{
    sqlite3 *database;

    if (sqlite3_open("squares.db", &database) != SQLITE_OK) {
        fprintf(stderr, "open: %s\n", sqlite3_errmsg(database));
        return 1;
    }
    if (argc > 1)
        second(database);
    else
        first(database, argv[0]);
    return sqlite3_close(database) == SQLITE_OK ? 0 : 1;
}
