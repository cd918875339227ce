/* SQLite over CreateFile, LockFile and a shared-memory index (write-ahead logging). */
#include <sqlite3.h>
#include <stdio.h>

static int print_row(void *unused, int columns, char **values, char **names)
{
    int i;

    (void)unused;
    for (i = 0; i < columns; i++)
        printf("%s=%s\n", names[i], values[i]);
    return 0;
}

int main(void)
{
    static const char *statements[] = {
        "PRAGMA journal_mode=WAL",
        "CREATE TABLE numbers (number INTEGER PRIMARY KEY, square INTEGER)",
        "WITH RECURSIVE count(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM count WHERE n < 1000)"
        " INSERT INTO numbers SELECT n, n * n FROM count",
        "SELECT count(*) AS count, sum(square) AS sum FROM numbers",
        "PRAGMA integrity_check",
    };
    sqlite3 *database;
    char *message = NULL;
    size_t i;

    if (sqlite3_open("squares.db", &database) != SQLITE_OK) {
        fprintf(stderr, "open: %s\n", sqlite3_errmsg(database));
        return 1;
    }
    for (i = 0; i < sizeof statements / sizeof *statements; i++) {
        if (sqlite3_exec(database, statements[i], print_row, NULL, &message) != SQLITE_OK) {
            fprintf(stderr, "%s: %s\n", statements[i], message);
            return 1;
        }
    }
    return sqlite3_close(database) == SQLITE_OK ? 0 : 1;
}
