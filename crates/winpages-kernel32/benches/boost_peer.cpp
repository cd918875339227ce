// The same as our sections with Boost.Interprocess, for the benchmark that runs beside it: reads lines of
// an operation and how often, and answers the nanoseconds of processor time that each took.

#include <boost/interprocess/mapped_region.hpp>
#include <boost/interprocess/shared_memory_object.hpp>

#include <cstdio>
#include <cstring>
#include <ctime>

using namespace boost::interprocess;

static const char name[] = "winpages-bench-boost";
static const offset_t size = 64 << 10;

static double now()
{
    timespec time;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return time.tv_sec * 1e9 + time.tv_nsec;
}

static void create(const char *name, offset_t size)
{
    shared_memory_object memory(create_only, name, read_write);
    memory.truncate(size);
}

int main()
{
    shared_memory_object::remove(name);
    create(name, size);
    shared_memory_object held(open_only, name, read_write);
    char operation[16];
    unsigned count;
    while (std::scanf("%15s %u", operation, &count) == 2) {
        double before = now();
        for (unsigned i = 0; i < count; i++) {
            if (!std::strcmp(operation, "create")) {
                create("winpages-bench-boost-2", size);
                shared_memory_object::remove("winpages-bench-boost-2");
            } else if (!std::strcmp(operation, "open")) {
                offset_t length;
                shared_memory_object opened(open_only, name, read_write);
                opened.get_size(length);
            } else if (!std::strcmp(operation, "map")) {
                mapped_region region(held, read_write, 0, size);
            }
        }
        std::printf("%f\n", (now() - before) / count);
        std::fflush(stdout);
    }
    shared_memory_object::remove(name);
}
