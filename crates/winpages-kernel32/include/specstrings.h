/* The annotations of sal.h under their older header's name. */
#ifndef SPECSTRINGS_H
#define SPECSTRINGS_H

#include <sal.h>

#define __specstrings

#endif
