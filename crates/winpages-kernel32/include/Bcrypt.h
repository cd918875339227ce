#include <bcrypt.h>
