/* LMDB over a mapped file: write in one transaction, read in another. */
#include <lmdb.h>
#include <stdio.h>
#include <string.h>

#define CHECK(call) do { int error = (call); if (error != 0) { \
    fprintf(stderr, "%s: %d %s\n", #call, error, mdb_strerror(error)); return 1; } } while (0)

int main(void)
{
    MDB_env *environment;
    MDB_txn *transaction;
    MDB_dbi database;
    MDB_val key, value;
    MDB_stat statistics;
    int i;

    CHECK(mdb_env_create(&environment));
    CHECK(mdb_env_set_mapsize(environment, 16 << 20));
    CHECK(mdb_env_open(environment, ".", 0, 0644));
    CHECK(mdb_txn_begin(environment, NULL, 0, &transaction));
    CHECK(mdb_dbi_open(transaction, NULL, 0, &database));
    for (i = 0; i < 1000; i++) {
        char name[16], text[32];

        key.mv_size = (size_t)sprintf(name, "key %04d", i);
        key.mv_data = name;
        value.mv_size = (size_t)sprintf(text, "the value of %d", i);
        value.mv_data = text;
        CHECK(mdb_put(transaction, database, &key, &value, 0));
    }
    CHECK(mdb_txn_commit(transaction));

    CHECK(mdb_txn_begin(environment, NULL, MDB_RDONLY, &transaction));
    key.mv_size = 8;
    key.mv_data = "key 0777";
    CHECK(mdb_get(transaction, database, &key, &value));
    CHECK(mdb_stat(transaction, database, &statistics));
    printf("%d entries, %.*s\n", (int)statistics.ms_entries, (int)value.mv_size, (char *)value.mv_data);
    mdb_txn_abort(transaction);
    mdb_env_close(environment);
    return 0;
}
