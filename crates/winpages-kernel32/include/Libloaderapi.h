#include <libloaderapi.h>
