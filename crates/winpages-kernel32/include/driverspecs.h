#include <specstrings.h>
