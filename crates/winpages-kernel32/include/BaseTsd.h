#include <basetsd.h>
