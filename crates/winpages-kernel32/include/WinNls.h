#include <winnls.h>
