#include <sysinfoapi.h>
