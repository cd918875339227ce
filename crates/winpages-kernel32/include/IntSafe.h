#include <intsafe.h>
